"""The events of running conversations, and the sessions of the web chat.

Plain rows in SQLite in WAL mode: an event is appended when it happened and deleted with its
conversation. The session table knows a token only by its hash.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from bot.storage.migrations import Migration, open_database


def m001_events(database: Database) -> None:
    """Events as JSON in the order in which they happened."""
    database.table("events").create(
        {"id": int, "conversation": str, "timestamp": float, "data": str}, pk="id"
    )
    database.table("events").create_index(["conversation", "id"])


def m002_sessions(database: Database) -> None:
    """Sessions of the web chat: the conversation's id is the hash of the token."""
    database.table("sessions").create(
        {"conversation": str, "created_at": float, "seen_at": float, "language": str},
        pk="conversation",
    )
    database.table("sessions").create_index(["seen_at"])


MIGRATIONS: tuple[Migration, ...] = (m001_events, m002_sessions)


@dataclass(frozen=True)
class Session:
    """One session; times are seconds since 1970 (UTC)."""

    conversation: str
    created_at: float
    seen_at: float
    language: str | None


class ConversationStore:
    """Keeps events and sessions; safe for the threads of one process."""

    def __init__(self, path: Path) -> None:
        """Open (and, if needed, create or migrate) the database."""
        self._database = open_database(path, MIGRATIONS)
        self._lock = threading.Lock()

    def append(self, conversation: str, events: Sequence[tuple[float, str]]) -> None:
        """Append (timestamp, JSON) events of a conversation in one transaction."""
        rows = [(conversation, timestamp, data) for timestamp, data in events]
        with self._lock, self._database.conn as connection:
            connection.executemany(
                "INSERT INTO events (conversation, timestamp, data) VALUES (?, ?, ?)", rows
            )

    def events(self, conversation: str) -> list[str]:
        """Return the events of a conversation as JSON, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT data FROM events WHERE conversation = ? ORDER BY id", [conversation]
            ).fetchall()
        return [row[0] for row in rows]

    def conversations(self) -> list[str]:
        """Return the ids of all conversations with events."""
        with self._lock:
            rows = self._database.execute("SELECT DISTINCT conversation FROM events").fetchall()
        return [row[0] for row in rows]

    def open_session(self, conversation: str, now: float, language: str | None) -> None:
        """Remember a new session."""
        with self._lock, self._database.conn:
            self._database.table("sessions").insert(
                {
                    "conversation": conversation,
                    "created_at": now,
                    "seen_at": now,
                    "language": language,
                }
            )

    def session(self, conversation: str) -> Session | None:
        """Return a session, or ``None`` when there is none (never was, expired or deleted)."""
        with self._lock:
            row = self._database.execute(
                "SELECT conversation, created_at, seen_at, language FROM sessions"
                " WHERE conversation = ?",
                [conversation],
            ).fetchone()
        return Session(*row) if row else None

    def touch(self, conversation: str, now: float, language: str | None) -> None:
        """Note that a session is in use."""
        with self._lock, self._database.conn as connection:
            connection.execute(
                "UPDATE sessions SET seen_at = ?, language = ? WHERE conversation = ?",
                [now, language, conversation],
            )

    def delete(self, conversation: str) -> None:
        """Delete everything about a conversation."""
        with self._lock, self._database.conn as connection:
            connection.execute("DELETE FROM events WHERE conversation = ?", [conversation])
            connection.execute("DELETE FROM sessions WHERE conversation = ?", [conversation])

    def expire(self, before: float) -> list[str]:
        """Delete conversations not used since ``before``; return their ids.

        Conversations without a session (other channels) go by their latest event.
        """
        with self._lock, self._database.conn as connection:
            rows = connection.execute(
                "SELECT conversation FROM sessions WHERE seen_at < ? UNION "
                "SELECT conversation FROM events WHERE conversation NOT IN "
                "(SELECT conversation FROM sessions) "
                "GROUP BY conversation HAVING max(timestamp) < ?",
                [before, before],
            ).fetchall()
            gone = [(row[0],) for row in rows]
            connection.executemany("DELETE FROM events WHERE conversation = ?", gone)
            connection.executemany("DELETE FROM sessions WHERE conversation = ?", gone)
        return [row[0] for row in gone]
