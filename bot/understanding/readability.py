"""Can a message be read at all? Emoji, symbols and keyboard mashing get a notice, not an answer."""

from __future__ import annotations

import re
from enum import Enum

from bot.languages import clean, fold

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_LETTER = re.compile(r"[^\W\d_]", re.UNICODE)
_VOWEL = re.compile("[aeiouyàâéèêîôûäöü]")
_REPEATED = re.compile(r"(.)\1{4,}|(..)\2{3,}|(...)\3{2,}")
_ROW = re.compile(r"(asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwert|werty|wertz|zuiop|yxcv|xcvb|cvbn)")


class Unreadable(str, Enum):
    """Why a message cannot be read."""

    EMPTY = "empty"
    SYMBOLS = "symbols"
    GIBBERISH = "gibberish"


def unreadable(text: str) -> Unreadable | None:
    """Return why a text cannot be read, or ``None`` when it can.

    A number alone is readable: it may be a postcode, an age or the answer to a choice.
    """
    text = clean(text)
    if not text:
        return Unreadable.EMPTY
    if not _WORD.search(text):
        return Unreadable.SYMBOLS
    if not _LETTER.search(text):
        return None
    words = [word for word in _WORD.findall(fold(text)) if _LETTER.search(word)]
    mashed = [word for word in words if _mashed(word)]
    if len("".join(mashed)) * 2 > len("".join(words)):
        return Unreadable.GIBBERISH
    return None


def _mashed(word: str) -> bool:
    """Return whether a word looks like keys hit at random rather than like a language."""
    if not word.isascii() or len(word) < 4:
        return False
    if _REPEATED.search(word):
        return True
    if len(word) >= 5 and not _VOWEL.search(word):
        return True
    if len(_ROW.findall(word)) >= 1 and len(word) >= 6 and not word.endswith("en"):
        return len(_VOWEL.findall(word)) * 4 <= len(word) or len(_ROW.findall(word)) > 1
    longest = max((len(run) for run in re.findall("[bcdfghjklmnpqrstvwxz]+", word)), default=0)
    return longest >= 7 or (len(word) >= 12 and len(_VOWEL.findall(word)) * 6 < len(word))
