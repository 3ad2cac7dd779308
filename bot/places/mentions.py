"""The words of a message and the places found among them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bot.languages import search_form
from bot.places import cues
from bot.places.gazetteer import Place

# Letters and digits with the marks and invisible signs that people type inside words.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u00ad\u2060"
_TOKEN = re.compile(rf"[^\W_][^\W_{_MARKS}]*(?:[{_MARKS}]+[^\W_]*)*|[,،;؛!?؟\n:€$£₺]|\.(?=\s|$)")
_POSTCODE_IN_WORD = re.compile(r"([^\W\d_]+)(\d{5})|(\d{5})([^\W\d_]+)")
BREAK = frozenset(",،;؛!?؟\n:.")
SENTENCE = frozenset("!?؟.;؛\n")
_APOSTROPHE = frozenset("'’‘`´ʼ")


@dataclass(frozen=True)
class PlaceMention:
    """One place named in a message.

    ``start`` and ``end`` are character offsets in the text given to :meth:`PlaceRecognizer.find`.
    ``municipality`` is a key, ``outside_area``, ``kreis``, or ``None`` for a name that may mean
    several places. ``certain`` is false where a question should decide. ``cue`` is the word
    that decided the role, empty where there was none; ``rank`` orders mentions for
    :func:`choose` (5: the person says they live there, 0: not to be used).
    """

    text: str
    start: int
    end: int
    municipality: str | None
    name: str
    kind: str
    certain: bool
    role: str
    reason: str
    cue: str = ""
    rank: int = 2


class Token(NamedTuple):
    """A word or break; ``form`` is its folded form, offsets are characters of the text."""

    start: int
    end: int
    raw: str
    form: str
    suffix: str  # a Turkish ending behind an apostrophe


class Found(NamedTuple):
    """Words that may be a place's name, and the places so called."""

    first: int  # index of the first token
    last: int  # index after the last token
    places: tuple[Place, ...]
    how: str  # '' exact, or the ending / clitic / slip that led here
    sure: bool


def tokens_of(text: str) -> Iterable[Token]:
    """Yield words and breaks with their offsets; a Turkish ending goes with its name."""
    previous: Token | None = None
    for match in _TOKEN.finditer(text):
        raw = match.group()
        start, end = match.span()
        form = raw.lower().replace("ae", "a").replace("oe", "o").replace("ue", "u") if (
            raw.isascii()
        ) else search_form(raw)  # fmt: skip
        joined = _POSTCODE_IN_WORD.fullmatch(form) if len(form) > 5 else None
        token = Token(start, end, raw, form, "")
        if (
            previous is not None
            and start == previous.end + 1
            and text[start - 1] in _APOSTROPHE
            and (cues.TURKISH_SUFFIX.fullmatch(form) or form == "s")
        ):
            previous = previous._replace(end=end, suffix=form)
            continue
        if previous is not None:
            yield previous
        if joined is not None and len(raw) == len(form):
            cut = start + len(joined.group(1) or joined.group(3))
            size = cut - start
            yield Token(start, cut, raw[:size], form[:size], "")
            token = Token(cut, end, raw[size:], form[size:], "")
        previous = token
    if previous is not None:
        yield previous
