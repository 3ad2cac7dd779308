"""What staff write back in a helpdesk: checked for its signature before anything is read."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from bot.errors import SignatureError

# The numbers that bot.storage.handovers.new_reference makes.
_REFERENCE = re.compile(r"\bL-[A-Z0-9]{4}-[A-Z0-9]{4}\b")
_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote"}
_UNSEEN = {"style", "script", "head"}


@dataclass(frozen=True)
class Reply:
    """An answer of staff to a person.

    ``external`` is the ticket or conversation as the outbox noted it (``zammad:12``); ``message``
    is the helpdesk's number of this answer: the same one may come twice. ``reference`` is ours,
    where the helpdesk sends it along (``None``: ask ``HandoverStore.reference_for(external)``).
    """

    external: str
    message: str
    reference: str | None
    text: str = field(repr=False)
    name: str | None = None


def check_signature(
    secret: str | None, algorithm: str, signed: bytes, signature: str | None
) -> None:
    """Compare ``sha1=…`` or ``sha256=…`` with what we compute.

    A difference is a ``SignatureError``. Without a secret nothing is believed.
    """
    if not secret:
        raise SignatureError("LOTSE_HELPDESK_SECRET is not set: answers cannot be checked")
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, algorithm)).hexdigest()
    expected = f"{algorithm}={digest}".encode()
    given = (signature or "").strip().encode("utf-8", "replace")
    if not hmac.compare_digest(expected, given):
        raise SignatureError("the signature is wrong")


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header whatever the case of its name."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object in a body, or an empty one."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def part(value: Any, name: str) -> dict[str, Any]:
    """Return an object within an object, or an empty one."""
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def reference_in(*texts: Any) -> str | None:
    """Return the first of our reference numbers in some texts."""
    for text in texts:
        found = _REFERENCE.search(text) if isinstance(text, str) else None
        if found:
            return found.group(0)
    return None


def plain_text(html: str) -> str:
    """Return the text of a piece of HTML; paragraphs become lines."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BREAKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            # A line break in HTML source is a space.
            self.pieces.append(" ".join(data.split("\n")))
