"""THE BAR (about half a minute): 1,000 callbacks, a mail server that fails half of the time, and a
worker that is killed with SIGKILL at random moments. Every callback arrives, and arrives once.

"Once" is counted as mail servers and readers do it: by Message-ID. How often the same mail was
taken over a second time is bounded too: at most once for each kill, and for each connection that
broke between the server's acceptance and its answer. Nobody can do better over SMTP.
"""

from __future__ import annotations

import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.delivery.letter import callback_item
from bot.delivery.mail import message_id
from bot.storage.handovers import HandoverStore
from tests.delivery.smtp_server import Receiver, running
from tests.unit.test_outbox import NAME, callback

ROOT = Path(__file__).resolve().parent.parent.parent
CALLBACKS = 1000
KILLS = 25
SPEED = 1000.0  # seconds of the worker's clock in a real second
LEASE = 1500.0  # seconds of the worker's clock
DEADLINE = 100.0  # real seconds
_NUMBER = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE | re.IGNORECASE)


def failing_half_of_the_time(chance):
    """Return a fault for a step: together they hit every second mail."""

    def fault(step):
        if step == "rcpt":
            return "450 mailbox busy" if chance.random() < 0.2 else None
        if chance.random() < 0.375:
            return chance.choice(["451 try later", "421 closing", "cut", "cut after"])
        return None

    return fault


class KilledAtRandom:
    """Keeps one worker process running and kills it again and again."""

    def __init__(self, chance, arguments):
        self.chance = chance
        self.command = [sys.executable, "-m", "tests.delivery.worker_process", *arguments]
        self.kills = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait() == -signal.SIGKILL, "the worker died by itself"
        self.process.stdout.close()

    def live_a_moment(self):
        time.sleep(self.chance.uniform(0.02, 0.8))
        assert self.process.poll() is None, "the worker died by itself"
        if self.kills < KILLS:
            self.kill()
            self.kills += 1
            self.start()


@pytest.mark.timeout(180)
def test_a_thousand_callbacks_arrive_once_each_although_server_and_worker_keep_failing(tmp_path):
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown when it fails
    chance = random.Random(seed)
    path = tmp_path / "handovers.sqlite"
    store = HandoverStore(path)
    expected = set()
    for number in range(CALLBACKS):
        one = callback(number, conversation=f"c{number}")
        item = callback_item(one)
        store.add(one, [item])
        expected.add(message_id(item.key, "lotse@example.org").encode())
    assert len(expected) == CALLBACKS

    receiver = Receiver(failing_half_of_the_time(chance))
    begun = time.time()
    revived = 0
    with running(receiver) as port:
        arguments = [str(path), str(port), str(begun), str(SPEED), str(LEASE)]
        worker = KilledAtRandom(chance, arguments)
        try:
            while store.pending() and time.time() - begun < DEADLINE:
                worker.live_a_moment()
                # Failed twelve times: staff sees it as a dead letter and sends it off again.
                for dead in store.dead():
                    revived += store.retry(dead.key)
        finally:
            worker.kill()
    seconds = time.time() - begun

    numbers = [_NUMBER.search(raw)[1] for raw in receiver.raw]
    arrived = Counter(numbers)
    again = len(numbers) - len(arrived)
    tries = len(numbers) + receiver.refused
    print(
        f"{len(arrived)} of {CALLBACKS} arrived in {seconds:.0f} s; {tries} tries,"
        f" {receiver.refused} refused, {receiver.unheard} taken over unheard, {worker.kills} kills,"
        f" {again} taken over again, {revived} revived"
    )
    # The test itself was as hard as it says.
    assert worker.kills == KILLS
    assert 0.4 < (receiver.refused + receiver.unheard) / tries < 0.6
    # Nothing lost, nothing invented, nothing left over.
    assert store.pending() == 0 and store.dead() == []
    assert set(arrived) == expected
    # Once: what was taken over again is the same mail to the byte, and as rare as it can be.
    assert len(set(receiver.raw)) == CALLBACKS
    assert again <= worker.kills + receiver.unheard
    assert all(one.delivered_at for one in store.all())
    states = sqlite3.connect(path).execute("SELECT DISTINCT state, payload FROM outbox").fetchall()
    assert states == [("sent", "")]
    assert all(NAME.encode() not in raw.split(b"\r\n\r\n")[0] for raw in receiver.raw)
