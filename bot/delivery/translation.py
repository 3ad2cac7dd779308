"""Machine translation for staff, by a LibreTranslate-compatible service; an extra, never a need."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import requests

from bot.settings import Translation

TIMEOUT = 8.0  # seconds; somebody is waiting in front of a screen
LONGEST = 5000  # characters
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Translated:
    """A translated text. ``machine`` says that no person has looked at it; it is always shown."""

    text: str
    source: str
    target: str
    machine: bool = True


class Translator:
    """Asks the service; without an address, or when it fails, there is just no translation."""

    def __init__(self, translation: Translation, timeout: float = TIMEOUT) -> None:
        """``timeout`` is in seconds."""
        self._translation = translation
        self._timeout = timeout

    @property
    def on(self) -> bool:
        """Return whether a service is set."""
        return self._translation.url is not None

    def translate(self, text: str, source: str | None, target: str) -> Translated | None:
        """Return a text in another language, or ``None``; never raises for a fault of the service.

        ``source`` and ``target`` are language codes; ``source`` ``None`` lets the service find out.
        """
        if not self._translation.url or not text.strip() or source == target:
            return None
        body = {
            "q": text[:LONGEST],
            "source": source or "auto",
            "target": target,
            "format": "text",
        }
        if self._translation.key:
            body["api_key"] = self._translation.key
        try:
            response = requests.post(
                f"{self._translation.url}/translate",
                json=body,
                timeout=self._timeout,
                allow_redirects=False,
            )
            status = response.status_code
            answer = response.json() if status == 200 else {}
        except (requests.RequestException, ValueError) as error:
            _log.warning("no translation: %s", type(error).__name__)
            return None
        found = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(found, str) or not found.strip():
            _log.warning("no translation: the service answered %d", status)
            return None
        return Translated(found.strip(), source or "auto", target)
