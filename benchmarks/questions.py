"""What the users of the benchmark write: questions from data/nlu, in a fixed random order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.languages import LANGUAGES
from bot.understanding.examples import ASK_SUPPORT, read_examples

SEED = 20_240_601
TURNS_PER_CONVERSATION = 10
_LIVES_IN = {
    "de": "Ich wohne in {place}",
    "en": "I live in {place}",
    "ar": "أسكن في {place}",
    "tr": "Oturduğum yer: {place}",
}
# The demo assistant knows seven intents; this is a walk through its stories.
_DEMO = ("hello", "bad", "yes", "bye", "hello", "great", "bye", "are you a bot?", "hello", "bye")


@dataclass(frozen=True)
class Script:
    """What one person writes in one conversation, in order."""

    language: str
    messages: tuple[str, ...]


def questions(nlu: Path, seed: int = SEED) -> dict[str, list[str]]:
    """Return all questions about a need by language, in an order that depends on ``seed`` only."""
    found: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for example in read_examples(nlu):
        if example.intent == ASK_SUPPORT and example.language in found:
            found[example.language].append(example.text)
    for language, texts in found.items():
        random.Random(f"{seed}-{language}").shuffle(texts)
    return found


def mixed(nlu: Path, count: int, seed: int = SEED) -> list[tuple[str, str]]:
    """Return ``count`` (language, question) pairs, the languages by turns."""
    by_language = {code: itertools.cycle(texts) for code, texts in questions(nlu, seed).items()}
    languages = itertools.islice(itertools.cycle(LANGUAGES), count)
    return [(language, next(by_language[language])) for language in languages]


def lotse_scripts(nlu: Path, places: Sequence[str], seed: int = SEED) -> Iterator[Script]:
    """Yield conversations without end, the languages by turns.

    A question, then the place (so that later answers name a contact person, which is the longer
    way), then eight more questions.
    """
    by_language = {code: itertools.cycle(texts) for code, texts in questions(nlu, seed).items()}
    for language, place in zip(itertools.cycle(LANGUAGES), itertools.cycle(places)):
        asked = [next(by_language[language]) for _ in range(TURNS_PER_CONVERSATION - 1)]
        lives = _LIVES_IN[language].format(place=place)
        yield Script(language, (asked[0], lives, *asked[1:]))


def demo_scripts() -> Iterator[Script]:
    """Yield conversations with the demo assistant of ``rasa init``, of the same length."""
    return itertools.repeat(Script("en", _DEMO))
