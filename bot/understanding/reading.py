"""Everything that is read from one message, apart from its need.

The Rasa components of :mod:`bot.nlu` and the command line use the same recognisers; this module
holds what they share: the record of a reading, and the reader that runs them in order.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

from bot.languages import LANGUAGES, search_form
from bot.languages.identification import LanguageGuess, LanguageIdentifier
from bot.places.recognition import PlaceMention, PlaceRecognizer
from bot.safety.crisis import CrisisDetector, CrisisSign
from bot.understanding.ages import AgeMention, find_ages
from bot.understanding.intents import IntentGuess, IntentRecognizer

_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@dataclass(frozen=True)
class Reading:
    """What one message says."""

    text: str
    language: LanguageGuess
    places: tuple[PlaceMention, ...]
    ages: tuple[AgeMention, ...]
    crisis: CrisisSign | None
    intent: IntentGuess


class Reader:
    """Runs the recognisers on a message in the order in which they need each other."""

    def __init__(
        self,
        places: PlaceRecognizer,
        language: LanguageIdentifier,
        crisis: CrisisDetector,
        intents: IntentRecognizer,
    ) -> None:
        """Keep the recognisers; each is stateless and shared."""
        self._places = places
        self._language = language
        self._crisis = crisis
        self._intents = intents

    def read(
        self, text: str, conversation: str | None = None, place_expected: bool = False
    ) -> Reading:
        """Return the reading of a message.

        ``conversation`` is the language so far; ``place_expected`` says that the assistant has
        just asked for the place.
        """
        places = tuple(self._places.find(text, expected=place_expected))
        ages = tuple(find_ages(text))
        language = self._language.identify(text, conversation, named(places))
        crisis = self._crisis.detect(text)
        intent = self._intents.recognize(text, language.foreign, facts_only(text, places, ages))
        return Reading(text, language, places, ages, crisis, intent)


def named(places: Sequence[PlaceMention]) -> tuple[str, ...]:
    """Return the words of the text that are place names."""
    return tuple(place.text for place in places)


def facts_only(text: str, places: Sequence[PlaceMention], ages: Sequence[AgeMention]) -> bool:
    """Return whether a message says nothing but a place or an age.

    What is left of it without them must be stop words ("in", "er ist", "yaşında", "عمره").
    """
    if not places and not ages:
        return False
    rest = list(text)
    mentions: list[PlaceMention | AgeMention] = [*places, *ages]
    for mention in mentions:
        rest[mention.start : mention.end] = " " * (mention.end - mention.start)
    words = [search_form(word) for word in _WORD.findall("".join(rest))]
    return all(word in _stop_words() or word.isdigit() for word in words)


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    """Return the stop words of all four languages in search form, and words about living."""
    words: set[str] = set()
    for language in LANGUAGES:
        module = importlib.import_module(f"spacy.lang.{language}.stop_words")
        words |= {search_form(word) for word in module.STOP_WORDS}
    own = "plz postleitzahl wohne wohnen live living oturuyorum oturuyoruz yasinda yas alt old"
    arabic = "عمره عمرها عمري سنه سنوات نسكن اسكن ساكن ساكنين انا ابني بنتي"
    return frozenset(words | {search_form(word) for word in f"{own} {arabic}".split()})


def to_plain(records: Sequence[Any]) -> list[dict[str, Any]]:
    """Return records as plain values for a message or slot; empty fields are left out."""
    return [
        {key: value for key, value in asdict(record).items() if value not in (None, "")}
        for record in records
    ]


def places_from(rows: Sequence[Mapping[str, Any]] | None) -> tuple[PlaceMention, ...]:
    """Return the place mentions that :func:`to_plain` wrote."""
    return tuple(PlaceMention(**_filled(PlaceMention, row)) for row in rows or ())


def ages_from(rows: Sequence[Mapping[str, Any]] | None) -> tuple[AgeMention, ...]:
    """Return the age mentions that :func:`to_plain` wrote."""
    return tuple(AgeMention(**_filled(AgeMention, row)) for row in rows or ())


def _filled(kind: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with what ``to_plain`` left out: ``None`` or, for texts, an empty text."""
    empty = {f.name: ("" if f.type in ("str", str) else None) for f in fields(kind)}
    return {**empty, **{key: value for key, value in row.items() if key in empty}}
