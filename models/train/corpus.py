"""The sentence pairs: read, weighed by source, and mixed by language."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENGLISH = "en"
_LONGEST = 220
_LARGEST_LANGUAGE = 600_000
# Strings of user interfaces teach little about what people write: at most so many of one program.
_LARGEST_INTERFACE = 12_000
_INTERFACE = ("l10n_", "kde4")
# Everyday speech, health and public offices are what our users write about.
_NEAR_TO_US = ("omos", "integreat", "checkliste", "phrasebook", "tico", "leben", "xsid", "pud")
_EVERYDAY = ("tatoeba",)


@dataclass(frozen=True)
class Pair:
    """A text and its English side."""

    language: str
    text: str
    english: str
    source: str


def read_pairs(files: list[Path], seed: int) -> list[Pair]:
    """Return the pairs with an English side, sources weighed, at most 600,000 a language.

    Each file is a gzipped table with the columns language, text, language, text, source. Raises
    :class:`OSError` when a file is missing.
    """
    chance = random.Random(seed)
    by_source: dict[str, list[Pair]] = {}
    for file in files:
        for pair in _rows(file):
            by_source.setdefault(pair.source, []).append(pair)
    by_language: dict[str, list[Pair]] = {}
    for source in sorted(by_source):
        found = by_source[source]
        chance.shuffle(found)
        if source.startswith(_INTERFACE):
            found = found[:_LARGEST_INTERFACE]
        times = 3 if any(name in source for name in _NEAR_TO_US) else 1
        if source.startswith(_EVERYDAY):
            times = 2
        for pair in found * times:
            by_language.setdefault(pair.language, []).append(pair)
    pairs: list[Pair] = []
    for language in sorted(by_language):
        found = by_language[language]
        chance.shuffle(found)
        pairs += found[:_LARGEST_LANGUAGE]
    return pairs


def _rows(file: Path) -> Iterator[Pair]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            if len(parts) < 5:
                continue
            first, text, second, other, source = parts[:5]
            if first == ENGLISH and second != ENGLISH:
                first, text, second, other = second, other, first, text
            if second != ENGLISH or first == ENGLISH:
                continue
            if len(text) <= _LONGEST and len(other) <= _LONGEST:
                yield Pair(first, text, other, source)
