"""What goes into a search and what comes out of it, with the rejected and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.offers.models import Offer


@dataclass(frozen=True)
class Query:
    """A search: the text, and what is known about the person.

    ``municipality`` is a key or ``None``; ``age`` is in years; ``need`` is set when the person
    has chosen a need, so that it is not guessed again; ``exclude`` are offers already shown.
    """

    text: str
    language: str
    municipality: str | None = None
    age: float | None = None
    need: str | None = None
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeedScore:
    """A need and the probability that the text is about it."""

    code: str
    probability: float


@dataclass(frozen=True)
class PurposeScore:
    """Something else than a need that a message can be for (an intent), and its probability."""

    intent: str
    probability: float


@dataclass(frozen=True)
class NeedReading:
    """What the text is about.

    ``scores`` are the needs, best first, given that it is about one; ``purposes`` are the other
    intents, best first; ``none`` is the probability that it is about no need at all.
    """

    scores: tuple[NeedScore, ...]
    none: float
    purposes: tuple[PurposeScore, ...] = ()

    @property
    def best(self) -> NeedScore | None:
        """Return the most probable need."""
        return self.scores[0] if self.scores else None


@dataclass(frozen=True)
class Hit:
    """An offer that fits, with the parts of its score."""

    offer: Offer
    score: float
    parts: dict[str, float]
    need: str


@dataclass(frozen=True)
class Rejection:
    """An offer that was near, and the rule that kept it out."""

    offer_id: str
    reason: str
    score: float


@dataclass(frozen=True)
class ResultSet:
    """The answer of the search. ``timings`` are milliseconds by step."""

    query: Query
    needs: NeedReading
    hits: tuple[Hit, ...]
    rejected: tuple[Rejection, ...]
    timings: dict[str, float] = field(default_factory=dict)
