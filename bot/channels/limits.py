"""How often one address may ask: sliding minutes, in memory only, under a name nobody can read."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict, deque
from typing import Callable, Deque, Optional

_MINUTE = 60.0
_KEPT = 20_000


class AddressLimit:
    """At most ``limit`` events a minute and address.

    Addresses are personal data: they are kept for a minute, hashed with a key that exists only in
    this process.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``limit`` is the number of events that pass within a minute."""
        self._limit = limit
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, Deque[float]] = OrderedDict()

    def passes(self, address: str) -> bool:
        """Note an event; return whether the address is within its limit."""
        now = self._clock()
        name = hmac.new(self._key, _household(address).encode(), hashlib.sha256).digest()[:16]
        arrivals = self._seen.setdefault(name, deque())
        self._seen.move_to_end(name)
        while arrivals and arrivals[0] <= now - _MINUTE:
            arrivals.popleft()
        self._forget_old(now)
        if len(arrivals) >= self._limit:
            return False
        arrivals.append(now)
        return True

    def _forget_old(self, now: float) -> None:
        """Drop addresses that were silent for a minute, and the oldest when there are too many."""
        while self._seen:
            name, arrivals = next(iter(self._seen.items()))
            silent = not arrivals or arrivals[-1] <= now - _MINUTE
            if not silent and len(self._seen) <= _KEPT:
                return
            if len(self._seen) == 1:
                return
            del self._seen[name]


def _household(address: str) -> str:
    """Return what one connection to the internet has: an IPv4 address, or an IPv6 /64 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def client_address(peer: str, forwarded: Optional[str], trusted_proxies: int) -> str:
    """Return the address of the person's device.

    Each of our proxies adds the address it sees to the end of ``X-Forwarded-For``; so with ``n``
    proxies of our own the n-th from the end is the last that can be believed. What stands before
    it the client may have written itself.
    """
    if trusted_proxies < 1 or not forwarded:
        return peer
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if len(hops) < trusted_proxies:
        return peer
    return hops[-trusted_proxies][:64]
