"""The kind ``outcome``: are messages that ask for nothing we can find treated as they should be?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.conversation.case import Case
from bot.conversation.outcomes import Outcome
from bot.evaluation import metrics
from bot.evaluation.dialogue import ASK_ENTITLEMENT, Dialogue, Response
from bot.evaluation.report import Evaluation, Progress, group_table
from bot.evaluation.rows import Field, Row, name, one_of, text
from bot.understanding.intents import UNREADABLE

KINDS = ("out_of_scope", "smalltalk", "no_verdict", "gibberish", "injection")
FIELDS = [
    Field("id", name),
    Field("lang", name),
    Field("text", text),
    Field("expected", one_of(KINDS)),
]


@dataclass(frozen=True)
class Judged:
    """A row with how it was treated."""

    row: Row
    response: Response
    predicted: str

    @property
    def correct(self) -> bool:
        """Return whether the row was treated as it should be."""
        return bool(self.predicted == self.row["expected"])

    @property
    def offer_shown(self) -> bool:
        """Return whether any offer was shown."""
        return bool(self.response.reply and self.response.reply.offers)


def evaluate(rows: Sequence[Row], dialogue: Dialogue, progress: Progress) -> Evaluation:
    """Return the measures of ``outcome``; each row is the first message of a conversation."""
    judged = []
    for row in rows:
        response = dialogue.say(row["text"], Case())
        judged.append(Judged(row, response, treated_as(response)))
        progress.advance()
    by_expected = {
        key: measures(group)
        for key, group in metrics.grouped(judged, lambda one: str(one.row["expected"])).items()
    }
    by_language = {
        key: measures(group)
        for key, group in metrics.grouped(judged, lambda one: str(one.row["lang"])).items()
    }
    summary = {
        "n": len(judged),
        "offer_shown": metrics.rounded(metrics.share(one.offer_shown for one in judged)),
        "by_expected": by_expected,
        "by_language": by_language,
    }
    return Evaluation(
        summary,
        (
            group_table("outcome", "expected", {**by_expected, "all": measures(judged)}),
            group_table("", "language", by_language),
        ),
        tuple(_explained(one) for one in judged if not one.correct),
        tuple(_prediction(one) for one in judged),
    )


def treated_as(response: Response) -> str:
    """Return the kind that a response stands for, or the name of its ending.

    A question about entitlement is answered without a verdict even where the place is asked
    first. An unreadable message is gibberish; one in another language is not.
    """
    outcome, intent = response.outcome, response.intent
    if outcome is Outcome.CRISIS:
        return str(outcome.value)
    if intent == ASK_ENTITLEMENT:
        return "no_verdict" if outcome is not Outcome.OUT_OF_SCOPE else str(outcome.value)
    if outcome is Outcome.NOT_UNDERSTOOD:
        return "gibberish" if intent == UNREADABLE else str(intent)
    return str(outcome.value)


def measures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the measures of one group."""
    return {
        "n": len(judged),
        "offer_shown": metrics.rounded(metrics.share(one.offer_shown for one in judged)),
        "correct": metrics.rounded(metrics.share(one.correct for one in judged)),
    }


def _prediction(one: Judged) -> dict[str, Any]:
    return {
        "id": one.row["id"],
        "predicted": one.predicted,
        "outcome": one.response.outcome.value,
        "offers": [hit.offer.id for hit in one.response.reply.offers] if one.response.reply else [],
    }


def _explained(one: Judged) -> dict[str, Any]:
    reading = one.response.reading
    results = one.response.reply.results if one.response.reply else None
    return {
        **{key: one.row[key] for key in ("id", "lang", "text", "expected")},
        **_prediction(one),
        "why": f"the intent was read as {one.response.intent}",
        "intents": [[i, round(p, 3)] for i, p in (reading.intent.ranking if reading else ())],
        "language": one.response.language,
        "needs": [
            [score.code, round(score.probability, 3)]
            for score in (results.needs.scores[:3] if results else ())
        ],
        "none": round(results.needs.none, 3) if results else None,
    }
