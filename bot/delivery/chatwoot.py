"""Callbacks as conversations in an API inbox of Chatwoot, and the answers it sends back.

Documented interface: contact → conversation → message under ``/api/v1/accounts/…``, header
``api_access_token``. Webhooks carry ``X-Chatwoot-Signature`` (``sha256=`` and the HMAC-SHA256 of
``timestamp.body``) and ``X-Chatwoot-Timestamp``; versions from before 2026 sign nothing, and what
is not signed is not believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.delivery.api import Api
from bot.delivery.letter import Letter, letter_of
from bot.delivery.reply import Reply, check_signature, header, part, read_json, reference_in
from bot.errors import ConfigurationError, PermanentFailure, SignatureError, TemporaryFailure
from bot.settings import Helpdesk
from bot.storage.handovers import OutboxItem

FRESH_SECONDS = 300.0
_ATTRIBUTE = "lotse_reference"


class ChatwootNotifier:
    """Creates one contact, one conversation and one message for each item."""

    name = "chatwoot"

    def __init__(self, helpdesk: Helpdesk, clock: Callable[[], float] = time.time) -> None:
        """Check the settings; nothing is asked yet. ``clock`` gives seconds since 1970."""
        if not (helpdesk.url and helpdesk.token and helpdesk.account and helpdesk.inbox):
            raise ConfigurationError(
                "Chatwoot needs LOTSE_HELPDESK_URL, LOTSE_HELPDESK_TOKEN, LOTSE_CHATWOOT_ACCOUNT"
                " and LOTSE_CHATWOOT_INBOX"
            )
        if not (helpdesk.account.isdigit() and helpdesk.inbox.isdigit()):
            raise ConfigurationError(
                "LOTSE_CHATWOOT_ACCOUNT and LOTSE_CHATWOOT_INBOX are numbers: see the inbox's page"
            )
        self._secret = helpdesk.secret
        self._inbox = int(helpdesk.inbox)
        self._clock = clock
        self._api = Api(
            f"{helpdesk.url}/api/v1/accounts/{helpdesk.account}",
            {"api_access_token": helpdesk.token},
        )

    def deliver(self, item: OutboxItem) -> str | None:
        """Create what is not there yet of contact, conversation and message.

        Each step looks first: after a time-out or a kill nobody knows how far the last try came.
        """
        letter = letter_of(item)
        contact = self._contact(letter.reference)
        conversation = self._conversation(contact, letter.reference)
        self._message(conversation, letter)
        return f"{self.name}:{conversation}"

    def close(self) -> None:
        """There is nothing to let go of."""

    def _contact(self, reference: str) -> int:
        """Return a contact that is only our reference.

        The person's name and number stand in the message alone: no profile of them is begun, and
        none is joined with an older one.
        """
        identifier = f"lotse-{reference}"
        contact = self._find_contact(identifier)
        if contact is not None:
            return contact
        try:
            made = self._api.post(
                "/contacts",
                {
                    "inbox_id": self._inbox,
                    "name": f"Lotse {reference}",
                    "identifier": identifier,
                },
            )
        except PermanentFailure:
            # "Identifier has already been taken": made by another try a moment ago.
            contact = self._find_contact(identifier)
            if contact is None:
                raise
            return contact
        return _number(part(part(made, "payload"), "contact"))

    def _find_contact(self, identifier: str) -> int | None:
        found = self._api.get("/contacts/search", {"q": identifier})
        for contact in _records(found):
            if contact.get("identifier") == identifier:
                return _number(contact)
        return None

    def _conversation(self, contact: int, reference: str) -> int:
        for found in _records(self._api.get(f"/contacts/{contact}/conversations")):
            if part(found, "custom_attributes").get(_ATTRIBUTE) == reference:
                return _number(found)
        made = self._api.post(
            "/conversations",
            {
                "inbox_id": self._inbox,
                "contact_id": contact,
                "status": "open",
                "custom_attributes": {_ATTRIBUTE: reference},
            },
        )
        return _number(made)

    def _message(self, conversation: int, letter: Letter) -> None:
        path = f"/conversations/{conversation}/messages"
        for message in _records(self._api.get(path)):
            content = message.get("content")
            if isinstance(content, str) and letter.reference in content:
                return
        text = (
            letter.text if letter.reference in letter.text else f"{letter.subject}\n{letter.text}"
        )
        # "incoming": from the person to staff. Only an API inbox allows it.
        self._api.post(path, {"content": text, "message_type": "incoming", "private": False})

    def reply_from(self, body: bytes, headers: Mapping[str, str]) -> Reply | None:
        """Return the answer in a webhook, or ``None`` if it is not one for the person.

        Left out are private notes, what came from us (``incoming``), bots and the system. A wrong,
        missing or old signature is a ``SignatureError``.
        """
        stamp = header(headers, "X-Chatwoot-Timestamp") or ""
        signed = stamp.encode("utf-8", "replace") + b"." + body
        check_signature(self._secret, "sha256", signed, header(headers, "X-Chatwoot-Signature"))
        # Signed along, so nobody can make an old message look new.
        if not (stamp.isascii() and stamp.isdigit()) or (
            abs(self._clock() - float(stamp)) > FRESH_SECONDS
        ):
            raise SignatureError("the message was signed too long ago")
        values = read_json(body)
        conversation, sender = part(values, "conversation"), part(values, "sender")
        text = values.get("content")
        if (
            values.get("event") != "message_created"
            or values.get("message_type") not in ("outgoing", 1)
            # Anything but a clear "no" counts as private: a note must never reach the person.
            or values.get("private") is not False
            or sender.get("type") != "user"
            or conversation.get("inbox_id", self._inbox) != self._inbox
        ):
            return None
        number = conversation.get("id")
        if not isinstance(text, str) or not text.strip() or not isinstance(number, int):
            return None
        name = sender.get("name")
        return Reply(
            external=f"{self.name}:{number}",
            message=str(values.get("id")),
            reference=reference_in(part(conversation, "custom_attributes").get(_ATTRIBUTE)),
            text=text.strip(),
            name=name if isinstance(name, str) and name.strip() else None,
        )


def _records(answer: Any) -> list[dict[str, Any]]:
    """Return the objects in an answer's ``payload``."""
    payload = answer.get("payload") if isinstance(answer, dict) else None
    return [record for record in payload or [] if isinstance(record, dict)]


def _number(record: Any) -> int:
    number = record.get("id") if isinstance(record, dict) else None
    if not isinstance(number, int):
        raise TemporaryFailure("Chatwoot's answer has no id")
    return number
