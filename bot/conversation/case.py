"""What is known in a conversation, and what one message asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.places.recognition import PlaceMention
from bot.understanding.ages import AgeMention


@dataclass(frozen=True)
class Case:
    """What the conversation knows of the person's question. Kept in one slot of the tracker.

    ``text`` is the question that ``need`` was read from; ``shown`` are the offers already shown.
    """

    municipality: str | None = None
    place: str | None = None
    age: float | None = None
    need: str | None = None
    text: str | None = None
    shown: tuple[str, ...] = ()
    asked_place: bool = False
    clarified: bool = False
    wants_verdict: bool = False

    def to_slot(self) -> dict[str, Any]:
        """Return the case as plain JSON values, empty ones left out."""
        return {key: value for key, value in asdict(self).items() if value not in (None, (), False)}

    @classmethod
    def from_slot(cls, value: Mapping[str, Any] | None) -> Case:
        """Return the case that :meth:`to_slot` wrote; unknown keys are ignored."""
        known = {key: value[key] for key in cls.__dataclass_fields__ if value and key in value}
        return cls(**{**known, "shown": tuple(known.get("shown", ()))})

    def new_question(self) -> Case:
        """Return the case with the place and age kept and the question forgotten."""
        return Case(municipality=self.municipality, place=self.place, age=self.age)


@dataclass(frozen=True)
class Question:
    """One message that asks for support or adds a fact to an earlier question.

    ``need`` and ``municipality`` are set when the person pressed a button. ``facts_only`` says
    that the message holds nothing but a place or an age; ``adds_facts`` that it looks like a
    correction or addition, which the search may find to be a question of its own.
    """

    text: str
    language: str
    places: tuple[PlaceMention, ...] = ()
    ages: tuple[AgeMention, ...] = ()
    need: str | None = None
    municipality: str | None = None
    facts_only: bool = False
    adds_facts: bool = False
    wants_verdict: bool = False
    worried: str | None = None
