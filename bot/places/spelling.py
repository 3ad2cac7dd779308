"""Spellings that nobody listed: endings, clitics, other ears and one slip of the finger."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from bot.places import cues

SHORTEST_FUZZY = 6
SHORTEST_TWO_SLIPS = 10

_WORD_ENDINGS = ("n", "s", "e", "en", "er", "es", "em")

_ARABIC = re.compile("[\u0621-\u064a\u0671-\u06d3]")
_ARABIC_EARS = str.maketrans(
    {"غ": "g", "ج": "g", "ك": "g", "ق": "g", "ز": "s", "س": "s", "ص": "s", "ڤ": "f", "ف": "f",
     "پ": "b", "ب": "b", "ت": "t", "ط": "t", "د": "d", "ض": "d", "ذ": "d", "ش": "x", "خ": "x",
     "چ": "x", "ح": "h"}
)  # fmt: skip
_ARABIC_VOWELS = re.compile("[اويئؤ]|ه$")
_LATIN_EARS = (
    (re.compile("tsch|sch|sh|ch|rs(?=h)"), "s"),
    (re.compile("chs|cks|ks"), "x"),
    (re.compile("ck|c|q"), "k"),
    (re.compile("[vw]|ph"), "f"),
    (re.compile("z|ts"), "s"),
    (re.compile("dt|th"), "t"),
    (re.compile("gh"), "g"),
    (re.compile("(?<=[aeiou])h(?![aeiou])"), ""),
    (re.compile("y|j"), "i"),
    (re.compile("ie"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile("d$"), "t"),
    (re.compile("g$"), "k"),
    (re.compile("b$"), "p"),
)


def is_arabic(word: str) -> bool:
    """Return whether a folded word is written in Arabic letters."""
    return bool(_ARABIC.search(word))


def heard(word: str) -> str:
    """Return a key that spellings by ear share (``Haviksbek``, ``Havixbeck``)."""
    if is_arabic(word):
        return _ARABIC_VOWELS.sub("", word.translate(_ARABIC_EARS))
    for pattern, letter in _LATIN_EARS:
        word = pattern.sub(letter, word)
    return word


def _vowels_fit(word: str, name: str) -> bool:
    """Return whether two Arabic words with the same consonants differ in few vowels.

    Four consonants are common to many words (سنديان and زاندن), so these get one vowel only.
    """
    limit = 1 if len(heard(name)) <= 4 else 2
    return within(word.translate(_ARABIC_EARS), name.translate(_ARABIC_EARS), limit)


def stems(word: str) -> list[tuple[str, str]]:
    """Return the possible (stem, ending) pairs of a folded word, the word itself left out.

    The ending is ``tr:…`` or ``de:…``, an Arabic clitic ``ar:…``, an Arabizi clitic ``az:…``.
    """
    found: list[tuple[str, str]] = []
    if is_arabic(word):
        for clitic in cues.ARABIC_CLITICS:
            if word.startswith(clitic) and len(word) - len(clitic) >= 3:
                found.append((word[len(clitic) :], f"ar:{clitic}"))
        return found
    for ending in cues.TURKISH_ENDINGS:
        shortest = 5 if len(ending) == 1 or ending in ("in", "un") else 4
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            found.append((word[: -len(ending)], f"tr:{ending}"))
    for ending in cues.GERMAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 5:
            found.append((word[: -len(ending)], f"de:{ending}"))
    for clitic in cues.ARABIZI_CLITICS:
        if word.startswith(clitic) and len(word) - len(clitic) >= 6:
            found.append((word[len(clitic) :], f"az:{clitic}"))
    return found


def within(left: str, right: str, limit: int) -> bool:
    """Return whether at most ``limit`` slips (insert, drop, swap, replace) part two words."""
    if abs(len(left) - len(right)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        following = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (a != b))
            if before and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        if min(following) > limit:
            return False
        before, row = row, following
    return row[-1] <= limit


def _drops(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


class NearNames:
    """Finds the one name that a misspelt word stands for."""

    def __init__(self, names: Iterable[str], not_places: frozenset[str]) -> None:
        """``names`` are folded single words; ``not_places`` are words that are never a name."""
        self._stop = not_places
        self._drops: dict[str, set[str]] = {}
        self._heard: dict[str, set[str]] = {}
        self._long: dict[str, list[tuple[str, frozenset[tuple[str, str]]]]] = {}
        for name in sorted(set(names)):
            if len(name) < SHORTEST_FUZZY - is_arabic(name):
                continue
            key = heard(name)
            if len(key) >= (4 if is_arabic(name) else 5):
                self._heard.setdefault(key, set()).add(name)
            if len(name) < SHORTEST_FUZZY:
                continue
            for form in (name, *_drops(name)):
                self._drops.setdefault(form, set()).add(name)
            if len(name) >= SHORTEST_TWO_SLIPS:
                pairs = frozenset(itertools.pairwise(name))
                self._long.setdefault(name[0], []).append((name, pairs))

    def _is_word(self, word: str) -> bool:
        """Return whether a word, or what is left without a German ending, is never a name."""
        bare = (word[: -len(end)] for end in _WORD_ENDINGS if word.endswith(end))
        return word in self._stop or any(stem in self._stop for stem in bare)

    def one_slip(self, word: str) -> list[str]:
        """Return the names that sound the same or are one slip away, the nearest first."""
        if self._is_word(word) or len(word) < SHORTEST_FUZZY - 1:
            return []
        names = [
            name
            for name in sorted(self._heard.get(heard(word), ()))
            if (name[0] == word[0] or (heard(name[0]) and heard(name[0]) == heard(word[0])))
            and abs(len(name) - len(word)) <= 2
            and (not is_arabic(word) or _vowels_fit(word, name))
        ]
        candidates = set(self._drops.get(word, ()))
        for form in _drops(word):
            candidates |= self._drops.get(form, set())
        for name in sorted(candidates):
            # A slip on the first letter makes another name more often than a typing error.
            same_start = name[0] == word[0] or sorted(name[:2]) == sorted(word[:2])
            if same_start and name not in names and within(word, name, 1):
                names.append(name)
        return names

    def two_slips(self, word: str) -> list[str]:
        """Return the long names that are two slips away and begin with the same letter."""
        if self._is_word(word) or len(word) < SHORTEST_TWO_SLIPS - 1 or not word:
            return []
        pairs = frozenset(itertools.pairwise(word))
        return [
            name
            for name, own in self._long.get(word[0], ())
            if len(own & pairs) >= len(own) - 5 and within(word, name, 2)
        ]
