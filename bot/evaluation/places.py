"""The kind ``places``: is the municipality recognised, and is none seen where there is none?

Only the recogniser of places is measured: no encoder, no search, no earlier messages. A row whose
``municipality`` is null holds no place; for it every mention is a false one, a doubtful one too,
because it would make the assistant ask about a place that nobody named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.evaluation import metrics
from bot.evaluation.report import Evaluation, Progress, group_table
from bot.evaluation.rows import Field, Row, name, one_of, text
from bot.places.gazetteer import COUNTY, OUTSIDE
from bot.places.recognition import PlaceMention, PlaceRecognizer, choose


@dataclass(frozen=True)
class Located:
    """A row with the places found in its text and the one that counts."""

    row: Row
    mentions: tuple[PlaceMention, ...]

    @property
    def municipality(self) -> str | None:
        """Return the municipality that counts as the person's."""
        chosen = choose(self.mentions)
        return chosen.municipality if chosen else None

    @property
    def named(self) -> bool:
        """Return whether the text names a place."""
        return self.row["municipality"] is not None

    @property
    def right(self) -> bool:
        """Return whether the expected place was found, or rightly none."""
        if self.named:
            return bool(self.municipality == self.row["municipality"])
        return not self.mentions


def fields(municipalities: Mapping[str, object]) -> list[Field]:
    """Return the fields of a row."""
    known = {*municipalities, OUTSIDE, COUNTY}
    return [
        Field("id", name),
        Field("lang", name),
        Field("text", text),
        Field("municipality", one_of(known), required=False),
    ]


def evaluate(rows: Sequence[Row], recognizer: PlaceRecognizer, progress: Progress) -> Evaluation:
    """Return the measures of ``places``."""
    located: list[Located] = []
    for row in rows:
        located.append(Located(row, tuple(recognizer.find(row["text"]))))
        progress.advance()
    by_language = {
        key: measures(group)
        for key, group in metrics.grouped(located, lambda one: str(one.row["lang"])).items()
    }
    by_place = {
        key: measures(group)
        for key, group in metrics.grouped(
            located, lambda one: str(one.row["municipality"] or "none")
        ).items()
    }
    overall = measures(located)
    return Evaluation(
        {**overall, "by_language": by_language, "by_municipality": by_place},
        (
            group_table("places", "language", {**by_language, "all": overall}),
            group_table("", "municipality", by_place),
        ),
        tuple(_explained(one) for one in located if not one.right),
        tuple({"id": one.row["id"], "municipality": one.municipality} for one in located),
    )


def measures(located: Sequence[Located]) -> dict[str, Any]:
    """Return the measures of one group.

    ``recognised`` is the share of the rows with a place whose municipality was found;
    ``false_places`` the share of the rows without one in which a place was seen.
    """
    named = [one for one in located if one.named]
    empty = [one for one in located if not one.named]
    return {
        "n": len(located),
        "with_place": len(named),
        "recognised": metrics.rounded(metrics.share(one.right for one in named)),
        "without_place": len(empty),
        "false_places": metrics.rounded(metrics.share(not one.right for one in empty)),
    }


def _explained(one: Located) -> dict[str, Any]:
    return {
        **{key: one.row[key] for key in ("id", "lang", "text")},
        "expected": one.row["municipality"],
        "predicted": one.municipality,
        "mentions": [
            [mention.text, mention.municipality, mention.certain, mention.rank, mention.reason]
            for mention in one.mentions
        ],
    }
