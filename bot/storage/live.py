"""Conversations between a person and the staff, while they last, and which staff are there.

Three processes share the file: the conversation server (the person's side), the action server
(opens a conversation) and the staff inbox. So every change that depends on what was there before
is one statement: of two that claim a conversation at the same moment, only one wins.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.storage.migrations import Migration, open_database

WAITING = "waiting"
CLAIMED = "claimed"
RETURNED = "returned"
CLOSED = "closed"
OPEN_STATUSES: tuple[str, ...] = (WAITING, CLAIMED)

PERSON = "person"
STAFF = "staff"
ASSISTANT = "assistant"
SYSTEM = "system"

ALL_ORGANIZATIONS = "*"
# A staff page polls every few seconds; more writes than this would only wake the other processes.
_PRESENCE_EVERY_SECONDS = 15.0


def m001_live(database: Database) -> None:
    """Conversations, their messages, and when staff were last seen.

    Numbers are never given twice (AUTOINCREMENT): an old staff page must not show a new person.
    The partial index allows one open conversation of a person and no more.
    """
    database.execute(
        "CREATE TABLE live (number INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL,"
        " status TEXT NOT NULL, language TEXT NOT NULL, municipality TEXT, need TEXT,"
        " contact_id TEXT, organization TEXT, channel TEXT NOT NULL, summary TEXT NOT NULL,"
        " created_at REAL NOT NULL, claimed_by TEXT, claimed_name TEXT,"
        " last_person_at REAL NOT NULL, last_staff_at REAL, closed_at REAL)"
    )
    database.execute(
        "CREATE UNIQUE INDEX live_open ON live (conversation)"
        " WHERE status IN ('waiting', 'claimed')"
    )
    database.execute("CREATE INDEX live_status ON live (status, created_at)")
    database.execute("CREATE INDEX live_conversation ON live (conversation)")
    database.execute(
        "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL,"
        " number INTEGER NOT NULL, sender TEXT NOT NULL, name TEXT, text TEXT NOT NULL,"
        " language TEXT, created_at REAL NOT NULL, delivered INTEGER NOT NULL,"
        " alert INTEGER NOT NULL)"
    )
    database.execute("CREATE INDEX messages_conversation ON messages (conversation, id)")
    database.execute("CREATE INDEX messages_number ON messages (number, id)")
    database.execute("CREATE INDEX messages_undelivered ON messages (id) WHERE delivered = 0")
    database.execute(
        "CREATE TABLE presence (login TEXT PRIMARY KEY, organizations TEXT NOT NULL,"
        " seen_at REAL NOT NULL)"
    )


MIGRATIONS: tuple[Migration, ...] = (m001_live,)

_LIVE = (
    "conversation, number, status, language, municipality, need, contact_id, organization,"
    " channel, summary, created_at, claimed_by, claimed_name, last_person_at, last_staff_at,"
    " closed_at"
)
_MESSAGE = "id, conversation, sender, name, text, language, created_at, delivered, alert"
_IS_OPEN = "status IN ('waiting', 'claimed')"


@dataclass(frozen=True)
class LiveConversation:
    """A person who writes or wants to write with staff; times are seconds since 1970 (UTC).

    ``claimed_by`` is the login of the staff member, ``claimed_name`` the name the person reads.
    ``summary`` is German.
    """

    conversation: str
    number: int
    status: str
    language: str
    municipality: str | None
    need: str | None
    contact_id: str | None
    organization: str | None
    channel: str
    summary: str
    created_at: float
    claimed_by: str | None
    claimed_name: str | None
    last_person_at: float
    last_staff_at: float | None
    closed_at: float | None

    @property
    def open(self) -> bool:
        """Return whether staff have it or may take it."""
        return self.status in OPEN_STATUSES


@dataclass(frozen=True)
class LiveMessage:
    """One message; ``delivered`` says whether a channel has shown it to the person.

    ``sender`` is ``person``, ``staff``, ``assistant`` or ``system``. ``alert`` marks what staff
    must look at, such as a sign of a crisis.
    """

    id: int
    conversation: str
    sender: str
    name: str | None
    text: str
    language: str | None
    created_at: float
    delivered: bool
    alert: bool


# Aliases, because a method of the store is called ``list``.
Conversations = list[LiveConversation]
Messages = list[LiveMessage]


class LiveStore:
    """Keeps live conversations in ``live.sqlite``; safe for threads and for several processes."""

    def __init__(self, path: Path) -> None:
        """Open (and, if needed, create or migrate) the database."""
        self._database = open_database(path, MIGRATIONS)
        self._lock = threading.Lock()
        self._writes = 0

    def close_database(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.conn.close()

    # Conversations -----------------------------------------------------------------------

    def request(
        self,
        conversation: str,
        language: str,
        municipality: str | None,
        need: str | None,
        contact_id: str | None,
        organization: str | None,
        channel: str,
        summary: str,
        now: float,
    ) -> LiveConversation:
        """Open a live conversation; where one is open already it is returned as it is."""
        with self._lock, self._database.conn as connection:
            connection.execute(
                "INSERT OR IGNORE INTO live (conversation, status, language, municipality, need,"
                " contact_id, organization, channel, summary, created_at, last_person_at)"
                " VALUES (?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    conversation,
                    language,
                    municipality,
                    need,
                    contact_id,
                    organization,
                    channel,
                    summary,
                    now,
                    now,
                ],
            )
            self._writes += 1
            row = connection.execute(
                f"SELECT {_LIVE} FROM live WHERE conversation = ? AND {_IS_OPEN}", [conversation]
            ).fetchone()
        return LiveConversation(*row)

    def open_for(self, conversation: str) -> LiveConversation | None:
        """Return the waiting or claimed conversation of a person, if there is one."""
        rows = self._read(
            f"SELECT {_LIVE} FROM live WHERE conversation = ? AND {_IS_OPEN}", [conversation]
        )
        return LiveConversation(*rows[0]) if rows else None

    def get(self, number: int) -> LiveConversation | None:
        """Return one conversation by its number."""
        rows = self._read(f"SELECT {_LIVE} FROM live WHERE number = ?", [number])
        return LiveConversation(*rows[0]) if rows else None

    def list(
        self, statuses: Sequence[str], organizations: Iterable[str] | None = None
    ) -> Conversations:
        """Return the conversations with one of these statuses, the one waiting longest first.

        ``organizations``: only theirs (``"*"`` among them or ``None``: all). One without an
        organization is only for those who may see all.
        """
        marks = ", ".join("?" for _ in statuses)
        where = f"status IN ({marks})"
        values: list[Any] = [*statuses]
        allowed = None if organizations is None else set(organizations)
        if allowed is not None and ALL_ORGANIZATIONS not in allowed:
            where += f" AND organization IN ({', '.join('?' for _ in allowed)})"
            values += sorted(allowed)
        rows = self._read(
            f"SELECT {_LIVE} FROM live WHERE {where} ORDER BY created_at, number", values
        )
        return [LiveConversation(*row) for row in rows]

    def claim(self, number: int, login: str, name: str, now: float) -> bool:
        """Take a waiting conversation; return whether it was still there to take."""
        return self._change(
            "UPDATE live SET status = 'claimed', claimed_by = ?, claimed_name = ?,"
            " last_staff_at = ? WHERE number = ? AND status = 'waiting'",
            [login, name, now, number],
        )

    def reassign(self, number: int, login: str, name: str, now: float) -> bool:
        """Give an open conversation to another staff member; return whether it was open."""
        return self._change(
            "UPDATE live SET status = 'claimed', claimed_by = ?, claimed_name = ?,"
            f" last_staff_at = ? WHERE number = ? AND {_IS_OPEN}",
            [login, name, now, number],
        )

    def hand_back(self, number: int, now: float) -> bool:
        """Let the assistant speak again; return whether the conversation was open."""
        return self._end(number, RETURNED, now)

    def close(self, number: int, now: float) -> bool:
        """End a conversation; return whether it was open."""
        return self._end(number, CLOSED, now)

    def silent(self, before: float) -> Conversations:
        """Return open conversations in which nobody has done anything since ``before``."""
        rows = self._read(
            f"SELECT {_LIVE} FROM live WHERE {_IS_OPEN}"
            " AND max(last_person_at, coalesce(last_staff_at, 0)) < ? ORDER BY created_at, number",
            [before],
        )
        return [LiveConversation(*row) for row in rows]

    def alerted(self) -> set[int]:
        """Return the numbers of open conversations that hold a message with an alert."""
        rows = self._read(
            f"SELECT DISTINCT number FROM live JOIN messages USING (number)"
            f" WHERE {_IS_OPEN} AND alert = 1",
            [],
        )
        return {row[0] for row in rows}

    # Messages ----------------------------------------------------------------------------

    def say(
        self,
        conversation: str,
        sender: str,
        text: str,
        now: float,
        name: str | None = None,
        language: str | None = None,
        alert: bool = False,
    ) -> LiveMessage:
        """Add a message to a person's latest live conversation.

        What staff or the system say is not delivered until a channel says so.
        """
        waits = sender in (STAFF, SYSTEM)
        with self._lock, self._database.conn as connection:
            cursor = connection.execute(
                "INSERT INTO messages (conversation, number, sender, name, text, language,"
                " created_at, delivered, alert) SELECT ?, coalesce(max(number), 0), ?, ?, ?, ?, ?,"
                " ?, ? FROM live WHERE conversation = ?",
                [
                    conversation,
                    sender,
                    name,
                    text,
                    language,
                    now,
                    int(not waits),
                    int(alert),
                    conversation,
                ],
            )
            column = {PERSON: "last_person_at", STAFF: "last_staff_at"}.get(sender)
            if column:
                connection.execute(
                    f"UPDATE live SET {column} = ? WHERE conversation = ? AND {_IS_OPEN}",
                    [now, conversation],
                )
            self._writes += 1
            number = int(cursor.lastrowid or 0)
        return LiveMessage(
            number, conversation, sender, name, text, language, now, not waits, alert
        )

    def reply(
        self, number: int, login: str, text: str, now: float, language: str | None = None
    ) -> LiveMessage | None:
        """Add what a staff member writes, if the conversation is (still) theirs; else ``None``."""
        with self._lock, self._database.conn as connection:
            cursor = connection.execute(
                "INSERT INTO messages (conversation, number, sender, name, text, language,"
                " created_at, delivered, alert) SELECT conversation, number, 'staff',"
                " claimed_name, ?, ?, ?, 0, 0 FROM live"
                " WHERE number = ? AND status = 'claimed' AND claimed_by = ?",
                [text, language, now, number, login],
            )
            if cursor.rowcount != 1:
                return None
            message = cursor.lastrowid
            connection.execute("UPDATE live SET last_staff_at = ? WHERE number = ?", [now, number])
            self._writes += 1
            row = connection.execute(
                f"SELECT {_MESSAGE} FROM messages WHERE id = ?", [message]
            ).fetchone()
        return _message(row)

    def messages(self, conversation: str, after_id: int = 0, number: int | None = None) -> Messages:
        """Return a person's messages with a higher id, oldest first.

        With ``number`` only those of one live conversation: an earlier one may have been with
        another organization, whose staff alone may read it.
        """
        where, values = "conversation = ? AND id > ?", [conversation, after_id]
        if number is not None:
            where, values = f"{where} AND number = ?", [*values, number]
        rows = self._read(f"SELECT {_MESSAGE} FROM messages WHERE {where} ORDER BY id", values)
        return [_message(row) for row in rows]

    def undelivered(self) -> Messages:
        """Return what staff and system said and no channel has delivered, oldest first."""
        rows = self._read(f"SELECT {_MESSAGE} FROM messages WHERE delivered = 0 ORDER BY id", [])
        return [_message(row) for row in rows]

    def mark_delivered(self, ids: Iterable[int]) -> None:
        """Note that the person has got these messages."""
        with self._lock, self._database.conn as connection:
            connection.executemany(
                "UPDATE messages SET delivered = 1 WHERE id = ?", [(number,) for number in ids]
            )
            self._writes += 1

    def changed(self) -> int:
        """Return a number that differs once anybody has written; cheap enough for ten a second."""
        with self._lock:
            row = self._database.conn.execute("PRAGMA data_version").fetchone()
            return int(row[0]) + self._writes

    # Deletion ----------------------------------------------------------------------------

    def erase_conversation(self, conversation: str) -> int:
        """Delete everything about a person's conversation; return how many live ones there were."""
        with self._lock, self._database.conn as connection:
            connection.execute("DELETE FROM messages WHERE conversation = ?", [conversation])
            cursor = connection.execute("DELETE FROM live WHERE conversation = ?", [conversation])
            self._writes += 1
            return int(cursor.rowcount)

    def expire(self, now: float, keep_seconds: float) -> int:
        """Delete what ended, or was last touched, ``keep_seconds`` ago; return how many.

        One that was never ended goes too: a server that was off must not keep it for ever.
        """
        before = now - keep_seconds
        with self._lock, self._database.conn as connection:
            cursor = connection.execute(
                "DELETE FROM live WHERE coalesce(closed_at,"
                " max(last_person_at, coalesce(last_staff_at, 0))) < ?",
                [before],
            )
            connection.execute(
                "DELETE FROM messages WHERE created_at < ?"
                " AND number NOT IN (SELECT number FROM live)",
                [now],
            )
            connection.execute("DELETE FROM presence WHERE seen_at < ?", [before])
            self._writes += 1
            return int(cursor.rowcount)

    # Presence ----------------------------------------------------------------------------

    def staff_seen(self, login: str, organizations: Iterable[str], now: float) -> None:
        """Note that a staff member has the inbox open."""
        wanted = json.dumps(sorted(set(organizations)))
        with self._lock, self._database.conn as connection:
            row = connection.execute(
                "SELECT organizations, seen_at FROM presence WHERE login = ?", [login]
            ).fetchone()
        if row and row[0] == wanted and 0 <= now - row[1] < _PRESENCE_EVERY_SECONDS:
            return
        self._change(
            "INSERT OR REPLACE INTO presence (login, organizations, seen_at) VALUES (?, ?, ?)",
            [login, wanted, now],
        )

    def staff_gone(self, login: str) -> None:
        """Note that a staff member has logged out or may not log in any more."""
        self._change("DELETE FROM presence WHERE login = ?", [login])

    def staff_online(self, organization: str | None, now: float, within: float = 90) -> bool:
        """Return whether somebody seen in the last ``within`` seconds may take a conversation.

        ``organization`` is the one the conversation belongs to; without one only staff for all
        organizations may take it.
        """
        rows = self._read("SELECT organizations FROM presence WHERE seen_at >= ?", [now - within])
        for (organizations,) in rows:
            allowed = json.loads(organizations)
            if ALL_ORGANIZATIONS in allowed or organization in allowed:
                return True
        return False

    # -------------------------------------------------------------------------------------

    def _end(self, number: int, status: str, now: float) -> bool:
        return self._change(
            f"UPDATE live SET status = ?, closed_at = ? WHERE number = ? AND {_IS_OPEN}",
            [status, now, number],
        )

    def _change(self, statement: str, values: Sequence[Any]) -> bool:
        """Run one statement; return whether it changed exactly one row."""
        with self._lock, self._database.conn as connection:
            cursor = connection.execute(statement, values)
            self._writes += 1
            return bool(cursor.rowcount == 1)

    def _read(self, statement: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        with self._lock:
            return self._database.conn.execute(statement, values).fetchall()


def _message(row: Sequence[Any]) -> LiveMessage:
    number, conversation, sender, name, text, language, created_at, delivered, alert = row
    return LiveMessage(
        number,
        conversation,
        sender,
        name,
        text,
        language,
        created_at,
        bool(delivered),
        bool(alert),
    )
