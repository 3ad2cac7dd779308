"""A delivery worker in a process of its own, for test_loses_nothing.py, which kills it.

Its clock runs fast, so that a back-off of half a minute takes a moment; all else is the real thing.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from bot.delivery.mail import MailNotifier
from bot.delivery.worker import DeliveryWorker
from bot.settings import Mail
from bot.storage.handovers import HandoverStore


def main(path: str, port: str, begun: str, speed: str, lease_seconds: str) -> None:
    """``begun`` is when the test began (seconds since 1970), ``speed`` seconds a real second."""

    def clock() -> datetime:
        passed = (time.time() - float(begun)) * float(speed)
        return datetime.fromtimestamp(float(begun) + passed, timezone.utc)

    mail = Mail(
        host="127.0.0.1",
        port=int(port),
        security="none",
        sender="lotse@example.org",
        recipient="team@example.org",
    )
    worker = DeliveryWorker(
        HandoverStore(Path(path)),
        MailNotifier(mail, timeout=10, acceptance_timeout=10),
        clock,
        pause=0.1,
        lease_seconds=float(lease_seconds),
    )
    print("ready", flush=True)
    worker.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
