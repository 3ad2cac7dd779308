"""Callback requests: stored only with consent, each with the day on which it is deleted."""

from __future__ import annotations

import secrets
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.storage.migrations import HANDOVERS, open_database

OPEN = "open"
CLOSED = "closed"
# Letters and digits that nobody mixes up on the telephone.
_ALPHABET = "ABCDEFGHJKLMNPRTUVWXY346789"


@dataclass(frozen=True)
class Callback:
    """A request to be called back. Dates are ISO 8601 in UTC."""

    reference: str
    conversation: str
    created_at: str
    delete_after: str
    status: str
    contact_id: str | None
    language: str
    municipality: str | None
    need: str | None
    name: str
    reach: str
    when_to_call: str
    note: str | None
    summary: str


class HandoverStore:
    """Keeps callbacks in ``handovers.sqlite``."""

    def __init__(self, path: Path) -> None:
        """Open (and, if needed, create or migrate) the database."""
        self._database = open_database(path, HANDOVERS)
        self._lock = threading.Lock()

    def add(self, callback: Callback) -> None:
        """Store a callback durably."""
        with self._lock, self._database.conn:
            self._database.table("callbacks").insert(asdict(callback))

    def all(self, status: str | None = OPEN) -> list[Callback]:
        """Return the callbacks with a status (``None``: all), oldest first."""
        where = "status = ?" if status else None
        with self._lock:
            rows = list(
                self._database.table("callbacks").rows_where(
                    where, [status] if status else [], order_by="created_at"
                )
            )
        return [Callback(**row) for row in rows]

    def close(self, reference: str, now: datetime, keep_days: int) -> bool:
        """Mark a callback as done; it is deleted ``keep_days`` later. Return whether it exists."""
        values = {
            "status": CLOSED,
            "delete_after": (now + timedelta(days=keep_days)).isoformat(),
        }
        with self._lock, self._database.conn:
            if not self._database.table("callbacks").count_where("reference = ?", [reference]):
                return False
            self._database.table("callbacks").update(reference, values)
        return True

    def erase_conversation(self, conversation: str) -> int:
        """Delete the callbacks of a conversation; return how many."""
        return self._delete("conversation = ?", conversation)

    def erase(self, reference: str) -> int:
        """Delete one callback; return how many were deleted (0 or 1)."""
        return self._delete("reference = ?", reference)

    def expire(self, now: datetime) -> int:
        """Delete callbacks whose day has come; return how many."""
        return self._delete("delete_after < ?", now.isoformat())

    def _delete(self, where: str, value: str) -> int:
        with self._lock, self._database.conn:
            count = self._database.table("callbacks").count_where(where, [value])
            self._database.table("callbacks").delete_where(where, [value])
        return int(count)


def new_reference() -> str:
    """Return a reference number such as ``L-7KTM-4R9C``: unguessable enough, easy to read out."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"L-{letters[:4]}-{letters[4:]}"
