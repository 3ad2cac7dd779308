"""Numbered migrations. A migration is never edited after it was released; a new one is added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlite_utils import Database

Migration = Callable[[Database], None]


def open_database(path: Path, migrations: Sequence[Migration], read_only: bool = False) -> Database:
    """Open a database and bring it to the newest form.

    Every migration runs in its own transaction together with the note that it ran, so a stop in
    the middle leaves the form before it. Several processes may open the same file at once: one of
    them migrates, the others wait for it. ``path`` may be ``:memory:`` in tests.
    """
    import sqlite3

    if read_only:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        return Database(connection)
    if str(path) != ":memory:":
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(str(path), check_same_thread=False, timeout=10)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    # What is deleted is overwritten: it was personal.
    connection.execute("PRAGMA secure_delete=ON")
    database = Database(connection)
    database.table("_migrations").create(
        {"number": int, "name": str}, pk="number", if_not_exists=True
    )
    for number, migration in enumerate(migrations, start=1):
        if not _done(database, number):
            _migrate(database, number, migration)
    return database


def _done(database: Database, number: int) -> bool:
    return bool(database.table("_migrations").count_where("number = ?", [number]))


def _migrate(database: Database, number: int, migration: Migration) -> None:
    """Run one migration and its note in one transaction, unless another process was first."""
    # sqlite-utils commits each statement by itself unless a transaction is open already. IMMEDIATE:
    # whoever comes second waits here and then sees the note of the first.
    database.conn.execute("BEGIN IMMEDIATE")
    try:
        if not _done(database, number):
            migration(database)
            database.table("_migrations").insert({"number": number, "name": migration.__name__})
        database.conn.execute("COMMIT")
    except BaseException:
        if database.conn.in_transaction:
            database.conn.execute("ROLLBACK")
        raise


def m001_catalogue(database: Database) -> None:
    """Records of the catalogue as JSON with a content hash, and the vectors of their texts."""
    database.table("records").create(
        {"kind": str, "id": str, "hash": str, "record": str}, pk=("kind", "id")
    )
    database.table("vectors").create({"key": str, "hash": str, "vector": bytes}, pk="key")
    database.table("meta").create({"key": str, "value": str}, pk="key")


def m002_full_text(database: Database) -> None:
    """Full text of the offers: one row an offer, one column a language, stems as search terms."""
    database.execute(
        "CREATE VIRTUAL TABLE offers_text USING fts5("
        "id UNINDEXED, de, en, ar, tr, tokenize='unicode61 remove_diacritics 0')"
    )


CATALOGUE: tuple[Migration, ...] = (m001_catalogue, m002_full_text)


def m001_handovers(database: Database) -> None:
    """Callback requests that a person agreed to store; each has a date on which it is deleted."""
    database.table("callbacks").create(
        {
            "reference": str,
            "conversation": str,
            "created_at": str,
            "delete_after": str,
            "status": str,
            "contact_id": str,
            "language": str,
            "municipality": str,
            "need": str,
            "name": str,
            "reach": str,
            "when_to_call": str,
            "note": str,
            "summary": str,
        },
        pk="reference",
        not_null={"conversation", "created_at", "delete_after", "status"},
    )
    database.table("callbacks").create_index(["conversation"])
    database.table("callbacks").create_index(["delete_after"])


def m002_outbox(database: Database) -> None:
    """What staff need for a callback, and the outbox: what still has to reach a person.

    ``state`` is ``waiting``, ``sending`` (leased to a worker until ``leased_until``), ``sent``
    (payload emptied) or ``dead`` (given up, a person has to look). ``next_try`` and
    ``leased_until`` are seconds since 1970 (UTC), the other times ISO 8601 in UTC.
    """
    for column in (
        "interpreter INTEGER NOT NULL DEFAULT 0",
        "wants_woman INTEGER NOT NULL DEFAULT 0",
        "organization TEXT",
        "claimed_by TEXT",
        "delivered_at TEXT",
    ):
        database.execute(f"ALTER TABLE callbacks ADD COLUMN {column}")
    database.table("outbox").create(
        {
            "key": str,
            "reference": str,
            "kind": str,
            "payload": str,
            "created_at": str,
            "state": str,
            "attempts": int,
            "next_try": float,
            "lease": str,
            "leased_until": float,
            "error": str,
            "external": str,
            "sent_at": str,
        },
        pk="key",
        not_null={"reference", "kind", "payload", "created_at", "state", "attempts", "next_try"},
    )
    database.table("outbox").create_index(["reference"])
    database.table("outbox").create_index(["state", "next_try"])
    database.table("outbox").create_index(["external"])


HANDOVERS: tuple[Migration, ...] = (m001_handovers, m002_outbox)
