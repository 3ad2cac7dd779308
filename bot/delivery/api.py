"""A helpdesk's interface: JSON over HTTP, with every fault sorted into "later" and "never"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from bot.errors import PermanentFailure, TemporaryFailure

CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 30.0  # seconds
_LONGEST_WAIT = 3600.0


class Api:
    """Requests to one helpdesk. Its answers' bodies never get into an error: they may hold data."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        """``base`` is the address before every path, without a last slash."""
        self._base = base
        self._headers = {**headers, "Accept": "application/json"}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the answer to a question that changes nothing."""
        return self._ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Create something and return the answer.

        After a ``TemporaryFailure`` it is unknown whether it was created: look before trying again.
        """
        return self._ask("POST", path, body=body)

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        what = f"{method} {path}"
        try:
            response = requests.request(
                method,
                self._base + path,
                params=query,
                json=body,
                headers=self._headers,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                # A redirect would carry the token to an address nobody has written down.
                allow_redirects=False,
            )
            status = response.status_code
            if status in (200, 201):
                return response.json()
        except (requests.RequestException, ValueError) as error:
            raise TemporaryFailure(f"{what}: {type(error).__name__}") from None
        raise _failure(what, status, response.headers.get("Retry-After"))


def _failure(
    what: str, status: int, retry_after: str | None
) -> TemporaryFailure | PermanentFailure:
    """Say whether trying again can help.

    Only 400, 413 and 422 speak of this one message. A wrong token, a wrong address or a redirect
    concern all of them and are repaired in the settings; until then everything waits.
    """
    if status in (400, 413, 422):
        return PermanentFailure(f"{what}: refused with {status}")
    return TemporaryFailure(f"{what}: answered {status}", retry_after=_seconds(retry_after))


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After in seconds; one that names a date is left to our own back-off."""
    text = (retry_after or "").strip()
    if not text.isascii() or not text.isdigit():
        return None
    return min(float(text), _LONGEST_WAIT)
