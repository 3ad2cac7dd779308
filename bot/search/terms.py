"""Search terms for the full text: words without stop words, stemmed in their language."""

from __future__ import annotations

import importlib
import re
import threading
from functools import lru_cache

import snowballstemmer

from bot.languages import LANGUAGES, search_form

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_STEMMERS = {"de": "german", "en": "english", "ar": "arabic", "tr": "turkish"}
# Snowball's stemmers keep state while they work; the action server answers in threads.
_LOCK = threading.Lock()


@lru_cache(maxsize=8)
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(_STEMMERS[language])


@lru_cache(maxsize=8)
def _stop_words(language: str) -> frozenset[str]:
    """Return spaCy's stop words of a language in search form."""
    module = importlib.import_module(f"spacy.lang.{language}.stop_words")
    return frozenset(search_form(word) for word in module.STOP_WORDS)


@lru_cache(maxsize=20000)
def _term(word: str, language: str) -> str:
    with _LOCK:
        return search_form(str(_stemmer(language).stemWord(word)))


def search_terms(text: str, language: str) -> list[str]:
    """Return the search terms of a text in its order, without repetitions.

    A language that is not one of the four gives the plain folded words.
    """
    words = _WORD.findall(text.lower())
    if language not in LANGUAGES:
        return list(dict.fromkeys(search_form(word) for word in words))
    stop = _stop_words(language)
    terms = [_term(word, language) for word in words if search_form(word) not in stop]
    return list(dict.fromkeys(term for term in terms if len(term) > 1))
