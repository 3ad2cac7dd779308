"""Limits per address: sliding minutes, proxies that can be believed, networks of one household."""

from __future__ import annotations

import pytest

from bot.channels.limits import AddressLimit, client_address


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_an_address_is_held_to_its_limit_for_a_minute():
    clock = Clock()
    limit = AddressLimit(2, clock)
    assert limit.passes("192.0.2.1") and limit.passes("192.0.2.1")
    assert not limit.passes("192.0.2.1") and limit.passes("192.0.2.2")
    clock.now = 61.0
    assert limit.passes("192.0.2.1")


def test_one_household_counts_once_in_ipv6():
    limit = AddressLimit(1, Clock())
    assert limit.passes("2001:db8::1")
    assert not limit.passes("2001:db8::ffff:2") and limit.passes("2001:db8:0:1::1")


def test_many_addresses_do_not_fill_the_memory():
    clock = Clock()
    limit = AddressLimit(1, clock)
    for number in range(25_000):
        limit.passes(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limit._seen) <= 20_001
    clock.now = 61.0
    limit.passes("192.0.2.1")
    assert len(limit._seen) == 1


def test_no_address_can_be_read_in_the_memory():
    limit = AddressLimit(1, Clock())
    limit.passes("192.0.2.1")
    assert b"192.0.2.1" not in b"".join(limit._seen)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (None, 0, "127.0.0.1"),
        ("198.51.100.7", 0, "127.0.0.1"),
        ("198.51.100.7", 1, "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", 1, "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", 2, "203.0.113.9"),
        ("198.51.100.7", 2, "127.0.0.1"),
        (" , ", 1, "127.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(forwarded, proxies, expected):
    assert client_address("127.0.0.1", forwarded, proxies) == expected
