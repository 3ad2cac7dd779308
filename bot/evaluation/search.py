"""The kind ``search``: does a person who asks see what they need, and how far up?

Each row is a conversation of its own. The row's municipality is known before; where the assistant
still asks for a place, the person presses the button of that municipality, or of
:data:`DEFAULT_PLACE` when the row has none, and the second answer counts. What is shown is read
from top to bottom: help lines, offers, the contact. Each is one rank. Choices of a clarifying
question are not shown items: the person has got nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.conversation.case import Case
from bot.conversation.outcomes import Outcome
from bot.evaluation import metrics
from bot.evaluation.dialogue import Dialogue, Response
from bot.evaluation.report import Evaluation, Progress, group_table
from bot.evaluation.rows import Field, Row, list_of, name, one_of, text
from bot.offers.models import COUNTY, OUTSIDE, Catalogue
from bot.routing.router import GENERAL, LAST_RESORT
from bot.search.results import ResultSet

# Where somebody lives who does not say it: one of the nine municipalities without a youth office
# of its own, so that the county's offers and contacts count for them.
DEFAULT_PLACE = "nottuln"
_NEEDS_LISTED = 10


@dataclass(frozen=True)
class Item:
    """One thing that was shown, with the needs it is for."""

    kind: str
    id: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """A row with what was shown for it. ``results`` are those of the first answer."""

    row: Row
    first: Response
    last: Response
    items: tuple[Item, ...]
    rank: int | None

    @property
    def refused(self) -> bool:
        """Return whether nothing shown is for any need."""
        return not any(item.needs for item in self.items)

    @property
    def results(self) -> ResultSet | None:
        """Return what the search found for the text itself, before a place was added."""
        return self.first.reply.results if self.first.reply else None


def fields(needs: Mapping[str, object], municipalities: Mapping[str, object]) -> list[Field]:
    """Return the fields of a row."""
    return [
        Field("id", name),
        Field("lang", name),
        Field("text", text),
        Field("needs", list_of(one_of(needs))),
        Field("municipality", one_of({*municipalities, OUTSIDE, COUNTY}), required=False),
        Field("variety", name, required=False),
    ]


def evaluate(rows: Sequence[Row], dialogue: Dialogue, progress: Progress) -> Evaluation:
    """Return the measures of ``search``."""
    answered = []
    for row in rows:
        answered.append(answer_row(row, dialogue))
        progress.advance()
    groups = {
        "by_language": metrics.grouped(answered, lambda one: str(one.row["lang"])),
        "by_variety": metrics.grouped(answered, lambda one: str(one.row["variety"] or "plain")),
    }
    overall = measures(answered)
    by = {
        title: {key: measures(found) for key, found in group.items()}
        for title, group in groups.items()
    }
    return Evaluation(
        {"n": len(answered), "overall": overall, **by},
        (
            group_table("search", "language", {"all": overall, **by["by_language"]}),
            group_table("", "variety", by["by_variety"]),
        ),
        tuple(explained(one, dialogue.services.catalogue) for one in answered if one.rank != 1),
        tuple(prediction(one) for one in answered),
    )


def answer_row(row: Row, dialogue: Dialogue) -> Answered:
    """Return what a person who writes the row's text is shown."""
    place = row["municipality"] if row["municipality"] != COUNTY else None
    case = Case()
    if place is not None:
        case = Case(municipality=place, place=dialogue.services.place_name(place))
    first = last = dialogue.say(row["text"], case)
    if first.asks_place:
        last = dialogue.choose_place(place or DEFAULT_PLACE, first)
    items = shown_items(last, dialogue.services.catalogue)
    rank = metrics.first_hit([item.needs for item in items], row["needs"])
    return Answered(row, first, last, items, rank)


def shown_items(response: Response, catalogue: Catalogue) -> tuple[Item, ...]:
    """Return what a response shows, in the order in which it is read."""
    items = [Item("helpline", line.id, tuple(line.topics)) for line in response.lines]
    reply = response.reply
    if reply is None:
        return tuple(items)
    offers = [Item("offer", hit.offer.id, tuple(hit.offer.needs)) for hit in reply.offers]
    contacts = []
    if reply.contact is not None:
        needs = contact_needs(reply.contact.id, reply.case.need, catalogue)
        contacts = [Item("contact", reply.contact.id, needs)]
    items += contacts + offers if reply.contact_first else offers + contacts
    return tuple(items)


def contact_needs(contact: str, need: str | None, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the needs that a shown contact is for.

    These are its own and the need that it was named for, if a responsibility says so. The general
    numbers are shown when nothing better is known, so they count only when they are responsible.
    """
    duties = catalogue.responsible_for(need) if need is not None else ()
    responsible = any(contact in duty.contacts.values() for duty in duties)
    routed = (need,) if need is not None and responsible else ()
    if contact in {GENERAL, LAST_RESORT, OUTSIDE}:
        return routed
    return tuple(dict.fromkeys([*catalogue.contacts[contact].needs, *routed]))


def measures(answered: Sequence[Answered]) -> dict[str, Any]:
    """Return the measures of one group."""
    ranks = [one.rank for one in answered]
    return {
        "n": len(answered),
        "recall@1": metrics.rounded(metrics.success_at(ranks, 1)),
        "recall@3": metrics.rounded(metrics.success_at(ranks, 3)),
        "mrr@10": metrics.rounded(metrics.mrr_at(ranks, 10)),
        "refused": metrics.rounded(metrics.share(one.refused for one in answered)),
    }


def prediction(one: Answered) -> dict[str, Any]:
    """Return a row of the file of predictions."""
    reply = one.last.reply
    return {
        "id": one.row["id"],
        "needs": ranked_needs(one),
        "offers": [item.id for item in one.items if item.kind == "offer"],
        "outcome": one.last.outcome.value,
        "contact": reply.contact.id if reply and reply.contact else None,
    }


def ranked_needs(one: Answered) -> list[str]:
    """Return the needs as they were read, best first; in a crisis those of the help lines."""
    if one.results is not None:
        return [score.code for score in one.results.needs.scores[:_NEEDS_LISTED]]
    return list(dict.fromkeys(need for item in one.items for need in item.needs))


def explained(one: Answered, catalogue: Catalogue) -> dict[str, Any]:
    """Return a row that is not right at rank 1, with what was shown and why."""
    results, wanted = one.results, set(one.row["needs"])
    return {
        **{key: one.row[key] for key in ("id", "lang", "text", "municipality", "variety")},
        "expected": one.row["needs"],
        "rank": one.rank,
        "why": reason(one),
        "outcome": one.last.outcome.value,
        "intent": one.first.intent,
        "language": one.first.language,
        "needs": [
            [score.code, round(score.probability, 3)]
            for score in (results.needs.scores[:5] if results else ())
        ],
        "none": round(results.needs.none, 3) if results else None,
        "shown": [[item.kind, item.id, list(item.needs)] for item in one.items],
        "rejected": [
            [item.offer_id, item.reason]
            for item in (results.rejected if results else ())
            if wanted.intersection(catalogue.offers[item.offer_id].needs)
        ],
    }


def reason(one: Answered) -> str:
    """Return in words why the row is not right at rank 1."""
    results, outcome = one.results, one.last.outcome
    if outcome is Outcome.CRISIS:
        sign = one.first.reading.crisis if one.first.reading else None
        return f"read as a crisis of kind {sign.kind if sign else '?'}"
    if results is None:
        return f"the intent {one.first.intent} leads to no search"
    ranks = {score.code: i for i, score in enumerate(results.needs.scores, start=1)}
    best = min((ranks[need], need) for need in one.row["needs"])
    place = f"the expected need {best[1]} is read at place {best[0]}"
    if outcome is Outcome.OUT_OF_SCOPE:
        return f"taken for no need at all ({results.needs.none:.2f}); {place}"
    if outcome in {Outcome.CLARIFY, Outcome.NOTHING_FOUND}:
        return f"too unsure for an answer; {place}"
    if best[0] == 1 and one.rank is None:
        return "the need was read rightly, but nothing for it was shown"
    return place
