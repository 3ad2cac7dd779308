"""What a turn answers, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.conversation.case import Case
from bot.conversation.outcomes import Outcome
from bot.offers.models import Contact, Helpline, Transition
from bot.search.results import Hit, ResultSet


@dataclass(frozen=True)
class Choice:
    """Something the person can choose by pressing a button.

    ``kind`` is ``need`` or ``place``; ``value`` its code or key.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class Reply:
    """The result of one turn: its ending, what is shown, and the case afterwards.

    ``delegate`` names the intent that another action has to answer.
    """

    outcome: Outcome
    case: Case
    values: Mapping[str, str] = field(default_factory=dict)
    offers: tuple[Hit, ...] = ()
    contact: Contact | None = None
    substitutes: tuple[Contact, ...] = ()
    lines: tuple[Helpline, ...] = ()
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    transitions: tuple[Transition, ...] = ()
    results: ResultSet | None = None
    delegate: str | None = None

    @property
    def contact_first(self) -> bool:
        """Return whether the contact is shown before the offers.

        So it is when the likeliest need has a contact but none of the offers is for it.
        """
        need = self.case.need
        return bool(self.offers) and all(need not in hit.offer.needs for hit in self.offers)
