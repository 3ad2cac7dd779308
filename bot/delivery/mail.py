"""Callbacks by mail: standard library only, certificate checked, made to be sent twice harmlessly.

The Message-ID, the date and every byte of a mail follow from its outbox item, so a second sending
is the same mail. The connection stays open for a batch; :meth:`MailNotifier.deliver` returns right
after the server's 250 for the text, so the outbox notes the success before ``QUIT`` is said.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import smtplib
import ssl
from datetime import datetime, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

from bot.delivery.letter import Letter, letter_of, plain_address
from bot.errors import ConfigurationError, PermanentFailure, TemporaryFailure
from bot.settings import Mail
from bot.storage.handovers import OutboxItem

TIMEOUT = 20.0  # seconds for each step of the dialogue
# After the text a server may scan it for a while. Giving up early here would send it twice.
ACCEPTANCE_TIMEOUT = 60.0
_MAIL_LIKE = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")


class MailNotifier:
    """Sends letters through one mail server."""

    name = "mail"

    def __init__(
        self,
        mail: Mail,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        acceptance_timeout: float = ACCEPTANCE_TIMEOUT,
    ) -> None:
        """Check the settings; no connection is made yet.

        ``context`` replaces the usual certificate check (an own certificate authority).
        """
        if not mail.host:
            raise ConfigurationError("LOTSE_SMTP_HOST is not set")
        if mail.security == "none" and not _is_this_machine(mail.host):
            raise ConfigurationError(
                "LOTSE_SMTP_SECURITY=none is only for a mail server on the same machine: names and"
                " telephone numbers would cross the network in the open"
            )
        if plain_address(mail.sender) is None:
            raise ConfigurationError("LOTSE_MAIL_FROM is not a plain e-mail address")
        self._mail = mail
        self._host = mail.host
        self._context = context or ssl.create_default_context()
        self._timeout = timeout
        self._acceptance_timeout = acceptance_timeout
        self._connection: smtplib.SMTP | None = None

    def deliver(self, item: OutboxItem) -> str | None:
        """Send one letter; return its Message-ID once the server has taken it over."""
        letter = letter_of(item)
        recipient = plain_address(letter.recipient or self._mail.recipient)
        if recipient is None:
            raise PermanentFailure("no address to send to: set LOTSE_MAIL_TO")
        message = compose(item, letter, self._mail.sender, recipient)
        try:
            self._hand_over(recipient, message.as_bytes())
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._drop_unless_usable(error)
            raise _failure(error) from None
        return str(message["Message-ID"])

    def close(self) -> None:
        """Say goodbye to the server."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()

    def _hand_over(self, recipient: str, message: bytes) -> None:
        connection = self._connection or self._connect()
        self._connection = connection
        connection.sendmail(self._mail.sender, [recipient], message)

    def _connect(self) -> smtplib.SMTP:
        """Open a connection, encrypted and logged in as the settings say."""
        # The name we greet with: without it smtplib asks the network for this machine's name.
        greeting = self._mail.sender.rpartition("@")[2]
        connection: smtplib.SMTP
        if self._mail.security == "tls":
            connection = smtplib.SMTP_SSL(
                self._host,
                self._mail.port,
                local_hostname=greeting,
                timeout=self._timeout,
                context=self._context,
            )
        else:
            connection = smtplib.SMTP(
                self._host, self._mail.port, local_hostname=greeting, timeout=self._timeout
            )
        try:
            if self._mail.security == "starttls":
                # Raises when the server does not offer it: we never fall back to plain text.
                connection.starttls(context=self._context)
            if self._mail.user:
                connection.login(self._mail.user, self._mail.password or "")
            if connection.sock is not None:
                connection.sock.settimeout(self._acceptance_timeout)
        except (smtplib.SMTPException, OSError):
            connection.close()
            raise
        return connection

    def _drop_unless_usable(self, error: Exception) -> None:
        """Keep the connection after a plain refusal, which smtplib has ended with ``RSET``.

        After anything else the state of the dialogue is unknown; the next letter gets a new one.
        """
        connection = self._connection
        refused = isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError))
        if connection is not None and not (refused and connection.sock):
            connection.close()
            self._connection = None


def compose(item: OutboxItem, letter: Letter, sender: str, recipient: str) -> EmailMessage:
    """Return the mail: the same item always gives the same bytes.

    Raises ``PermanentFailure`` when a header would break (a line break in the subject).
    """
    message = EmailMessage(policy=SMTP_POLICY)
    local, _, domain = sender.rpartition("@")
    try:
        message["From"] = Address("Lotse", local, domain)
        message["To"] = recipient
        message["Subject"] = letter.subject
        reply_to = plain_address(letter.reply_to)
        if reply_to:
            message["Reply-To"] = reply_to
        message["Date"] = format_datetime(_date(item.created_at))
        message["Message-ID"] = message_id(item.key, sender)
        # No answering machine should write back, least of all to the person.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["Content-Language"] = "de"
        # Plain ASCII on the wire, whatever the server can do.
        message.set_content(letter.text, cte="quoted-printable")
    except ValueError as error:
        raise PermanentFailure(f"the mail cannot be written: {type(error).__name__}") from None
    return message


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of an idempotency key; always the same one for the same key."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<lotse.{digest}@{sender.rpartition('@')[2]}>"


def _date(moment: str) -> datetime:
    time = datetime.fromisoformat(moment)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _failure(error: Exception) -> TemporaryFailure | PermanentFailure:
    """Say whether trying again can help.

    Permanent is only what the server refuses for this letter: its recipient or its text. A wrong
    password, a refused sender or a certificate concern all letters; somebody repairs the setting,
    and then they should still be there.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return _refusal("recipient refused", code, reply)
    if isinstance(error, smtplib.SMTPDataError):
        return _refusal("text refused", error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):
        text = f"{type(error).__name__}: {error.smtp_code} {_masked(error.smtp_error)}"
        return TemporaryFailure(text)
    return TemporaryFailure(f"{type(error).__name__}: {_masked(str(error))}")


def _refusal(what: str, code: int, reply: bytes | str) -> TemporaryFailure | PermanentFailure:
    text = f"{what}: {code} {_masked(reply)}"
    return PermanentFailure(text) if 500 <= code < 600 else TemporaryFailure(text)


def _masked(reply: bytes | str) -> str:
    """Return a server's words as one short line; addresses in it are left out."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return _MAIL_LIKE.sub("…", " ".join(text.split()))[:200]


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
