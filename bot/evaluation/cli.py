"""The arguments of ``./lotse evaluate`` and what each kind needs to run."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import LotseError, Problem
from bot.evaluation.report import (
    Evaluation,
    Progress,
    render_json,
    render_tables,
    write_lines,
)

if TYPE_CHECKING:
    from bot.evaluation.dialogue import Dialogue

_HELP = {
    "search": "recall and rank of what a person is shown for a question",
    "outcome": "messages that ask for nothing we can find",
    "language": "the language of a message",
    "crisis": "crises seen, missed and falsely seen",
    "routing": "the responsible contact over one or several messages",
    "places": "the municipality a message names, and none where it names none",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the kinds and their arguments to the parser of the command ``evaluate``."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    for kind, help_text in _HELP.items():
        one = kinds.add_parser(kind, help=help_text)
        one.add_argument("--file", type=Path, required=True, help="labelled rows, JSON Lines")
        _add_outputs(one)
    retrieval = kinds.add_parser("retrieval", help="index and retriever on any corpus")
    retrieval.add_argument("--corpus", type=Path, required=True, help="documents, JSON Lines")
    retrieval.add_argument("--queries", type=Path, required=True, help="queries, JSON Lines")
    retrieval.add_argument(
        "--mode", choices=("dense", "text", "hybrid"), default="hybrid", help="default: hybrid"
    )
    _add_outputs(retrieval)


def run(arguments: argparse.Namespace) -> int:
    """Measure one kind; return 0, or 2 when the input is bad or something was not built."""
    try:
        # Libraries that print must not mix with the one JSON object.
        with contextlib.redirect_stdout(sys.stderr):
            evaluation = _KINDS[arguments.kind](arguments)
        if arguments.errors is not None:
            write_lines(arguments.errors, evaluation.errors)
        if arguments.predictions is not None:
            write_lines(arguments.predictions, evaluation.predictions)
    except LotseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    shown = render_json(evaluation.summary) if arguments.json else render_tables(evaluation.tables)
    sys.stdout.write(shown + "\n")
    return 0


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--errors", type=Path, help="write the wrong rows here, with the reason")
    parser.add_argument("--predictions", type=Path, help="write what was answered to each row here")


def _search(arguments: argparse.Namespace) -> Evaluation:
    from bot.evaluation import search
    from bot.evaluation.rows import read_rows, require

    dialogue = _dialogue()
    services = dialogue.services
    problems: list[Problem] = []
    fields = search.fields(services.catalogue.needs, services.gazetteer.municipalities)
    rows = read_rows(arguments.file, fields, problems)
    require(problems)
    return search.evaluate(rows, dialogue, Progress("search", len(rows)))


def _outcome(arguments: argparse.Namespace) -> Evaluation:
    from bot.evaluation import outcome
    from bot.evaluation.rows import read_rows, require

    problems: list[Problem] = []
    rows = read_rows(arguments.file, outcome.FIELDS, problems)
    require(problems)
    return outcome.evaluate(rows, _dialogue(), Progress("outcome", len(rows)))


def _language(arguments: argparse.Namespace) -> Evaluation:
    from bot import bootstrap
    from bot.evaluation import language
    from bot.evaluation.rows import read_rows, require

    problems: list[Problem] = []
    rows = read_rows(arguments.file, language.FIELDS, problems)
    require(problems)
    return language.evaluate(rows, bootstrap.reader(), Progress("language", len(rows)))


def _crisis(arguments: argparse.Namespace) -> Evaluation:
    from bot import bootstrap
    from bot.evaluation import crisis
    from bot.evaluation.rows import read_rows, require

    problems: list[Problem] = []
    rows = read_rows(arguments.file, crisis.FIELDS, problems)
    require(problems)
    return crisis.evaluate(rows, bootstrap.crisis_detector(), Progress("crisis", len(rows)))


def _routing(arguments: argparse.Namespace) -> Evaluation:
    from bot.evaluation import routing
    from bot.evaluation.rows import read_rows, require

    dialogue = _dialogue()
    services = dialogue.services
    problems: list[Problem] = []
    fields = routing.fields(services.catalogue.needs, services.gazetteer.municipalities)
    rows = read_rows(arguments.file, fields, problems)
    require(problems)
    return routing.evaluate(rows, dialogue, Progress("routing", len(rows)))


def _places(arguments: argparse.Namespace) -> Evaluation:
    from bot import bootstrap
    from bot.evaluation import places
    from bot.evaluation.rows import read_rows, require

    problems: list[Problem] = []
    fields = places.fields(bootstrap.gazetteer().municipalities)
    rows = read_rows(arguments.file, fields, problems)
    require(problems)
    return places.evaluate(rows, bootstrap.place_recognizer(), Progress("places", len(rows)))


def _retrieval(arguments: argparse.Namespace) -> Evaluation:
    from bot import bootstrap
    from bot.evaluation import retrieval
    from bot.evaluation.rows import read_rows, require

    problems: list[Problem] = []
    documents = read_rows(arguments.corpus, retrieval.CORPUS_FIELDS, problems)
    queries = read_rows(arguments.queries, retrieval.QUERY_FIELDS, problems)
    if not problems:
        problems += retrieval.check_relevant(arguments.queries, queries, documents)
    require(problems)
    return retrieval.evaluate(
        documents, queries, bootstrap.encoder(), bootstrap.thresholds(), arguments.mode
    )


def _dialogue() -> Dialogue:
    """Return the conversation over the product's reader, services and rules."""
    from bot import bootstrap
    from bot.evaluation.dialogue import Dialogue, read_rules

    rules = read_rules(bootstrap.settings().data / "rules" / "rules.yml")
    return Dialogue(bootstrap.reader(), bootstrap.services(), rules)


_KINDS: dict[str, Callable[[argparse.Namespace], Evaluation]] = {
    "search": _search,
    "outcome": _outcome,
    "language": _language,
    "crisis": _crisis,
    "routing": _routing,
    "places": _places,
    "retrieval": _retrieval,
}
