"""What the inbox is given from outside: stores, names, clock. Tests give it their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.delivery.reply import Reply
from bot.inbox.passwords import Passwords
from bot.storage.handovers import Callback, OutboxItem
from bot.storage.live import LiveStore
from bot.storage.staff import StaffStore


class Names(Protocol):
    """German names of what conversations and callbacks hold only as ids."""

    def organizations(self) -> Mapping[str, str]:
        """Return all organizations: id -> name."""

    def organization(self, key: str | None) -> str:
        """Return an organization's name."""

    def need(self, key: str | None) -> str:
        """Return what a need is called."""

    def municipality(self, key: str | None) -> str:
        """Return a municipality's name."""

    def contact(self, key: str | None) -> str:
        """Return a contact's name."""

    def language(self, code: str | None) -> str:
        """Return what a language is called."""

    def organization_of_contact(self, key: str | None) -> str | None:
        """Return the id of the organization that a contact belongs to."""


class Callbacks(Protocol):
    """Where callbacks and their outbox are kept (``bot.storage.handovers.HandoverStore``)."""

    def get(self, reference: str) -> Callback | None:
        """Return one callback."""

    def all(self, status: str | None) -> list[Callback]:
        """Return the callbacks with a status, oldest first."""

    def claim(self, reference: str, login: str) -> bool:
        """Give an open callback to a staff member; only the first gets it."""

    def release(self, reference: str) -> bool:
        """Take an open callback back from who had it."""

    def close(self, reference: str, now: datetime, keep_days: int) -> bool:
        """Mark a callback as done."""

    def set_note(self, reference: str, note: str | None) -> bool:
        """Replace the staff's note; return whether the callback exists."""

    def dead(self) -> list[OutboxItem]:
        """Return what could not be delivered and was given up."""

    def reference_for(self, external: str) -> str | None:
        """Return the reference of what the helpdesk knows under this name."""

    def retry(self, key: str) -> bool:
        """Let a dead item be tried again."""


class Helpdesk(Protocol):
    """An existing helpdesk whose answers go to the person (``bot.delivery``)."""

    def reply_from(self, body: bytes, headers: Mapping[str, str]) -> Reply | None:
        """Return the answer in a webhook's body, or ``None`` when it is none.

        Raises :class:`bot.errors.SignatureError` when it does not come from the helpdesk.
        """


class Translator(Protocol):
    """A machine translation for staff."""

    def translate(self, text: str, source: str, target: str) -> str | None:
        """Return the translation, or ``None`` when the service does not answer."""


@dataclass(frozen=True)
class Deps:
    """Everything :func:`bot.inbox.app.create_app` needs.

    ``clock`` gives seconds since 1970 (UTC). ``key`` signs the login form; without one a random
    key lasts as long as the process. ``secure``: the inbox is reached over HTTPS.
    ``trusted_proxies`` counts the proxies in front whose X-Forwarded-For may be believed.
    ``delivers``: callbacks are also sent by mail or to a helpdesk. ``poll_seconds`` is how long a
    script's question waits for a change.
    """

    live: LiveStore
    staff: StaffStore
    callbacks: Callbacks
    names: Names
    translator: Translator | None = None
    helpdesk: Helpdesk | None = None
    clock: Callable[[], float] = time.time
    key: str | None = field(default=None, repr=False)
    secure: bool = False
    trusted_proxies: int = 0
    keep_days: int = 30
    delivers: bool = True
    poll_seconds: float = 25.0
    passwords: Passwords = field(default_factory=Passwords)
