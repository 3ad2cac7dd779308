"""What every way of delivery looks like to the worker."""

from __future__ import annotations

from typing import Protocol

from bot.storage.handovers import OutboxItem


class Notifier(Protocol):
    """Hands items over to a mail server or a helpdesk."""

    name: str

    def deliver(self, item: OutboxItem) -> str | None:
        """Hand an item over; return the receiver's own number for it, if it has one.

        Returns only when the receiver has taken it over, and at once then. Delivering the same
        item again must not make a second ticket, or must be recognisable as the same mail. Raises
        ``TemporaryFailure`` or ``PermanentFailure``, whose texts hold no personal data.
        """

    def close(self) -> None:
        """Let go of connections after a batch; never raises a delivery error."""
