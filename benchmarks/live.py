"""``./lotse bench live``: how long a message of the staff takes to the person's chat.

Twenty conversations are open at once, each with its stream, as the page has it. Staff write in the
real inbox: the clock runs from the moment the form is sent until the message stands in the
person's stream. The baseline of the same run is the page's way without a stream: asking for new
messages every five seconds.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import tempfile
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import requests

from benchmarks import machine, servers
from bot import bootstrap, launch
from bot.inbox.accounts import add_account
from bot.settings import Settings
from bot.storage.live import LiveStore
from bot.storage.staff import StaffStore

OPEN = 20
ROUNDS = 15
BAR_MS = 300
_POLL_SECONDS = 5.0
_PASSWORD = "ein langes Wort zum Messen 7"


class Person:
    """One person's chat with an open stream."""

    def __init__(self, chat: str) -> None:
        """Open a session at the chat's address."""
        self.chat = chat
        opened = requests.post(f"{chat}/session", json={"lang": "ar"}, timeout=10).json()
        self.headers = {"Authorization": f"Bearer {opened['token']}"}
        self.arrived: dict[str, float] = {}
        self.last = len(opened["messages"])

    def send(self, body: dict[str, str]) -> list[dict[str, Any]]:
        """Send one message; return the replies."""
        answer = requests.post(f"{self.chat}/message", json=body, headers=self.headers, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def listen(self) -> None:
        """Note the moment at which each message of the staff arrives."""

        def run() -> None:
            address = f"{self.chat}/events?after={self.last}"
            # The servers are stopped at the end, in the middle of the streams.
            with suppress(requests.RequestException):
                with requests.get(address, headers=self.headers, stream=True, timeout=60) as stream:
                    # Byte by byte: a buffer would hold a message back and be measured with it.
                    for line in stream.iter_lines(chunk_size=1):
                        if line.startswith(b'data: {"'):
                            self.arrived[json.loads(line[6:])["text"]] = time.perf_counter()

        threading.Thread(target=run, daemon=True).start()


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures in milliseconds."""
    settings = bootstrap.settings()
    launch.prepare(settings)
    (folder / "log").mkdir()
    shutil.copy(settings.catalogue, folder / "catalogue.sqlite")
    shutil.copytree(settings.classifiers, folder / "classifiers")
    environment = servers.lotse_environment(folder, settings.data)
    environment["LOTSE_INBOX_PORT"] = str(servers.free_ports(1)[0])
    own = Settings.from_environment({**os.environ, **environment})
    started = [launch.action_server(own), launch.conversation_server(own), launch.staff_server(own)]
    add_account(StaffStore(own.staff), "anna", "Anna", _PASSWORD, "agent", ["*"])
    try:
        for server in started:
            server.environment.update(environment)
            server.start()
        for server in started:
            while not server.ready():
                time.sleep(0.2)
        return _run(own)
    finally:
        for server in started:
            server.stop()


def _run(settings: Settings) -> dict[str, Any]:
    inbox = f"http://127.0.0.1:{settings.inbox_port}"
    staff = requests.Session()
    fields = {"login": "anna", "password": _PASSWORD, "csrf": _csrf(staff, f"{inbox}/login")}
    staff.post(f"{inbox}/login", fields, timeout=10).raise_for_status()
    token = _csrf(staff, f"{inbox}/password")
    persons = [Person(f"http://127.0.0.1:{settings.port}/webhooks/chat") for _ in range(OPEN)]
    store = LiveStore(settings.live)
    numbers = []
    for person in persons:
        person.send({"text": "أحتاج إلى مكان في الروضة في نوتولن"})
        person.send({"payload": "/request_human"})
        person.send({"payload": "/request_live"})
        numbers.append(store.list(("waiting",))[-1].number)
        done = staff.post(f"{inbox}/live/{numbers[-1]}/claim", {"csrf": token}, timeout=10)
        done.raise_for_status()
        person.listen()
    time.sleep(2)
    taken, polled = [], []
    chance = random.Random(1)
    for turn in range(ROUNDS):
        for person, number in zip(persons, numbers, strict=True):
            text = f"Nachricht {turn} an {number}"
            begun = time.perf_counter()
            staff.post(f"{inbox}/live/{number}/reply", {"csrf": token, "text": text}, timeout=10)
            while text not in person.arrived:
                if time.perf_counter() - begun > 10:
                    raise RuntimeError(f"{text} did not arrive")
                time.sleep(0.001)
            waited = person.arrived[text] - begun
            taken.append(waited * 1e3)
            # Without a stream the person sees it when the page asks next.
            polled.append((waited + chance.uniform(0, _POLL_SECONDS)) * 1e3)
    return {"open": OPEN, "messages": len(taken), "ms": _spread(taken), "polling": _spread(polled)}


def _csrf(staff: requests.Session, address: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', staff.get(address, timeout=10).text)
    if found is None:
        raise RuntimeError("the page has no form")
    return found.group(1)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "max": round(ordered[-1], 1),
    }


def main() -> int:
    """Measure and write ``results/live.md``."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    ms, polling = found["ms"], found["polling"]
    about = machine.describe(bootstrap.settings())
    where = ", ".join(f"{key} {about[key]}" for key in ("processor", "cores") if about.get(key))
    met = "met" if ms["p95"] <= BAR_MS else "NOT met"
    text = f"""# A message of the staff to the person's chat

Measured {datetime.now(timezone.utc):%Y-%m-%d} by `./lotse bench live` on {where}.
{found["messages"]} messages, {found["open"]} conversations open, each with its stream. The time
runs from sending the form in the inbox until the message stands in the person's stream.

| Way | p50 ms | p95 ms | longest ms |
|---|---|---|---|
| stream (the page) | {ms["p50"]} | {ms["p95"]} | {ms["max"]} |
| asking every 5 s (reckoned) | {polling["p50"]} | {polling["p95"]} | {polling["max"]} |

The bar is a p95 of {BAR_MS} ms: {met}.
"""
    (Path(__file__).parent / "results" / "live.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
