"""Staff accounts, their web sessions, and how often a login failed.

The store keeps ready hashes: of passwords (made by the inbox with argon2) and of session tokens.
Neither the one nor the other can be turned back into what was typed or sent.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.storage.migrations import Migration, open_database

AGENT = "agent"
LEAD = "lead"
ADMIN = "admin"
ROLES: tuple[str, ...] = (AGENT, LEAD, ADMIN)

SESSION_SECONDS = 8 * 3600.0
IDLE_SECONDS = 30 * 60.0
FAILURES_ALLOWED = 5
LOCK_SECONDS = 15 * 60.0


def m001_staff(database: Database) -> None:
    """Accounts, web sessions (by the hash of their token) and failed logins."""
    database.execute(
        "CREATE TABLE accounts (login TEXT PRIMARY KEY, name TEXT NOT NULL,"
        " password_hash TEXT NOT NULL, role TEXT NOT NULL, organizations TEXT NOT NULL,"
        " active INTEGER NOT NULL, must_change INTEGER NOT NULL)"
    )
    database.execute(
        "CREATE TABLE sessions (token_hash TEXT PRIMARY KEY, login TEXT NOT NULL,"
        " created_at REAL NOT NULL, seen_at REAL NOT NULL, csrf TEXT NOT NULL)"
    )
    database.execute("CREATE INDEX sessions_login ON sessions (login)")
    database.execute(
        "CREATE TABLE failures (key TEXT PRIMARY KEY, count INTEGER NOT NULL,"
        " last_at REAL NOT NULL)"
    )


MIGRATIONS: tuple[Migration, ...] = (m001_staff,)

_ACCOUNT = "login, name, password_hash, role, organizations, active, must_change"
_SESSION = "token_hash, login, created_at, seen_at, csrf"


@dataclass(frozen=True)
class Account:
    """One staff member. ``organizations`` are ids, or ``"*"`` for all of them.

    ``must_change``: somebody else knows the password; it has to be changed first.
    """

    login: str
    name: str
    password_hash: str
    role: str
    organizations: tuple[str, ...]
    active: bool = True
    must_change: bool = False


@dataclass(frozen=True)
class WebSession:
    """A login that lasts; times are seconds since 1970 (UTC)."""

    token_hash: str
    login: str
    created_at: float
    seen_at: float
    csrf: str


class StaffStore:
    """Keeps accounts in ``staff.sqlite``; safe for threads and for several processes."""

    def __init__(self, path: Path) -> None:
        """Open (and, if needed, create or migrate) the database."""
        self._database = open_database(path, MIGRATIONS)
        self._lock = threading.Lock()

    def close_database(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.conn.close()

    # Accounts ----------------------------------------------------------------------------

    def add(self, account: Account) -> bool:
        """Store a new account; return whether the login was free."""
        return self._change(
            f"INSERT OR IGNORE INTO accounts ({_ACCOUNT}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                account.login,
                account.name,
                account.password_hash,
                account.role,
                _json(account.organizations),
                int(account.active),
                int(account.must_change),
            ],
        )

    def account(self, login: str) -> Account | None:
        """Return one account, whether active or not."""
        rows = self._read(f"SELECT {_ACCOUNT} FROM accounts WHERE login = ?", [login])
        return _account(rows[0]) if rows else None

    def accounts(self) -> list[Account]:
        """Return all accounts by login."""
        return [
            _account(row) for row in self._read(f"SELECT {_ACCOUNT} FROM accounts ORDER BY login")
        ]

    def change(self, login: str, name: str, role: str, organizations: Iterable[str]) -> bool:
        """Change name, role and organizations; return whether it was done.

        The last active admin stays one, or nobody could open accounts any more.
        """
        return self._change(
            "UPDATE accounts SET name = ?, role = ?, organizations = ? WHERE login = ?"
            " AND (? = 'admin' OR role != 'admin' OR active = 0 OR (SELECT count(*)"
            " FROM accounts WHERE role = 'admin' AND active = 1) > 1)",
            [name, role, _json(organizations), login, role],
        )

    def set_active(self, login: str, active: bool) -> bool:
        """Let somebody in or keep them out (their sessions end); return whether it was done.

        The last active admin stays active.
        """
        with self._lock, self._database.conn as connection:
            cursor = connection.execute(
                "UPDATE accounts SET active = ? WHERE login = ? AND (? = 1 OR role != 'admin'"
                " OR active = 0 OR (SELECT count(*) FROM accounts"
                " WHERE role = 'admin' AND active = 1) > 1)",
                [int(active), login, int(active)],
            )
            done = bool(cursor.rowcount == 1)
            if done and not active:
                connection.execute("DELETE FROM sessions WHERE login = ?", [login])
        return done

    def set_password(self, login: str, password_hash: str, must_change: bool) -> bool:
        """Replace a password's hash and end all sessions; return whether the account exists."""
        with self._lock, self._database.conn as connection:
            cursor = connection.execute(
                "UPDATE accounts SET password_hash = ?, must_change = ? WHERE login = ?",
                [password_hash, int(must_change), login],
            )
            connection.execute("DELETE FROM sessions WHERE login = ?", [login])
            return bool(cursor.rowcount == 1)

    # Web sessions ------------------------------------------------------------------------

    def open_session(self, token: str, login: str, csrf: str, now: float) -> None:
        """Remember a login by the hash of its token; what expired is cleared away."""
        with self._lock, self._database.conn as connection:
            connection.execute(
                "DELETE FROM sessions WHERE created_at <= ? OR seen_at <= ?",
                [now - SESSION_SECONDS, now - IDLE_SECONDS],
            )
            connection.execute(
                f"INSERT INTO sessions ({_SESSION}) VALUES (?, ?, ?, ?, ?)",
                [token_hash(token), login, now, now, csrf],
            )

    def session(self, token: str, now: float) -> tuple[WebSession, Account] | None:
        """Return a valid session and its active account, else ``None``."""
        rows = self._read(
            f"SELECT {_SESSION} FROM sessions WHERE token_hash = ?"
            " AND created_at > ? AND seen_at > ?",
            [token_hash(token), now - SESSION_SECONDS, now - IDLE_SECONDS],
        )
        if not rows:
            return None
        session = WebSession(*rows[0])
        account = self.account(session.login)
        return (session, account) if account and account.active else None

    def touch(self, session: WebSession, now: float) -> None:
        """Note that somebody did something; at most once a minute, as idling counts in minutes."""
        if now - session.seen_at >= 60:
            self._change(
                "UPDATE sessions SET seen_at = ? WHERE token_hash = ?", [now, session.token_hash]
            )

    def end_session(self, token: str) -> None:
        """Forget a session."""
        self._change("DELETE FROM sessions WHERE token_hash = ?", [token_hash(token)])

    def end_sessions(self, login: str) -> None:
        """Forget all sessions of an account."""
        self._change("DELETE FROM sessions WHERE login = ?", [login])

    # Failed logins -----------------------------------------------------------------------

    def begin_attempt(self, login: str, now: float) -> bool:
        """Count an attempt to log in; return whether it may be tried.

        It is counted before the password is looked at, so that many attempts at once are no way
        round the lock. Names that no account has are counted alike: a lock tells nothing.
        """
        key = _key(login)
        with self._lock, self._database.conn as connection:
            connection.execute("DELETE FROM failures WHERE last_at <= ?", [now - LOCK_SECONDS])
            connection.execute(
                "INSERT INTO failures (key, count, last_at) VALUES (?, 1, ?) ON CONFLICT (key)"
                " DO UPDATE SET count = count + 1,"
                # While it is locked the time stands still, or a patient guesser locks for ever.
                " last_at = CASE WHEN count < ? THEN excluded.last_at ELSE last_at END",
                [key, now, FAILURES_ALLOWED],
            )
            row = connection.execute("SELECT count FROM failures WHERE key = ?", [key]).fetchone()
        return int(row[0]) <= FAILURES_ALLOWED

    def clear_attempts(self, login: str) -> None:
        """Forget failed attempts: the right password was given, or an admin unlocks."""
        self._change("DELETE FROM failures WHERE key = ?", [_key(login)])

    def expire(self, now: float) -> None:
        """Delete sessions and counters whose time has passed."""
        with self._lock, self._database.conn as connection:
            connection.execute(
                "DELETE FROM sessions WHERE created_at <= ? OR seen_at <= ?",
                [now - SESSION_SECONDS, now - IDLE_SECONDS],
            )
            connection.execute("DELETE FROM failures WHERE last_at <= ?", [now - LOCK_SECONDS])

    # -------------------------------------------------------------------------------------

    def _change(self, statement: str, values: Sequence[Any]) -> bool:
        """Run one statement; return whether it changed exactly one row."""
        with self._lock, self._database.conn as connection:
            return bool(connection.execute(statement, values).rowcount == 1)

    def _read(self, statement: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]:
        with self._lock:
            return self._database.conn.execute(statement, values).fetchall()


def token_hash(token: str) -> str:
    """Return what is stored of a session token (256 random bits, so a plain hash will do)."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key(login: str) -> str:
    # A hash, because people type their password into the wrong field.
    return hashlib.sha256(login.encode()).hexdigest()


def _json(organizations: Iterable[str]) -> str:
    return json.dumps(sorted(set(organizations)))


def _account(row: Sequence[Any]) -> Account:
    login, name, password_hash, role, organizations, active, must_change = row
    return Account(
        login,
        name,
        password_hash,
        role,
        tuple(json.loads(organizations)),
        bool(active),
        bool(must_change),
    )
