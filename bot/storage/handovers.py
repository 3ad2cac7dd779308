"""Callbacks, and the outbox through which they reach a person.

A callback is stored only with consent and carries the day on which it is deleted. The outbox holds
what has to be delivered (by mail or to a helpdesk). Both are written in one transaction: there is
no callback that nobody will send, and nothing is sent for a callback that was not stored.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.storage.migrations import HANDOVERS, open_database

OPEN = "open"
CLOSED = "closed"

WAITING = "waiting"
SENDING = "sending"
SENT = "sent"
DEAD = "dead"

# With the delays below these last about three and a half days: a weekend's outage of the mail
# server ends in delivery, not in dead letters.
MAX_ATTEMPTS = 90
FIRST_DELAY = 30.0  # seconds
LONGEST_DELAY = 3600.0  # seconds
# How long the empty note about something sent stays, if it belongs to no callback.
KEEP_SENT = timedelta(days=30)

# Letters and digits that nobody mixes up on the telephone.
_ALPHABET = "ABCDEFGHJKLMNPRTUVWXY346789"
_LONGEST_ERROR = 300
_log = logging.getLogger(__name__)
_random = secrets.SystemRandom()


@dataclass(frozen=True)
class Callback:
    """A request to be called back. Dates are ISO 8601 in UTC.

    ``organization`` answers for it; ``claimed_by`` is the login of the staff member who took it;
    ``delivered_at`` says when a mail server or helpdesk took it over.
    """

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
    interpreter: bool = False
    wants_woman: bool = False
    organization: str | None = None
    claimed_by: str | None = None
    delivered_at: str | None = None


@dataclass(frozen=True)
class OutboxItem:
    """One thing to deliver.

    ``key`` is the idempotency key: what has the same key is the same thing. ``reference`` is what
    people call it (for a callback its number), ``payload`` JSON, ``created_at`` ISO 8601 in UTC.
    The rest is filled in by the outbox: ``lease`` names the claim, ``attempts`` counts failures.
    """

    key: str
    reference: str
    kind: str
    payload: str = field(repr=False)
    created_at: str
    attempts: int = 0
    error: str | None = None
    lease: str | None = field(default=None, repr=False, compare=False)


class HandoverStore:
    """Keeps callbacks and their outbox in ``handovers.sqlite``; safe for threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open (and, if needed, create or migrate) the database."""
        self._database = open_database(path, HANDOVERS)
        # In WAL mode NORMAL keeps the file whole but may lose the last commits when the power
        # fails. The person has been told "your request is stored" and nobody else knows of it, so
        # here every commit is on the disk before we say so. Callbacks are rare: it costs nothing.
        self._database.conn.execute("PRAGMA synchronous=FULL")
        self._lock = threading.Lock()

    # Callbacks

    def add(self, callback: Callback, outbox: Sequence[OutboxItem] = ()) -> None:
        """Store a callback and what has to be delivered for it, durably: both or neither."""
        values = asdict(callback)
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        with self._transaction() as connection:
            connection.execute(
                f"INSERT INTO callbacks ({names}) VALUES ({marks})", list(values.values())
            )
            _enqueue(connection, outbox)

    def get(self, reference: str) -> Callback | None:
        """Return one callback, or ``None``."""
        return next(iter(self._callbacks("reference = ?", [reference])), None)

    def all(self, status: str | None = OPEN) -> list[Callback]:
        """Return the callbacks with a status (``None``: all), oldest first."""
        return self._callbacks("status = ?", [status]) if status else self._callbacks("1", [])

    def claim(self, reference: str, login: str) -> bool:
        """Give an open callback to a staff member; only the first one gets it (``True``)."""
        return self._change(
            "UPDATE callbacks SET claimed_by = ? WHERE reference = ? AND status = ?"
            " AND (claimed_by IS NULL OR claimed_by = ?)",
            [login, reference, OPEN, login],
        )

    def release(self, reference: str) -> bool:
        """Take an open callback back from the staff member who had it."""
        return self._change(
            "UPDATE callbacks SET claimed_by = NULL WHERE reference = ? AND status = ?",
            [reference, OPEN],
        )

    def set_note(self, reference: str, note: str | None) -> bool:
        """Replace the note on a callback; return whether the callback exists."""
        return self._change("UPDATE callbacks SET note = ? WHERE reference = ?", [note, reference])

    def close(self, reference: str, now: datetime, keep_days: int) -> bool:
        """Mark a callback as done; it is deleted ``keep_days`` later. Return whether it exists.

        What was still to be sent for it is dropped: nobody should be asked to do it again.
        """
        delete_after = (now + timedelta(days=keep_days)).isoformat()
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE callbacks SET status = ?, delete_after = ? WHERE reference = ?",
                [CLOSED, delete_after, reference],
            ).rowcount
            if changed:
                connection.execute(
                    "DELETE FROM outbox WHERE reference = ? AND state != ?", [reference, SENT]
                )
        return bool(changed)

    def erase_conversation(self, conversation: str) -> int:
        """Delete the callbacks of a conversation with their outbox; return how many."""
        return self._delete("conversation = ?", conversation)

    def erase(self, reference: str) -> int:
        """Delete one callback with its outbox; return how many were deleted (0 or 1)."""
        return self._delete("reference = ?", reference)

    def expire(self, now: datetime) -> int:
        """Delete callbacks whose day has come, with their outbox; return how many.

        How many of them were still open, were never delivered and never taken by anybody is
        written to the log as an error, without a name or number: those people were not helped.
        """
        unseen = "status = ? AND delivered_at IS NULL AND claimed_by IS NULL"
        with self._transaction() as connection:
            lost = connection.execute(
                f"SELECT count(*) FROM callbacks WHERE delete_after < ? AND {unseen}",
                [now.isoformat(), OPEN],
            ).fetchone()[0]
            count = _delete(connection, "delete_after < ?", now.isoformat())
            connection.execute(
                "DELETE FROM outbox WHERE state = ? AND sent_at < ?"
                " AND reference NOT IN (SELECT reference FROM callbacks)",
                [SENT, (now - KEEP_SENT).isoformat()],
            )
        if lost:
            _log.error(
                "%d open callback(s) reached their day of deletion although nobody had taken them"
                " and they were never delivered",
                lost,
            )
        return count

    # Outbox

    def enqueue(self, items: Sequence[OutboxItem]) -> int:
        """Add things to deliver that belong to no callback; return how many are new."""
        with self._transaction() as connection:
            return _enqueue(connection, items)

    def claim_due(
        self, now: datetime, limit: int = 10, lease_seconds: float = 60
    ) -> list[OutboxItem]:
        """Lease up to ``limit`` due items to the caller, the longest waiting first.

        Nobody else gets them until the lease is over. The items of a worker that was killed come
        back then: their state is left at ``sending``, which says "it may have been delivered".
        """
        moment = now.timestamp()
        due = "(state = ? AND next_try <= ?) OR (state = ? AND leased_until <= ?)"
        values = [WAITING, moment, SENDING, moment]
        # An idle worker only reads; it does not take the write lock every few seconds.
        with self._lock:
            found = self._database.conn.execute(
                f"SELECT 1 FROM outbox WHERE {due} LIMIT 1", values
            ).fetchone()
        if found is None:
            return []
        lease = secrets.token_hex(8)
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT key, reference, kind, payload, created_at, attempts, error FROM outbox"
                f" WHERE {due} ORDER BY next_try, created_at, key LIMIT ?",
                [*values, limit],
            ).fetchall()
            connection.executemany(
                "UPDATE outbox SET state = ?, lease = ?, leased_until = ? WHERE key = ?",
                [(SENDING, lease, moment + lease_seconds, row[0]) for row in rows],
            )
        return [replace(OutboxItem(*row), lease=lease) for row in rows]

    def holds(self, item: OutboxItem) -> bool:
        """Return whether a claimed item is still the caller's: not erased, closed or taken."""
        with self._lock:
            row = self._database.conn.execute(
                "SELECT 1 FROM outbox WHERE key = ? AND state = ? AND lease = ?",
                [item.key, SENDING, item.lease],
            ).fetchone()
        return row is not None

    def put_back(self, items: Sequence[OutboxItem]) -> None:
        """Give claimed items back that were not tried, so that they need not wait for the lease."""
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE outbox SET state = ?, lease = NULL, leased_until = NULL"
                " WHERE key = ? AND state = ? AND lease = ?",
                [(WAITING, item.key, SENDING, item.lease) for item in items],
            )

    def sent(self, key: str, now: datetime, external: str | None = None) -> bool:
        """Note that an item was taken over by its receiver, and empty its payload.

        ``external`` is the receiver's own number for it (a ticket, a conversation). Return whether
        the item was still there.
        """
        moment = now.isoformat()
        with self._transaction() as connection:
            changed = connection.execute(
                "UPDATE outbox SET state = ?, payload = '', error = NULL, lease = NULL,"
                " leased_until = NULL, sent_at = ?, external = ? WHERE key = ? AND state != ?",
                [SENT, moment, external, key, SENT],
            ).rowcount
            if changed:
                connection.execute(
                    "UPDATE callbacks SET delivered_at = ? WHERE delivered_at IS NULL"
                    " AND reference = (SELECT reference FROM outbox WHERE key = ?"
                    " AND kind = 'callback')",
                    [moment, key],
                )
        return bool(changed)

    def failed(
        self,
        key: str,
        error: str,
        now: datetime,
        retry_after: float | None = None,
        permanent: bool = False,
    ) -> bool:
        """Note a failure: try again later, or give up (after 12, or at once if ``permanent``).

        ``error`` must not hold personal data. ``retry_after`` is the receiver's wish in seconds.
        Return whether the item is dead now.
        """
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT attempts FROM outbox WHERE key = ? AND state = ?", [key, SENDING]
            ).fetchone()
            if row is None:
                return False
            attempts = row[0] + 1
            dead = permanent or attempts >= MAX_ATTEMPTS
            delay = max(back_off(attempts), min(retry_after or 0.0, LONGEST_DELAY))
            connection.execute(
                "UPDATE outbox SET state = ?, attempts = ?, next_try = ?, error = ?, lease = NULL,"
                " leased_until = NULL WHERE key = ?",
                [
                    DEAD if dead else WAITING,
                    attempts,
                    now.timestamp() + delay,
                    error[:_LONGEST_ERROR],
                    key,
                ],
            )
        return dead

    def dead(self) -> list[OutboxItem]:
        """Return what was given up, oldest first, each with its last error."""
        with self._lock:
            rows = self._database.conn.execute(
                "SELECT key, reference, kind, payload, created_at, attempts, error FROM outbox"
                " WHERE state = ? ORDER BY created_at, key",
                [DEAD],
            ).fetchall()
        return [OutboxItem(*row) for row in rows]

    def retry(self, key: str) -> bool:
        """Let a dead item be tried again from the start, now. Return whether it was dead."""
        return self._change(
            "UPDATE outbox SET state = ?, attempts = 0, next_try = 0 WHERE key = ? AND state = ?",
            [WAITING, key, DEAD],
        )

    def pending(self) -> int:
        """Return how many items still have to be delivered (dead ones are not counted)."""
        with self._lock:
            row = self._database.conn.execute(
                "SELECT count(*) FROM outbox WHERE state IN (?, ?)", [WAITING, SENDING]
            ).fetchone()
        return int(row[0])

    def reference_for(self, external: str) -> str | None:
        """Return the reference of what the receiver knows under its own number, or ``None``."""
        with self._lock:
            row = self._database.conn.execute(
                "SELECT reference FROM outbox WHERE external = ?", [external]
            ).fetchone()
        return str(row[0]) if row else None

    # Plumbing

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction that takes the write lock at once, so that nothing read in it is stale.

        Plain SQL on the connection: sqlite-utils would commit each statement by itself.
        """
        with self._lock:
            connection = self._database.conn
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _callbacks(self, where: str, values: Sequence[str]) -> list[Callback]:
        with self._lock:
            rows = list(
                self._database.table("callbacks").rows_where(
                    where, list(values), order_by="created_at"
                )
            )
        return [
            Callback(
                **{
                    **row,
                    "interpreter": bool(row["interpreter"]),
                    "wants_woman": bool(row["wants_woman"]),
                }
            )
            for row in rows
        ]

    def _change(self, statement: str, values: Sequence[str | None]) -> bool:
        with self._transaction() as connection:
            return connection.execute(statement, values).rowcount > 0

    def _delete(self, where: str, value: str) -> int:
        with self._transaction() as connection:
            return _delete(connection, where, value)


def _enqueue(connection: sqlite3.Connection, items: Sequence[OutboxItem]) -> int:
    """Add items; one whose key is known already changes nothing."""
    added = 0
    for item in items:
        added += connection.execute(
            "INSERT INTO outbox (key, reference, kind, payload, created_at, state, attempts,"
            " next_try) VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (key) DO NOTHING",
            [item.key, item.reference, item.kind, item.payload, item.created_at, WAITING],
        ).rowcount
    return added


def _delete(connection: sqlite3.Connection, where: str, value: str) -> int:
    """Delete callbacks and everything in the outbox that belongs to them."""
    connection.execute(
        f"DELETE FROM outbox WHERE reference IN (SELECT reference FROM callbacks WHERE {where})",
        [value],
    )
    return connection.execute(f"DELETE FROM callbacks WHERE {where}", [value]).rowcount


def back_off(attempts: int) -> float:
    """Return how many seconds to wait after so many failures: 30, 60, 120 … up to an hour.

    A quarter more or less by chance, so that not all callbacks knock at the same moment.
    """
    delay = FIRST_DELAY * 2.0 ** (attempts - 1)
    return min(delay * _random.uniform(0.75, 1.25), LONGEST_DELAY)


def new_reference() -> str:
    """Return a reference number such as ``L-7KTM-4R9C``: unguessable enough, easy to read out."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"L-{letters[:4]}-{letters[4:]}"
