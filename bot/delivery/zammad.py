"""Callbacks as tickets in Zammad, and the answers that Zammad sends back.

Documented interface: ``/api/v1/tickets``, ``/api/v1/tickets/search``, ``/api/v1/users/me``, header
``Authorization: Token token=…``; webhooks signed with ``X-Hub-Signature`` (HMAC-SHA1 of the body).
The token needs the permission ``ticket.agent`` in the group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.delivery.api import Api
from bot.delivery.letter import Letter, letter_of
from bot.delivery.reply import (
    Reply,
    check_signature,
    header,
    part,
    plain_text,
    read_json,
    reference_in,
)
from bot.errors import ConfigurationError, TemporaryFailure
from bot.settings import Helpdesk
from bot.storage.handovers import OutboxItem


class ZammadNotifier:
    """Creates one ticket for each item."""

    name = "zammad"

    def __init__(self, helpdesk: Helpdesk) -> None:
        """Check the settings; nothing is asked yet."""
        if not helpdesk.url or not helpdesk.token:
            raise ConfigurationError("Zammad needs LOTSE_HELPDESK_URL and LOTSE_HELPDESK_TOKEN")
        self._helpdesk = helpdesk
        self._api = Api(helpdesk.url, {"Authorization": f"Token token={helpdesk.token}"})
        self._customer: int | None = None

    def deliver(self, item: OutboxItem) -> str | None:
        """Create the ticket, unless one with our reference is there already; return its number."""
        letter = letter_of(item)
        ticket = self._find(letter.reference) or self._create(letter)
        return f"{self.name}:{ticket}"

    def close(self) -> None:
        """There is nothing to let go of."""

    def _find(self, reference: str) -> int | None:
        """Return the ticket with our reference in its title.

        Asked every time: after a time-out or a kill nobody knows whether the ticket was made.
        Zammad's search may lag some seconds behind; a second try comes at least 20 seconds later.
        """
        found = self._api.get(
            "/api/v1/tickets/search", {"query": reference, "limit": "50", "expand": "true"}
        )
        for ticket in found if isinstance(found, list) else []:
            title = ticket.get("title") if isinstance(ticket, dict) else None
            if isinstance(title, str) and reference in title.split():
                return _number(ticket)
        return None

    def _create(self, letter: Letter) -> int:
        ticket = self._api.post(
            "/api/v1/tickets",
            {
                "title": letter.subject
                if letter.reference in letter.subject.split()
                else f"{letter.subject} {letter.reference}",
                "group": self._helpdesk.group,
                "customer_id": self._own_account(),
                "article": {
                    "subject": letter.subject,
                    "body": letter.text,
                    "content_type": "text/plain",
                    # A note, sent by "the customer": Zammad mails nobody, and the webhook can tell
                    # it from what an agent writes.
                    "type": "note",
                    "sender": "Customer",
                    "internal": False,
                },
            },
        )
        return _number(ticket)

    def _own_account(self) -> int:
        """Return our own user as the customer every ticket must have.

        The person gets no account in Zammad: their name and number stand in the text alone, are
        deleted with the ticket, and no automatic answer goes out to them.
        """
        if self._customer is None:
            self._customer = _number(self._api.get("/api/v1/users/me"))
        return self._customer

    def reply_from(self, body: bytes, headers: Mapping[str, str]) -> Reply | None:
        """Return the answer in a webhook, or ``None`` if it is not one for the person.

        Left out are internal notes, what we wrote ourselves and what the system wrote. A wrong or
        missing signature is a ``SignatureError``.
        """
        check_signature(self._helpdesk.secret, "sha1", body, header(headers, "X-Hub-Signature"))
        values = read_json(body)
        ticket, article = part(values, "ticket"), part(values, "article")
        # Anything but a clear "no" counts as internal: a note must never reach the person.
        if article.get("internal") is not False or article.get("sender") != "Agent":
            return None
        text = article.get("body")
        if not isinstance(text, str) or not isinstance(ticket.get("id"), int):
            return None
        if article.get("content_type") == "text/html":
            text = plain_text(text)
        if not text.strip():
            return None
        author = part(article, "created_by")
        name = " ".join(str(author.get(key) or "") for key in ("firstname", "lastname")).strip()
        return Reply(
            external=f"{self.name}:{ticket['id']}",
            message=str(article.get("id")),
            reference=reference_in(ticket.get("title")),
            text=text.strip(),
            name=name or None,
        )


def _number(record: Any) -> int:
    number = record.get("id") if isinstance(record, dict) else None
    if not isinstance(number, int):
        raise TemporaryFailure("Zammad's answer has no id")
    return number
