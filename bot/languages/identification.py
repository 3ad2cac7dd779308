"""Which language is a message in?

Script decides first; between the languages in Latin letters (Arabizi among them) an n-gram
classifier does, trained on the example messages, so that Turkish without diacritics, German
office words inside Turkish and Arabic in Latin letters are what it has seen. One or two words
need a wide margin; otherwise the language of the conversation stays.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.languages.codes import LANGUAGES
from bot.languages.folding import fold
from bot.ngrams import NgramClassifier
from bot.thresholds import LanguageThresholds

FOREIGN = "other"
DEFAULT = "de"
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
# Letters that Arabic does not use, but Persian, Urdu, Pashto and Kurdish do. Some of them turn up
# in Arabic spellings of German words, so one alone proves nothing.
_NOT_ARABIC = frozenset("پچژگےڕێەۆڤٹڈڑںھۀۇېټډړښږڼ")


@dataclass(frozen=True)
class LanguageGuess:
    """The language to answer in.

    ``code`` is one of the four; ``foreign`` is true when the message is in yet another language;
    ``sure`` is false when the language was taken from the conversation or is the default.
    """

    code: str
    confidence: float
    sure: bool
    foreign: bool
    reason: str


class LanguageIdentifier:
    """Identifies the language of a message, with the conversation so far as the prior."""

    def __init__(self, classifier: NgramClassifier, thresholds: LanguageThresholds) -> None:
        """``classifier`` has the four codes and ``other`` as its labels."""
        self._classifier = classifier
        self._thresholds = thresholds

    def identify(
        self, text: str, conversation: str | None = None, places: tuple[str, ...] = ()
    ) -> LanguageGuess:
        """Return the language of a message.

        ``conversation`` is the language so far, if any; ``places`` are place names in the text,
        which say nothing about its language ("Seedorf" is not German when a Turk lives there).
        """
        for place in places:
            text = text.replace(place, " ")
        words = _WORD.findall(text)
        letters = "".join(words)
        fallback = conversation if conversation in LANGUAGES else DEFAULT
        if not letters:
            return LanguageGuess(fallback, 0.0, False, False, "no letters")
        scripts = _scripts(letters)
        arabic = scripts.get("ARABIC", 0) / len(letters)
        if arabic >= self._thresholds.arabic_share:
            return self._arabic_script(text, letters, arabic, fallback)
        if scripts.get("LATIN", 0) / len(letters) < 0.5:
            script = max(scripts, key=lambda name: scripts[name])
            return LanguageGuess(fallback, 1.0, False, True, f"{script.lower()} script")
        return self._latin_script(text, words, fallback, conversation in LANGUAGES)

    def _arabic_script(self, text: str, letters: str, share: float, fallback: str) -> LanguageGuess:
        """Tell Arabic from the other languages in Arabic letters."""
        strange = len(set(letters) & _NOT_ARABIC)
        foreign = dict(self._classifier.ranked(text)).get(FOREIGN, 0.0)
        if strange and foreign >= (0.5 if strange > 1 else self._thresholds.foreign):
            return LanguageGuess(fallback, foreign, False, True, "letters that Arabic has not")
        return LanguageGuess("ar", min(1.0, share + 0.5), True, False, "arabic script")

    def _latin_script(
        self, text: str, words: list[str], fallback: str, known: bool
    ) -> LanguageGuess:
        """Tell German, English, Turkish and Arabizi apart, or keep the conversation's language."""
        ranked = self._classifier.ranked(text)
        best, probability = ranked[0]
        short = len(words) < 3
        needed = self._thresholds.sure_short if short else self._thresholds.sure
        if not known:
            needed = self._thresholds.first
        if best == FOREIGN:
            if probability >= self._thresholds.foreign and len(words) > 1:
                return LanguageGuess(fallback, probability, False, True, "another language")
            best, probability = ranked[1][0], ranked[1][1] / (1 - probability + 1e-9)
            needed = max(needed, 0.75)
        if probability >= needed:
            return LanguageGuess(best, probability, True, False, "letters")
        margin = dict(ranked).get(fallback, 0.0)
        return LanguageGuess(fallback, margin, False, False, "unsure, conversation's language")


def _scripts(letters: str) -> dict[str, int]:
    """Count letters by script, as the first word of their Unicode name says it."""
    counts: dict[str, int] = {}
    for letter in letters:
        if unicodedata.combining(letter):
            continue
        name = unicodedata.name(letter, "UNKNOWN").split(" ")[0]
        counts[name] = counts.get(name, 0) + 1
    return counts


def training_form(text: str) -> str:
    """Return the form of an example that the classifier is trained on: folded, without digits.

    The classifier folds by itself; digits are cut because "3andi" must not make "3" Arabic.
    """
    return re.sub(r"\b\d+\b", " ", fold(text))
