"""The records of the catalogue, named after Open Referral HSDS (an offer is an HSDS service)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.languages import fallback_order

COUNTY = "kreis"
FEDERAL = "federal"
OUTSIDE = "outside_area"

_T = TypeVar("_T")


def in_language(texts: Mapping[str, _T], language: str) -> tuple[_T, str]:
    """Return the text in ``language`` or its best substitute, and the language it is in.

    Raises ``KeyError`` when there is no text at all.
    """
    for code in fallback_order(language):
        if code in texts:
            return texts[code], code
    code = next(iter(texts), "")
    return texts[code], code


@dataclass(frozen=True)
class Need:
    """One code of the taxonomy of needs."""

    code: str
    category: str
    labels: Mapping[str, str]
    life_phases: tuple[str, ...]
    territory_rule: str
    urgency: str
    sensitivity: str
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Organization:
    """Who runs offers and offices; ``switchboard`` is a confirmed general number, if any."""

    id: str
    name: str
    switchboard: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Ages:
    """An age range in full years; an open end is ``None``."""

    min: int | None = None
    max: int | None = None

    def fits(self, age: float) -> bool:
        """Return whether somebody of this age (years) is within the range, both ends included."""
        return (self.min is None or age >= self.min) and (self.max is None or age < self.max + 1)


@dataclass(frozen=True)
class Location:
    """Where an offer takes place."""

    name: str | None = None
    address: str | None = None
    municipality: str | None = None


@dataclass(frozen=True)
class OfferText:
    """What a person reads about an offer, in one language."""

    title: str
    summary: str
    how: str
    bring: str | None = None


@dataclass(frozen=True)
class Offer:
    """One support offer. Details that were not seen are ``None`` or empty, never guessed."""

    id: str
    organization: str
    needs: tuple[str, ...]
    area: tuple[str, ...]
    texts: Mapping[str, OfferText]
    term: str
    checked_on: str | None
    source: str
    sample: bool
    outdated: bool
    audience: str | None = None
    ages: Ages | None = None
    cost_kind: str | None = None
    cost_note: str | None = None
    languages: tuple[str, ...] = ()
    interpreter: bool | None = None
    by_appointment: bool | None = None
    location: Location | None = None
    phone: str | None = None
    email: str | None = None
    url: str | None = None
    hours: str | None = None
    status: str = "active"
    valid_until: str | None = None
    verified: Mapping[str, bool] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    checked: bool = False

    def serves(self, municipality: str) -> bool:
        """Return whether people of this municipality are in the offer's service area."""
        return COUNTY in self.area or FEDERAL in self.area or municipality in self.area

    @property
    def everywhere(self) -> bool:
        """Return whether the offer is for all municipalities."""
        return COUNTY in self.area or FEDERAL in self.area


@dataclass(frozen=True)
class Contact:
    """An office or role that a person can be sent to."""

    id: str
    organization: str
    names: Mapping[str, str]
    term: str
    role: Mapping[str, str]
    area: tuple[str, ...]
    needs: tuple[str, ...]
    substitute: str | None
    status: str
    outdated: bool
    checked_on: str
    source: str
    ages: Ages | None = None
    languages: tuple[str, ...] = ()
    interpreter: str = "unknown"
    phone: str | None = None
    email: str | None = None
    url: str | None = None
    address: str | None = None
    hours: str | None = None
    hours_for: str | None = None
    by_appointment: bool | None = None
    doubts: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transition:
    """Who comes next when a person reaches an age.

    ``always``: also said when no age is known, because the need itself tells the phase (a
    pregnancy).
    """

    age: int
    contact: str
    note: Mapping[str, str]
    always: bool = False


@dataclass(frozen=True)
class Responsibility:
    """Which contact answers for some needs, by place and age."""

    id: str
    needs: tuple[str, ...]
    territory: str
    asks: tuple[str, ...]
    contacts: Mapping[str, str]
    ages: Ages | None = None
    next: tuple[Transition, ...] = ()
    verified: bool = False


@dataclass(frozen=True)
class Helpline:
    """A telephone or online help line that works without an appointment."""

    id: str
    number: str
    tel_uri: str | None
    names: Mapping[str, str]
    topics: tuple[str, ...]
    hours: Mapping[str, str]
    help: Mapping[str, str]
    languages: tuple[str, ...]
    around_the_clock: bool
    shown: bool
    source: str
    source_date: str | None


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be shown, by id."""

    needs: Mapping[str, Need]
    organizations: Mapping[str, Organization]
    offers: Mapping[str, Offer]
    contacts: Mapping[str, Contact]
    responsibilities: Mapping[str, Responsibility]
    order: Mapping[str, tuple[str, ...]]
    helplines: Mapping[str, Helpline]

    def responsible_for(self, need: str) -> tuple[Responsibility, ...]:
        """Return the responsibilities of a need, the first choice first."""
        return tuple(self.responsibilities[key] for key in self.order.get(need, ()))


Record = dict[str, Any]
