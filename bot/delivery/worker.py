"""The loop that empties the outbox."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Protocol

from bot.delivery.notifier import Notifier
from bot.errors import PermanentFailure, TemporaryFailure
from bot.storage.handovers import OutboxItem

PAUSE = 5.0  # seconds between two looks into an empty outbox
# Longer than the slowest batch we let happen (see run_once). After a kill this is how long the
# items of that batch wait, so it is not much longer than that either.
LEASE_SECONDS = 300.0
BATCH = 10
_NOTE_TRIES = 5
_log = logging.getLogger(__name__)


class Outbox(Protocol):
    """Where items come from, and where it is noted what became of them."""

    def claim_due(
        self, now: datetime, limit: int = 10, lease_seconds: float = 60
    ) -> list[OutboxItem]:
        """Lease due items."""

    def holds(self, item: OutboxItem) -> bool:
        """Return whether a claimed item is still ours."""

    def put_back(self, items: Sequence[OutboxItem]) -> None:
        """Give claimed items back that were not tried."""

    def sent(self, key: str, now: datetime, external: str | None = None) -> bool:
        """Note that an item was taken over."""

    def failed(
        self,
        key: str,
        error: str,
        now: datetime,
        retry_after: float | None = None,
        permanent: bool = False,
    ) -> bool:
        """Note a failure; return whether the item is given up."""


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)


class DeliveryWorker:
    """Takes due items from the outbox to a notifier, one after the other."""

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        clock: Callable[[], datetime] = utc_now,
        stop: threading.Event | None = None,
        pause: float = PAUSE,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        """``pause`` is in seconds of real time, ``lease_seconds`` in seconds of ``clock``."""
        self._outbox = outbox
        self._notifier = notifier
        self._clock = clock
        self._stop = stop or threading.Event()
        self._pause = pause
        self._lease_seconds = lease_seconds

    def run(self) -> None:
        """Deliver until the stop event is set. Meant for a thread of its own.

        A busy or full database is waited out. An error nobody thought of ends the loop, so that
        it is seen: whoever started the thread has to start it (or the process) again. The item in
        question is counted as failed first, so it cannot block the others for ever.
        """
        while not self._stop.is_set():
            try:
                handled = self.run_once()
            except sqlite3.OperationalError:
                _log.exception("the outbox cannot be read or written just now")
                handled = 0
            if not handled:
                self._stop.wait(self._pause)

    def run_once(self) -> int:
        """Deliver one batch of due items; return how many were handled."""
        claimed_at = self._clock()
        items = self._outbox.claim_due(claimed_at, BATCH, self._lease_seconds)
        handled = 0
        try:
            for item in items:
                # With less than half of the lease left a slow server could outlast it, and another
                # worker would send the same item at the same time.
                elapsed = (self._clock() - claimed_at).total_seconds()
                if self._stop.is_set() or elapsed > self._lease_seconds / 2:
                    self._outbox.put_back(items[handled:])
                    break
                # The person may have withdrawn it, or staff closed it, since it was claimed.
                if self._outbox.holds(item):
                    self._deliver(item)
                handled += 1
        finally:
            self._notifier.close()
        return handled

    def _deliver(self, item: OutboxItem) -> None:
        try:
            external = self._notifier.deliver(item)
        except TemporaryFailure as failure:
            _log.warning("%s over %s failed: %s", item.key, self._notifier.name, failure)
            self._failed(item, str(failure), retry_after=failure.retry_after)
        except PermanentFailure as failure:
            self._failed(item, str(failure), permanent=True)
        except BaseException as error:
            self._failed(item, f"unexpected {type(error).__name__}")
            raise
        else:
            # Taken over by the receiver: from here on nothing may come between it and the note.
            self._sent(item, external)

    def _sent(self, item: OutboxItem, external: str | None) -> None:
        """Write the note; a busy database is no reason to send it twice."""
        for tries_left in reversed(range(_NOTE_TRIES)):
            try:
                self._outbox.sent(item.key, self._clock(), external)
                return
            except sqlite3.OperationalError:
                if not tries_left:
                    raise
                self._stop.wait(1.0)

    def _failed(
        self,
        item: OutboxItem,
        error: str,
        retry_after: float | None = None,
        permanent: bool = False,
    ) -> None:
        if self._outbox.failed(item.key, error, self._clock(), retry_after, permanent):
            _log.error(
                "%s was not delivered over %s and is given up: %s. Repair it and retry it.",
                item.key,
                self._notifier.name,
                error,
            )
