"""The kind ``routing``: is the right office named, over one or several messages?

The turns of a row are one conversation. ``need`` is what the person chose with a button under the
first message; without it the need is read from the text. ``municipality`` and ``age`` say what the
messages hold and are never told to the assistant. The contact of the last answer counts.
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
from bot.evaluation.rows import Field, Row, list_of, name, number, one_of, text
from bot.offers.models import COUNTY, OUTSIDE


@dataclass(frozen=True)
class Routed:
    """A row with the answers to its turns."""

    row: Row
    responses: tuple[Response, ...]

    @property
    def contact(self) -> str | None:
        """Return the contact of the last answer."""
        last = self.responses[-1]
        if last.outcome is Outcome.OUTSIDE_AREA:
            return OUTSIDE
        return last.reply.contact.id if last.reply and last.reply.contact else None

    @property
    def municipality(self) -> str | None:
        """Return the place as it is known in the end."""
        last = self.responses[-1]
        return OUTSIDE if last.outcome is Outcome.OUTSIDE_AREA else last.case.municipality

    @property
    def contact_right(self) -> bool:
        """Return whether the contact is the expected one."""
        return bool(self.contact == self.row["expected_contact_id"])

    @property
    def place_right(self) -> bool:
        """Return whether the place is the row's; ``kreis`` is a place that is not known."""
        expected = self.row["municipality"]
        return bool(self.municipality == (None if expected == COUNTY else expected))


def fields(needs: Mapping[str, object], municipalities: Mapping[str, object]) -> list[Field]:
    """Return the fields of a row."""
    return [
        Field("id", name),
        Field("lang", name),
        Field("turns", list_of(text)),
        Field("need", one_of(needs), required=False),
        Field("municipality", one_of({*municipalities, OUTSIDE, COUNTY}), required=False),
        Field("age", number, required=False),
        Field("expected_contact_id", name),
    ]


def evaluate(rows: Sequence[Row], dialogue: Dialogue, progress: Progress) -> Evaluation:
    """Return the measures of ``routing``."""
    routed = []
    for row in rows:
        routed.append(Routed(row, converse(row, dialogue)))
        progress.advance()
    by_language = {
        key: measures(group)
        for key, group in metrics.grouped(routed, lambda one: str(one.row["lang"])).items()
    }
    overall = measures(routed)
    known = dialogue.services.catalogue.contacts
    return Evaluation(
        {**overall, "by_language": by_language},
        (group_table("routing", "language", {**by_language, "all": overall}),),
        tuple(
            _explained(one, known) for one in routed if not (one.contact_right and one.place_right)
        ),
        tuple(_prediction(one) for one in routed),
    )


def converse(row: Row, dialogue: Dialogue) -> tuple[Response, ...]:
    """Return the answers to the turns of a row, in their order."""
    responses: list[Response] = []
    case = Case()
    need = row["need"]
    for turn in row["turns"]:
        response = dialogue.say(turn, case, responses[-1] if responses else None, need)
        responses.append(response)
        case, need = response.case, None
    return tuple(responses)


def measures(routed: Sequence[Routed]) -> dict[str, Any]:
    """Return the measures of one group."""
    return {
        "n": len(routed),
        "accuracy": metrics.rounded(metrics.share(one.contact_right for one in routed)),
        "place_accuracy": metrics.rounded(metrics.share(one.place_right for one in routed)),
    }


def _prediction(one: Routed) -> dict[str, Any]:
    return {
        "id": one.row["id"],
        "contact": one.contact,
        "municipality": one.municipality,
        "outcome": one.responses[-1].outcome.value,
    }


def _explained(one: Routed, known: Mapping[str, object]) -> dict[str, Any]:
    row = one.row
    return {
        **{key: row[key] for key in ("id", "lang", "turns", "need", "municipality", "age")},
        "expected": row["expected_contact_id"],
        "predicted": one.contact,
        "predicted_municipality": one.municipality,
        "why": _reason(one, known),
        "outcomes": [response.outcome.value for response in one.responses],
        "needs": [response.case.need for response in one.responses],
        "ages": [response.case.age for response in one.responses],
        "intents": [response.intent for response in one.responses],
        "places": [
            [
                [mention.text, mention.municipality, mention.certain, mention.reason]
                for mention in (response.reading.places if response.reading else ())
            ]
            for response in one.responses
        ],
    }


def _reason(one: Routed, known: Mapping[str, object]) -> str:
    last = one.responses[-1]
    if one.row["expected_contact_id"] not in known:
        return "the catalogue has no contact of the expected id"
    if last.asks_place:
        return "the place is still asked for"
    if last.reply is None:
        return f"the intent {last.intent} leads to no contact"
    if not one.place_right:
        return "another place was understood"
    if one.row["need"] and last.case.need != one.row["need"]:
        return f"the need changed to {last.case.need}"
    return f"routed for the need {last.case.need}"
