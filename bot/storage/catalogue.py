"""The catalogue database: records, full text and vectors, rewritten only where they changed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import MissingArtefactError
from bot.offers import models
from bot.storage.migrations import CATALOGUE, open_database

Array = np.ndarray[Any, Any]
_KINDS = ("needs", "organizations", "offers", "contacts", "responsibilities", "helplines")
BUILD_COMMAND = "./lotse offers index"


@dataclass(frozen=True)
class Changes:
    """How many records a write touched."""

    written: int
    removed: int
    unchanged: int


class CatalogueStore:
    """Reads and writes ``catalogue.sqlite``. One store may be shared by threads that only read."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        """Open the database; with ``read_only`` it must exist already.

        Raises :class:`MissingArtefactError` when it does not.
        """
        if read_only and not path.exists():
            raise MissingArtefactError(
                f"The offer database {path.name} is missing. Build it with: {BUILD_COMMAND}"
            )
        self._database = open_database(path, CATALOGUE, read_only)

    def close(self) -> None:
        """Close the connection."""
        self._database.conn.close()

    def version(self) -> int:
        """Return a number that changes when another connection has written to the database."""
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    # Records -----------------------------------------------------------------------------

    def write_catalogue(
        self, catalogue: models.Catalogue, texts: Mapping[str, Mapping[str, str]]
    ) -> Changes:
        """Bring the database to ``catalogue`` in one transaction.

        ``texts`` holds, for each offer id, the search terms per language for the full text.
        Rows whose content hash is the same stay untouched.
        """
        wanted: dict[tuple[str, str], str] = {}
        for kind in _KINDS:
            for key, record in getattr(catalogue, kind).items():
                wanted[(kind, key)] = _dump(asdict(record))
        wanted[("order", "order")] = _dump({k: list(v) for k, v in catalogue.order.items()})
        for offer_id, columns in texts.items():
            wanted[("text", offer_id)] = _dump(dict(columns))
        rows = self._database.execute("SELECT kind, id, hash FROM records")
        have = {(kind, key): digest for kind, key, digest in rows}
        changed = {
            key: record for key, record in wanted.items() if have.get(key) != _digest(record)
        }
        gone = [key for key in have if key not in wanted]
        with self._database.conn:
            self._database.table("records").upsert_all(
                (
                    {"kind": kind, "id": key, "hash": _digest(record), "record": record}
                    for (kind, key), record in changed.items()
                ),
                pk=("kind", "id"),
            )
            for kind, key in gone:
                self._database.table("records").delete((kind, key))
            for kind, key in [*changed, *gone]:
                if kind != "text":
                    continue
                self._database.execute("DELETE FROM offers_text WHERE id = ?", [key])
                if (kind, key) in changed:
                    columns = texts[key]
                    self._database.execute(
                        "INSERT INTO offers_text (id, de, en, ar, tr) VALUES (?, ?, ?, ?, ?)",
                        [key, *(columns.get(code, "") for code in ("de", "en", "ar", "tr"))],
                    )
        return Changes(len(changed), len(gone), len(wanted) - len(changed))

    def read_catalogue(self) -> models.Catalogue:
        """Read all records back.

        Raises :class:`MissingArtefactError` when nothing was ever written.
        """
        tables: dict[str, dict[str, Any]] = {kind: {} for kind in (*_KINDS, "order", "text")}
        for kind, key, record in self._database.execute("SELECT kind, id, record FROM records"):
            if kind != "text":
                tables[kind][key] = json.loads(record)
        if not tables["needs"]:
            raise MissingArtefactError(
                f"The offer database is empty. Build it with: {BUILD_COMMAND}"
            )
        return models.Catalogue(
            needs={k: _need(r) for k, r in tables["needs"].items()},
            organizations={k: models.Organization(**r) for k, r in tables["organizations"].items()},
            offers={k: _offer(r) for k, r in tables["offers"].items()},
            contacts={k: _contact(r) for k, r in tables["contacts"].items()},
            responsibilities={k: _responsibility(r) for k, r in tables["responsibilities"].items()},
            order={k: tuple(v) for k, v in tables["order"].get("order", {}).items()},
            helplines={k: _helpline(r) for k, r in tables["helplines"].items()},
        )

    # Full text ---------------------------------------------------------------------------

    def search_text(self, terms: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """Return (offer id, BM25 score) for offers with any of the terms, best first.

        The terms are quoted, so query syntax in them has no meaning. SQLite's ``bm25`` is
        negative for good matches; the score returned is its positive mirror.
        """
        quoted = ['"' + term.replace('"', '""') + '"' for term in terms if term.strip()]
        if not quoted:
            return []
        statement = (
            "SELECT id, bm25(offers_text) AS score FROM offers_text "
            "WHERE offers_text MATCH ? ORDER BY score LIMIT ?"
        )
        found = self._database.execute(statement, [" OR ".join(quoted), limit])
        return [(key, -score) for key, score in found]

    # Vectors -----------------------------------------------------------------------------

    def stale_vectors(self, hashes: Mapping[str, str]) -> list[str]:
        """Return the keys whose vector is missing or was made from another text."""
        have = dict(self._database.execute("SELECT key, hash FROM vectors"))
        return [key for key, digest in hashes.items() if have.get(key) != digest]

    def write_vectors(self, rows: Iterable[tuple[str, str, Array]]) -> None:
        """Store (key, text hash, vector) rows; vectors are kept as little-endian float16."""
        with self._database.conn:
            self._database.table("vectors").upsert_all(
                (
                    {"key": key, "hash": digest, "vector": vector.astype("<f2").tobytes()}
                    for key, digest, vector in rows
                ),
                pk="key",
            )

    def drop_vectors(self, keep: Iterable[str]) -> int:
        """Delete the vectors of texts that are no longer there; return how many."""
        keep = set(keep)
        gone = [k for (k,) in self._database.execute("SELECT key FROM vectors") if k not in keep]
        with self._database.conn:
            self._database.conn.executemany(
                "DELETE FROM vectors WHERE key = ?", [(key,) for key in gone]
            )
        return len(gone)

    def read_vectors(self, prefix: str) -> tuple[list[str], Array]:
        """Return the keys that start with ``prefix`` and their vectors, (n, dimensions) float32."""
        found = self._database.execute(
            "SELECT key, vector FROM vectors WHERE key >= ? AND key < ? ORDER BY key",
            [prefix, prefix + "\U0010ffff"],
        ).fetchall()
        if not found:
            return [], np.zeros((0, 0), dtype=np.float32)
        matrix = np.frombuffer(b"".join(row[1] for row in found), dtype="<f2")
        return [row[0] for row in found], matrix.reshape(len(found), -1).astype(np.float32)

    # Notes about the build -----------------------------------------------------------------

    def note(self, key: str, value: str) -> None:
        """Remember a fact about how the database was built."""
        with self._database.conn:
            self._database.table("meta").upsert({"key": key, "value": value}, pk="key")

    def noted(self, key: str) -> str | None:
        """Return a remembered fact, or ``None``."""
        try:
            row = self._database.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        except sqlite3.OperationalError:
            return None
        return row[0] if row else None


def text_hash(text: str) -> str:
    """Return a short content hash of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _dump(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True)


def _digest(record: str) -> str:
    return text_hash(record)


def _tuples(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {**record, **{name: tuple(record[name]) for name in names}}


def _ages(record: dict[str, Any] | None) -> models.Ages | None:
    return models.Ages(**record) if record else None


def _need(record: dict[str, Any]) -> models.Need:
    words = {language: tuple(words) for language, words in record["words"].items()}
    return models.Need(**{**_tuples(record, "life_phases"), "words": words})


def _offer(record: dict[str, Any]) -> models.Offer:
    fields = _tuples(record, "needs", "area", "languages", "doubts")
    fields["texts"] = {code: models.OfferText(**text) for code, text in record["texts"].items()}
    fields["ages"] = _ages(record["ages"])
    fields["location"] = models.Location(**record["location"]) if record["location"] else None
    return models.Offer(**fields)


def _contact(record: dict[str, Any]) -> models.Contact:
    fields = _tuples(record, "area", "needs", "languages", "doubts", "merges")
    return models.Contact(**{**fields, "ages": _ages(record["ages"])})


def _responsibility(record: dict[str, Any]) -> models.Responsibility:
    fields = _tuples(record, "needs", "asks")
    fields["ages"] = _ages(record["ages"])
    fields["next"] = tuple(models.Transition(**item) for item in record["next"])
    return models.Responsibility(**fields)


def _helpline(record: dict[str, Any]) -> models.Helpline:
    return models.Helpline(**_tuples(record, "topics", "languages"))
