"""The words of the taxonomy: who writes "Wohngeld" means Wohngeld.

The classifiers learn from whole questions, most of which avoid the official word. This gives the
need a push when one of its own words (label, everyday word, German term) stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bot.languages import search_form
from bot.offers.models import Need

Array = np.ndarray[Any, Any]
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_SHORTEST = 4
# Arabic joins these to the next word.
_CLITICS = ("وال", "بال", "لل", "ال", "و", "ب", "ل", "ف")


class NeedLexicon:
    """Finds the needs whose words stand in a text."""

    def __init__(self, needs: Iterable[Need], labels: Sequence[str]) -> None:
        """``labels`` are the classes of the classifier; the result has their order."""
        self._labels = len(labels)
        position = {label: i for i, label in enumerate(labels)}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for need in needs:
            if need.code not in position:
                continue
            for phrase in _phrases(need):
                words = tuple(_WORD.findall(search_form(phrase)))
                if words and len("".join(words)) >= _SHORTEST:
                    self._phrases.setdefault(words[0][:_SHORTEST], []).append(
                        (words, position[need.code])
                    )

    def found(self, text: str) -> Array:
        """Return 1.0 for each class one of whose phrases stands in the text, else 0.0.

        A phrase's last word may go on ("Kita" in "Kitaplatz"); the shorter it is compared with
        the word in the text, the less it counts. A text that names several needs shares the push.
        """
        words = [form for word in _WORD.findall(search_form(text)) for form in _forms(word)]
        result = np.zeros(self._labels, dtype=np.float32)
        for i, word in enumerate(words):
            for phrase, label in self._phrases.get(word[:_SHORTEST], ()):
                window = words[i : i + len(phrase)]
                if len(window) < len(phrase) or window[:-1] != list(phrase[:-1]):
                    continue
                if window[-1].startswith(phrase[-1]):
                    share = len(phrase[-1]) / len(window[-1])
                    result[label] = max(result[label], share)
        total = float(result.sum())
        return result / total if total > 1.0 else result


def _phrases(need: Need) -> set[str]:
    words: Mapping[str, Sequence[str]] = need.words
    return {*need.labels.values(), *(word for listed in words.values() for word in listed)}


def _forms(word: str) -> list[str]:
    """Return a word, and for Arabic also the word without what is joined to it."""
    if "\u0600" <= word[0] <= "\u06ff":
        for clitic in _CLITICS:
            if word.startswith(clitic) and len(word) - len(clitic) >= 3:
                return [word, word[len(clitic) :]]
    return [word]
