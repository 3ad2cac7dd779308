"""The command line: ``./lotse …`` = ``python -m bot …`` in the environment of the action server."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bot import bootstrap
from bot.errors import InvalidInputError, LotseError

if TYPE_CHECKING:
    from bot.conversation.reply import Reply
    from bot.search.index import BuildReport


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 2 bad input or a missing part."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except InvalidInputError as error:
        print(f"{error}\n{len(error.problems)} problem(s); nothing was changed.", file=sys.stderr)
        return 2
    except LotseError as error:
        print(str(error), file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lotse", description="Lotse: the assistant that finds help."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    offers = commands.add_parser("offers", help="the catalogue of offers and contacts")
    actions = offers.add_subparsers(dest="action", required=True)
    actions.add_parser("check", help="check the source form").set_defaults(run=_check)
    index = actions.add_parser("index", help="build database and index from the source form")
    index.set_defaults(run=_index)
    doubts = actions.add_parser("doubts", help="list what the county has to confirm before launch")
    doubts.set_defaults(run=_doubts)

    search = commands.add_parser("search", help="search the offers as the assistant does")
    search.add_argument("text")
    search.add_argument("--lang", choices=("de", "en", "ar", "tr"), default=None)
    search.add_argument("--place", default=None, help="key of a municipality, such as olfen")
    search.add_argument("--age", type=float, default=None)
    search.add_argument("--need", default=None, help="a code of the taxonomy")
    search.add_argument("--json", action="store_true")
    search.set_defaults(run=_search)

    evaluate = commands.add_parser("evaluate", help="measure quality on labelled rows")
    _add_evaluation(evaluate)

    handover = commands.add_parser("handover", help="callbacks that people asked for")
    steps = handover.add_subparsers(dest="action", required=True)
    listed = steps.add_parser("list", help="show open callbacks")
    listed.add_argument("--all", action="store_true", help="closed ones too")
    listed.set_defaults(run=_handover_list)
    close = steps.add_parser("close", help="mark a callback as done")
    close.add_argument("reference")
    close.set_defaults(run=_handover_close)

    dead = steps.add_parser("undelivered", help="what could not be delivered and was given up")
    dead.set_defaults(run=_handover_undelivered)
    retry = steps.add_parser("retry", help="try to deliver it again")
    retry.add_argument("key")
    retry.set_defaults(run=_handover_retry)

    staff = commands.add_parser("staff", help="accounts of the staff inbox")
    account = staff.add_subparsers(dest="action", required=True).add_parser("add")
    account.add_argument("login")
    account.add_argument("--name", required=True, help="what people read, such as a first name")
    account.add_argument("--role", default="agent", choices=["agent", "lead", "admin"])
    account.add_argument(
        "--organizations", default="*", help="ids, separated by commas; * for all (default)"
    )
    account.set_defaults(run=_staff_add)

    erase = commands.add_parser("erase", help="delete personal data")
    erase.add_argument("reference", nargs="?", help="reference number of a callback")
    erase.add_argument("--expired", action="store_true", help="everything whose time has come")
    erase.set_defaults(run=_erase)
    return parser


def _add_evaluation(parser: argparse.ArgumentParser) -> None:
    from bot.evaluation import cli as evaluation

    evaluation.add_arguments(parser)
    parser.set_defaults(run=evaluation.run)


def _check(options: argparse.Namespace) -> int:
    from bot.offers.source import load_catalogue

    catalogue = load_catalogue(bootstrap.settings().offers, bootstrap.gazetteer().municipalities)
    samples = sum(offer.sample for offer in catalogue.offers.values())
    outdated = sum(offer.outdated for offer in catalogue.offers.values())
    print(
        f"{len(catalogue.offers)} offers ({samples} samples, {outdated} to be confirmed), "
        f"{len(catalogue.contacts)} contacts, {len(catalogue.needs)} needs: all in order."
    )
    return 0


def _index(options: argparse.Namespace) -> int:
    report = build()
    print(
        f"{report.records_written} records and {report.vectors_written} vectors written, "
        f"{report.vectors_dropped} dropped, "
        f"classifier {'trained' if report.classifier_trained else 'unchanged'}."
    )
    return 0


def build() -> BuildReport:
    """Build database, index and classifiers; return the report of what was done."""
    from bot.offers.source import load_catalogue
    from bot.search.encoder import SentenceTransformerEncoder
    from bot.search.index import build_index
    from bot.storage.catalogue import CatalogueStore
    from bot.understanding.examples import read_examples

    settings = bootstrap.settings()
    catalogue = load_catalogue(settings.offers, bootstrap.gazetteer().municipalities)
    examples = read_examples(settings.nlu)
    bootstrap.train_understanding_files()
    store = CatalogueStore(settings.catalogue)
    try:
        return build_index(
            catalogue,
            examples,
            store,
            # Nothing else runs while the index is built: it may use every core.
            SentenceTransformerEncoder(settings.encoder, threads=os.cpu_count() or 1),
            settings.classifiers,
            bootstrap.thresholds().needs,
            show_progress,
        )
    finally:
        store.close()


def show_progress(step: str, done: int, total: int) -> None:
    """Show how far a long step is, on one line of standard error."""
    filled = round(24 * done / total) if total else 24
    bar = "█" * filled + "·" * (24 - filled)
    end = "\n" if done >= total else ""
    print(f"\r  {step:<18} {bar} {done}/{total}", end=end, file=sys.stderr, flush=True)


def _doubts(options: argparse.Namespace) -> int:
    catalogue = bootstrap.services().catalogue
    for kind in ("contacts", "offers"):
        for record in getattr(catalogue, kind).values():
            unconfirmed = record.outdated or getattr(record, "status", "") == "unverified"
            if getattr(record, "sample", False) or not (unconfirmed or record.doubts):
                continue
            print(f"{kind[:-1]} {record.id} (Stand {record.checked_on or 'unbekannt'})")
            print(f"    Quelle: {record.source}")
            for doubt in record.doubts:
                print(f"    Zu klären: {doubt}")
    return 0


def _search(options: argparse.Namespace) -> int:
    from bot.conversation.answer import answer
    from bot.conversation.case import Case, Question
    from bot.conversation.present import render
    from bot.messages import plain_text

    services = bootstrap.services()
    places = services.gazetteer.municipalities
    if options.place is not None and options.place not in places:
        print(f"--place: expected one of {', '.join(sorted(places))}", file=sys.stderr)
        return 2
    reading = bootstrap.reader().read(options.text)
    language = options.lang or reading.language.code
    case = Case(
        municipality=options.place,
        place=services.place_name(options.place) if options.place else None,
        age=options.age,
    )
    question = Question(options.text, language, reading.places, reading.ages, need=options.need)
    started = time.perf_counter()
    reply = answer(question, case, services)
    took = (time.perf_counter() - started) * 1e3
    if options.json:
        print(json.dumps(_explained(reply, took), ensure_ascii=False, indent=2))
        return 0
    for message in render(reply, language, services):
        print(plain_text(message), "\n")
    if reply.results is not None:
        needs = ", ".join(f"{s.code} {s.probability:.2f}" for s in reply.results.needs.scores[:5])
        print(f"[{reply.outcome.value}; needs: {needs}; none {reply.results.needs.none:.2f}]")
        for item in reply.results.rejected[:5]:
            print(f"[rejected {item.offer_id}: {item.reason}]")
        print(f"[{took:.1f} ms]")
    return 0


def _explained(reply: Reply, took: float) -> dict[str, object]:
    """Return a reply with the reasons behind it as plain values."""
    results = reply.results
    return {
        "outcome": reply.outcome.value,
        "contact": reply.contact.id if reply.contact else None,
        "offers": [
            {"id": hit.offer.id, "need": hit.need, "score": hit.score, "parts": hit.parts}
            for hit in reply.offers
        ],
        "needs": [
            {"code": s.code, "probability": s.probability}
            for s in (results.needs.scores[:10] if results else ())
        ],
        "none": results.needs.none if results else None,
        "rejected": [
            {"id": r.offer_id, "reason": r.reason, "score": r.score}
            for r in (results.rejected if results else ())
        ],
        "milliseconds": {**(results.timings if results else {}), "total": took},
    }


def _handover_list(options: argparse.Namespace) -> int:
    callbacks = bootstrap.handover_store().all(None if options.all else "open")
    for callback in callbacks:
        print(f"{callback.reference}  {callback.created_at}  {callback.status}")
        print(f"    Stelle: {callback.contact_id or 'nicht bestimmt'}")
        for line in callback.summary.splitlines():
            print(f"    {line}")
    print(f"{len(callbacks)} callback(s)")
    return 0


def _handover_close(options: argparse.Namespace) -> int:
    from bot.handover.callback import KEEP_DAYS

    now = datetime.now(timezone.utc)
    if bootstrap.handover_store().close(options.reference, now, KEEP_DAYS):
        print(f"{options.reference} closed; it is deleted in {KEEP_DAYS} days.")
        return 0
    print(f"{options.reference}: no such callback", file=sys.stderr)
    return 2


def _handover_undelivered(options: argparse.Namespace) -> int:
    items = bootstrap.handover_store().dead()
    for item in items:
        print(f"{item.key}  {item.created_at}  {item.error}")
    print(f"{len(items)} undelivered")
    return 0


def _handover_retry(options: argparse.Namespace) -> int:
    if bootstrap.handover_store().retry(options.key):
        print(f"{options.key} is tried again.")
        return 0
    print(f"{options.key}: nothing undelivered has this key", file=sys.stderr)
    return 2


def _staff_add(options: argparse.Namespace) -> int:
    from bot.inbox.accounts import add_account
    from bot.storage.staff import StaffStore

    organizations = [part.strip() for part in options.organizations.split(",") if part.strip()]
    store = StaffStore(bootstrap.settings().staff)
    try:
        password = add_account(
            store, options.login, options.name, None, options.role, organizations
        )
    except LotseError as error:
        print(str(error), file=sys.stderr)
        return 2
    print(f"Anmeldename: {options.login}")
    print(f"Passwort für die erste Anmeldung: {password}")
    return 0


def _erase(options: argparse.Namespace) -> int:
    if options.expired:
        settings = bootstrap.settings()
        conversations = bootstrap.conversation_store().expire(
            time.time() - settings.session_hours * 3600
        )
        callbacks = bootstrap.handover_store().expire(datetime.now(timezone.utc))
        for conversation in conversations:
            bootstrap.live_store().erase_conversation(conversation)
        bootstrap.live_store().expire(time.time(), settings.session_hours * 3600)
        print(f"{len(conversations)} conversation(s) and {callbacks} callback(s) deleted.")
        return 0
    if not options.reference:
        print("erase: expected a reference number or --expired", file=sys.stderr)
        return 2
    gone = bootstrap.handover_store().erase(options.reference)
    print(f"{gone} callback(s) deleted.")
    return 0 if gone else 2
