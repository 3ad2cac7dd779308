"""The intent of a message: a question about a need, or something about the conversation itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.ngrams import NgramClassifier
from bot.thresholds import IntentThresholds
from bot.understanding.examples import ASK_SUPPORT
from bot.understanding.readability import unreadable

UNREADABLE = "unreadable"
FOREIGN_LANGUAGE = "foreign_language"
INFORM = "inform"
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True)
class IntentGuess:
    """An intent with its probability and the runners-up."""

    name: str
    confidence: float
    ranking: tuple[tuple[str, float], ...] = ()


class IntentRecognizer:
    """Recognises intents; what is unsure counts as a question, for the search to judge."""

    def __init__(self, classifier: NgramClassifier, thresholds: IntentThresholds) -> None:
        """``classifier`` has the intents as its labels."""
        self._classifier = classifier
        self._thresholds = thresholds

    def recognize(self, text: str, foreign: bool = False, facts_only: bool = False) -> IntentGuess:
        """Return the intent of a message.

        ``foreign`` says that it is in a language we do not speak; ``facts_only`` that it holds
        nothing but a place or an age (the answer to our question, or a correction).
        """
        if unreadable(text) is not None:
            return IntentGuess(UNREADABLE, 1.0)
        if facts_only:
            return IntentGuess(INFORM, 1.0)
        if foreign:
            return IntentGuess(FOREIGN_LANGUAGE, 1.0)
        ranking = tuple(self._classifier.ranked(text)[:4])
        name, confidence = ranking[0]
        short = len(_WORD.findall(text)) <= 3
        certain = self._thresholds.certain_short if short else self._thresholds.certain
        if name != ASK_SUPPORT and confidence < certain:
            return IntentGuess(ASK_SUPPORT, 1.0 - confidence, ranking)
        return IntentGuess(name, confidence, ranking)
