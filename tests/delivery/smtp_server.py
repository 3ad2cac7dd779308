"""A real SMTP server on the loopback address for these tests (aiosmtpd), with faults on demand."""

from __future__ import annotations

import email
import email.policy
import socket
from contextlib import contextmanager

from aiosmtpd.controller import Controller


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """Takes mail. ``fault(step)`` may name what goes wrong at ``rcpt`` or ``data``.

    A fault is a reply line (``451 later``), ``cut`` (the connection breaks before anything was
    taken over) or ``cut after`` (taken over, but the sender never hears of it).
    """

    def __init__(self, fault=lambda step: None):
        self.fault = fault
        self.raw = []
        self.recipients = []
        self.refused = 0
        self.unheard = 0

    def mails(self):  # no property: aiosmtpd looks at every attribute for each connection
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]

    async def handle_RCPT(self, server, session, envelope, address, options):
        fault = self.fault("rcpt")
        if fault:
            self.refused += 1
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        fault = self.fault("data")
        if fault == "cut":
            self.refused += 1
            server.transport.abort()
            return "451 nobody hears this"
        if fault and fault != "cut after":
            self.refused += 1
            return fault
        self.raw.append(envelope.original_content)
        self.recipients.append(list(envelope.rcpt_tos))
        if fault == "cut after":
            self.unheard += 1
            server.transport.abort()
        return "250 taken over"


@contextmanager
def running(receiver, **options):
    """Run a server for a receiver; yield its port."""
    port = free_port()
    defaults = {"hostname": "127.0.0.1", "port": port, "server_hostname": "mail.example.org"}
    controller = Controller(receiver, **{**defaults, **options})
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
