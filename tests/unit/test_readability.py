"""What cannot be read gets a notice; what can be read never does."""

from __future__ import annotations

import pytest

from bot.understanding.readability import Unreadable, unreadable


@pytest.mark.parametrize(
    "text, kind",
    [
        ("", Unreadable.EMPTY),
        ("  \u200b ", Unreadable.EMPTY),
        ("😀😀", Unreadable.SYMBOLS),
        ("???", Unreadable.SYMBOLS),
        ("…", Unreadable.SYMBOLS),
        ("asdfghjkl", Unreadable.GIBBERISH),
        ("hhhhhhhhh", Unreadable.GIBBERISH),
        ("xkcdvbnm qwrtzp", Unreadable.GIBBERISH),
    ],
)
def test_unreadable(text, kind):
    assert unreadable(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "48301",
        "Wohngeld",
        "BAföG",
        "kita",
        "Hilfe!!!",
        "Schulpflicht",
        "Aufenthaltstitel verlängern",
        "çocuk",
        "mrb",
        "3andi mushkila",
        "بدي مساعدة",
        "ich brauch hilfeee",
        "Angststörung",
        "Geschwisterstreit Rechtsschutz",
        "wertvoll",
        "Strumpfband schlecht nachts",
    ],
)
def test_readable(text):
    assert unreadable(text) is None
