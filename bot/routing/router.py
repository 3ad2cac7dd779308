"""Finds the responsible contact, and says which fact is missing to name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bot.offers.models import COUNTY, OUTSIDE, Catalogue, Contact, Responsibility, Transition

GENERAL = "kreis_switchboard"
LAST_RESORT = "authority_115"
# Rules under which somebody from outside the county may be sent to the same contact.
_BORDERLESS = frozenset({"federal", "free_choice", "any_place"})
# Rules under which several contacts stand side by side and the person may choose among them.
_CHOOSABLE = frozenset({"free_choice", "any_place"})


class Missing(str, Enum):
    """What has to be known before the contact can be named."""

    PLACE = "place"
    PLACE_OF_BIRTH = "place_of_birth"


@dataclass(frozen=True)
class Route:
    """The contact for a need, or what is missing to name it.

    ``substitutes`` follow the chain of stand-ins down to the county's general number and 115, so
    that there is always somebody. ``transitions`` are the offices that come next at an age.
    """

    contact: Contact | None
    substitutes: tuple[Contact, ...] = ()
    responsibility: Responsibility | None = None
    missing: Missing | None = None
    transitions: tuple[Transition, ...] = ()
    reason: str = ""


class Router:
    """Routes by the responsibilities of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        """``catalogue`` holds contacts, responsibilities and their order per need."""
        self._catalogue = catalogue

    def route(
        self,
        need: str,
        municipality: str | None,
        age: float | None = None,
        language: str | None = None,
    ) -> Route:
        """Return the contact for a need.

        ``municipality`` is a key, ``outside_area``, ``kreis`` (the county, town unknown) or
        ``None``; ``age`` is in years. With a ``language``, a contact who speaks it comes before
        others of the person's free choice; who is responsible by law stays so. The result names
        a contact, or what is missing.
        """
        place = None if municipality == COUNTY else municipality
        duties = self._in_order(need, age)
        if language is not None:
            duties = self._speaking_first(duties, place, language)
        for duty in duties:
            if place == OUTSIDE and duty.territory not in _BORDERLESS:
                return self._to(OUTSIDE, duty, f"{need} is bound to the place of residence")
            if place is None and self._asks_place(duty):
                birth = "place_of_birth" in duty.asks
                missing = Missing.PLACE_OF_BIRTH if birth else Missing.PLACE
                return Route(None, responsibility=duty, missing=missing, reason=duty.territory)
            contact_id = self._contact_of(duty, place)
            if contact_id is not None:
                return self._to(contact_id, duty, duty.territory, age)
        return self.general("no responsibility names a contact for this place")

    def general(self, reason: str) -> Route:
        """Return the county's general guide, for everything that has no contact of its own."""
        contact = self._catalogue.contacts.get(GENERAL)
        return Route(contact, self._substitutes(contact), reason=reason)

    def _in_order(self, need: str, age: float | None) -> list[Responsibility]:
        """Return the responsibilities of a need, those for another age left out.

        Without an age the order of the data holds.
        """
        duties = list(self._catalogue.responsible_for(need))
        if age is not None:
            fitting = [duty for duty in duties if duty.ages is None or duty.ages.fits(age)]
            return fitting or duties
        return duties

    def _speaking_first(
        self, duties: list[Responsibility], place: str | None, language: str
    ) -> list[Responsibility]:
        """Return the duties with those first that the person may choose and be understood at.

        Only where the first one is itself a free choice.
        """
        if not duties or duties[0].territory not in _CHOOSABLE:
            return duties

        def speaks(duty: Responsibility) -> bool:
            contact = self._catalogue.contacts.get(self._contact_of(duty, place) or "")
            return (
                duty.territory in _CHOOSABLE and contact is not None
                and not contact.outdated and language in contact.languages
            )  # fmt: skip

        return sorted(duties, key=lambda duty: not speaks(duty))

    @staticmethod
    def _asks_place(duty: Responsibility) -> bool:
        return "place" in duty.asks or "place_of_birth" in duty.asks

    @staticmethod
    def _contact_of(duty: Responsibility, place: str | None) -> str | None:
        contacts: Mapping[str, str] = duty.contacts
        if place is not None and place in contacts:
            return contacts[place]
        return contacts.get("*")

    def _to(
        self, contact_id: str, duty: Responsibility, reason: str, age: float | None = None
    ) -> Route:
        contact = self._catalogue.contacts[contact_id]
        transitions = tuple(
            step
            for step in duty.next
            if step.always or (age is not None and step.age - 1 <= age < step.age + 1)
        )
        return Route(contact, self._substitutes(contact), duty, None, transitions, reason)

    def _substitutes(self, contact: Contact | None) -> tuple[Contact, ...]:
        """Return the chain of stand-ins; it ends at the last resort and never runs in a circle."""
        chain: list[Contact] = []
        seen = {contact.id} if contact else set()
        following = contact.substitute if contact else LAST_RESORT
        while following and following not in seen:
            seen.add(following)
            stand_in = self._catalogue.contacts.get(following)
            if stand_in is None:
                break
            chain.append(stand_in)
            following = stand_in.substitute
        return tuple(chain)
