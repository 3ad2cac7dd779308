"""Waits until somebody has written to the live store, without a query for each who waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

_T = TypeVar("_T")
EVERY_SECONDS = 0.1


class Watcher:
    """Asks ``changed`` at most ten times a second, however many wait for the answer."""

    def __init__(self, changed: Callable[[], int]) -> None:
        """``changed`` returns a number that differs once anybody has written."""
        self._changed = changed
        self._value = -1
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def value(self) -> int:
        """Return the store's number, not older than a tenth of a second."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= EVERY_SECONDS:
                self._value = await run_in_threadpool(self._changed)
                self._asked_at = time.monotonic()
            return self._value

    async def until(self, look: Callable[[], Awaitable[_T | None]], timeout: float) -> _T | None:
        """Look once now and again after each change, until there is something or time is over."""
        deadline = time.monotonic() + timeout
        while True:
            seen = await self.value()
            found = await look()
            if found is not None:
                return found
            while seen == await self.value():
                if time.monotonic() >= deadline:
                    return None
                await asyncio.sleep(EVERY_SECONDS)
