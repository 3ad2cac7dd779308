"""What staff read: one letter in German, made once and kept in the outbox until it is sent."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import PermanentFailure
from bot.storage.handovers import Callback, OutboxItem

CALLBACK = "callback"
# One plain address: no list, no name, no line break, nothing a mail header could be built from.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class Letter:
    """A text for staff. ``subject`` holds no personal data: it is seen in lists and logs.

    ``recipient`` is the organization's address, if it has its own; ``reply_to`` the address of the
    person, if they gave one.
    """

    reference: str
    subject: str
    text: str = field(repr=False)
    recipient: str | None = None
    reply_to: str | None = field(default=None, repr=False)

    def to_json(self) -> str:
        """Return the payload of an outbox item."""
        return json.dumps(asdict(self), ensure_ascii=False)


def letter_of(item: OutboxItem) -> Letter:
    """Read the letter of an outbox item; one that cannot be read is a ``PermanentFailure``."""
    try:
        values = json.loads(item.payload)
        letter = Letter(**values)
    except (ValueError, TypeError):
        raise PermanentFailure("the payload is not a letter") from None
    texts = (letter.reference, letter.subject, letter.text)
    options = (letter.recipient, letter.reply_to)
    if not all(isinstance(text, str) and text for text in texts) or not all(
        option is None or isinstance(option, str) for option in options
    ):
        raise PermanentFailure("the payload is not a letter")
    return letter


def plain_address(text: str | None) -> str | None:
    """Return an e-mail address that can safely stand in a header, or ``None``."""
    address = (text or "").strip()
    return address if len(address) <= 254 and _ADDRESS.fullmatch(address) else None


def callback_item(callback: Callback, recipient: str | None = None) -> OutboxItem:
    """Return the outbox item of a callback, to be stored with it.

    ``recipient`` is the e-mail address of the organization that answers for it; without one the
    letter goes to ``LOTSE_MAIL_TO``.
    """
    reply_to = plain_address(callback.reach)
    letter = Letter(
        reference=callback.reference,
        subject=f"Bitte um Rückruf {callback.reference}",
        text=_callback_text(callback, reply_to is not None),
        recipient=recipient,
        reply_to=reply_to,
    )
    return OutboxItem(
        key=f"{CALLBACK}:{callback.reference}",
        reference=callback.reference,
        kind=CALLBACK,
        payload=letter.to_json(),
        created_at=callback.created_at,
    )


def _callback_text(callback: Callback, has_address: bool) -> str:
    """Return the letter about a callback: what the person agreed to pass on, nothing else."""
    wishes = []
    if callback.interpreter:
        wishes.append("Wünscht sich jemanden, der dolmetscht.")
    if callback.wants_woman:
        wishes.append("Möchte lieber mit einer Frau sprechen.")
    if callback.note:
        wishes.append(f"Notiz: {callback.note}")
    parts = [
        "Guten Tag,",
        "jemand hat im Chat von Lotse um einen Rückruf gebeten.",
        "\n".join([callback.summary, *wishes]),
        f"Nummer: {callback.reference}\nEingegangen: {_german_time(callback.created_at)}",
    ]
    if has_address:
        parts.append("Wenn Sie auf diese E-Mail antworten, geht Ihre Antwort direkt an die Person.")
    parts.append(
        "Die Person hat zugestimmt, dass diese Angaben für den Rückruf genutzt werden.\n"
        "Bitte löschen Sie diese Nachricht, wenn alles erledigt ist, spätestens am"
        f" {_german_day(callback.delete_after)}."
    )
    return "\n\n".join(parts) + "\n"


def _german_time(moment: str) -> str:
    """Return a moment (ISO 8601) as clock time in Germany."""
    time = _moment(moment)
    try:
        return f"{time.astimezone(ZoneInfo('Europe/Berlin')):%d.%m.%Y, %H:%M} Uhr"
    except ZoneInfoNotFoundError:  # a machine without time zone data
        return f"{time:%d.%m.%Y, %H:%M} Uhr (UTC)"


def _german_day(moment: str) -> str:
    day: date = _moment(moment).date()
    return f"{day:%d.%m.%Y}"


def _moment(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)
