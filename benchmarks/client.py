"""The client that both assistants are measured with: plain HTTP/1.1 over asyncio.

One connection is kept open for one conversation, as a browser does. A turn is measured from the
first byte sent to the last byte of the answer received; reading the JSON is not part of it.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.questions import Script

_ANSWER_WITHIN_SECONDS = 30.0
_PAUSE_AFTER_FAILURE_SECONDS = 0.1


@dataclass(frozen=True)
class Turn:
    """One message and its answer: how long it took, when it ended, whether it was answered."""

    seconds: float
    ended: float
    status: int
    messages: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Return whether the answer holds no message at all."""
        return self.status == 200 and not self.messages

    @property
    def answered(self) -> bool:
        """Return whether the person got a reply."""
        return self.status == 200 and bool(self.messages)


class Connection:
    """One kept-alive connection to a server on the loopback address."""

    def __init__(self, port: int) -> None:
        """Connect with the first request."""
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: Any, token: str | None = None) -> tuple[int, bytes]:
        """Send a JSON body; return status and body of the answer, ``(0, b"")`` when none came."""
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
                return await self._exchange(path, json.dumps(body).encode(), token)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            await self.close()
            return 0, b""

    async def _exchange(self, path: str, data: bytes, token: str | None) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        )
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        writer.write(head.encode() + b"\r\n" + data)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = answer.split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return int(first.split(" ")[1]), content

    async def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Chat(Protocol):
    """One conversation with an assistant, over a connection of its own."""

    async def begin(self, language: str) -> bool:
        """Open the conversation; return whether that worked."""

    async def say(self, text: str) -> Turn:
        """Send one message and wait for the answer."""

    async def close(self) -> None:
        """Close the connection."""


Open = Callable[[], Chat]


class LotseChat:
    """A conversation over Lotse's web chat."""

    def __init__(self, port: int, notices: frozenset[str]) -> None:
        """``notices`` are the sentences that say that something is down: no answers to count."""
        self._connection = Connection(port)
        self._notices = notices
        self._token = ""

    async def begin(self, language: str) -> bool:
        """Open a session."""
        status, body = await self._connection.post("/webhooks/chat/session", {"lang": language})
        if status == 200:
            self._token = json.loads(body)["token"]
        return status == 200

    async def say(self, text: str) -> Turn:
        """Send one message."""
        body = {"text": text}
        begun = time.perf_counter()
        status, answer = await self._connection.post("/webhooks/chat/message", body, self._token)
        ended = time.perf_counter()
        messages = json.loads(answer)["messages"] if status == 200 else []
        texts = tuple(message.get("text", "") for message in messages)
        return Turn(ended - begun, ended, status, tuple(t for t in texts if t not in self._notices))

    async def close(self) -> None:
        """Close the connection; the session stays, as when somebody leaves the page."""
        await self._connection.close()


class RestChat:
    """A conversation over Rasa's own REST channel."""

    def __init__(self, port: int) -> None:
        """Choose a sender nobody else has."""
        self._connection = Connection(port)
        self._sender = secrets.token_hex(16)

    async def begin(self, language: str) -> bool:
        """Do nothing: the channel has no sessions."""
        return True

    async def say(self, text: str) -> Turn:
        """Send one message."""
        body = {"sender": self._sender, "message": text}
        begun = time.perf_counter()
        status, answer = await self._connection.post("/webhooks/rest/webhook", body)
        ended = time.perf_counter()
        messages = json.loads(answer) if status == 200 else []
        return Turn(ended - begun, ended, status, tuple(m.get("text", "") for m in messages))

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()


@dataclass
class Load:
    """What many users at once got; times are those of ``time.perf_counter``."""

    users: int
    begun: float
    seconds: float
    turns: list[Turn] = field(default_factory=list)
    failed_openings: int = 0

    def per_second(self) -> float:
        """Return the answers a second within the set time; later ones do not count."""
        until = self.begun + self.seconds
        return sum(turn.answered and turn.ended <= until for turn in self.turns) / self.seconds


async def one_user(open_chat: Open, scripts: Iterator[Script], turns: int) -> list[Turn]:
    """Talk alone, one conversation after the other, until ``turns`` messages were sent."""
    done: list[Turn] = []
    while len(done) < turns:
        script = next(scripts)
        chat = open_chat()
        if not await chat.begin(script.language):
            raise ConnectionError("no conversation could be opened")
        for text in script.messages[: turns - len(done)]:
            done.append(await chat.say(text))
        await chat.close()
    return done


async def many_users(
    open_chat: Open, scripts: Iterator[Script], users: int, seconds: float
) -> Load:
    """Talk as ``users`` at once; each sends the next message when the answer has come."""
    load = Load(users, time.perf_counter(), seconds)
    until = load.begun + seconds

    async def user() -> None:
        while time.perf_counter() < until:
            script = next(scripts)
            chat = open_chat()
            if not await chat.begin(script.language):
                load.failed_openings += 1
                await asyncio.sleep(_PAUSE_AFTER_FAILURE_SECONDS)
                continue
            for text in script.messages:
                if time.perf_counter() >= until:
                    break
                load.turns.append(await chat.say(text))
            await chat.close()

    await asyncio.gather(*(user() for _ in range(users)))
    return load


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def describe(turns: Sequence[Turn]) -> dict[str, Any]:
    """Return counts, and p50, p95 and the longest time in milliseconds, of some turns."""
    times = [turn.seconds * 1e3 for turn in turns]
    return {
        "turns": len(turns),
        "p50_ms": round(percentile(times, 0.50), 2),
        "p95_ms": round(percentile(times, 0.95), 2),
        "longest_ms": round(max(times), 2),
        "unanswered": sum(not turn.answered for turn in turns),
        "empty": sum(turn.empty for turn in turns),
        "messages_per_answer": round(sum(len(t.messages) for t in turns) / len(turns), 2),
    }
