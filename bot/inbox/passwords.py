"""Passwords: argon2 hashes, the same effort for logins that do not exist, new random ones."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 200
# Without letters and digits that look alike: somebody will read it to somebody.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
# A hash takes 64 MiB; many logins at once must not take all the memory there is.
_AT_ONCE = 2


class Passwords:
    """Makes and checks argon2 hashes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """``hasher`` lets tests take less time."""
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.Semaphore(_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        with self._turn:
            return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Return whether a password fits; ``None`` (nobody) takes just as long and never fits."""
        with self._turn:
            try:
                fits = self._hasher.verify(stored or self._nobody, password[:LONGEST])
            except (VerificationError, InvalidHashError):
                return False
        return fits and stored is not None


def new_password() -> str:
    """Return a random password of four groups, about 79 bits."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def fault_of(password: str, login: str) -> str | None:
    """Return what is wrong with a new password in one German sentence, or ``None``."""
    if len(password) < SHORTEST:
        return f"Das Passwort braucht mindestens {SHORTEST} Zeichen."
    if len(password) > LONGEST:
        return f"Das Passwort darf höchstens {LONGEST} Zeichen haben."
    if login in password.lower() or len(set(password)) < 5:
        return "Das Passwort ist zu leicht zu erraten."
    return None
