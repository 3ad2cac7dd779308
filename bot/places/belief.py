"""Is a name really a place here, and which? Many names are ordinary words or people's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bot.places import cues
from bot.places.gazetteer import COUNTY, OUTSIDE, Place
from bot.places.mentions import BREAK, Found, PlaceMention, Token
from bot.places.spelling import is_arabic

_SHORT_ARABIC = 6
_SHORT_LATIN = 5


def is_street_or_person(tokens: list[Token], item: Found) -> bool:
    """Return whether a name is part of a street's ("Coesfelder Straße") or somebody's own."""
    if any(place.kind in ("postcode", "county") for place in item.places):
        return False
    after = tokens[item.last].form if item.last < len(tokens) else ""
    before = tokens[item.first - 1].form if item.first else ""
    if before in cues.STREET_BEFORE or before in cues.PERSON_BEFORE:
        return True
    if before in cues.NAMED_BEFORE and all(place.decide != "name" for place in item.places):
        return True
    adjective = "de:er" in item.how or tokens[item.last - 1].form.endswith("er")
    if not cues.STREET_AFTER.fullmatch(after):
        return False
    return adjective or after not in {"platz", "ring", "tor", "wall", "berg", "weg"}


def signals_of(found: Iterable[Found]) -> set[str]:
    """Return the municipalities that a name without doubt in the message points to."""
    return {
        place.municipality
        for item in found
        for place in item.places
        if place.decide == "name" and place.municipality not in (None, COUNTY)
    }


def decide(
    text: str,
    tokens: list[Token],
    item: Found,
    found: list[Found],
    signals: set[str],
    expected: bool,
) -> PlaceMention | None:
    """Return the mention that a candidate stands for, or ``None`` where it is no place.

    ``signals`` are the municipalities named without doubt; ``expected`` says that the assistant
    has just asked for the place.
    """
    plain = [place for place in item.places if place.decide == "name"]
    place = plain[0] if plain else item.places[0]
    asked = expected or len([token for token in tokens if token.form not in BREAK]) <= 1
    if plain:
        doubtful = _is_doubtful(tokens[item.first], place, item.how)
        if doubtful and not (asked or _is_led_in(tokens, item, found)):
            return None
        how = f" ({item.how})" if item.how else ""
        verdict = _Verdict(place, place.municipality, item.sure, f"name{how}")
    elif place.kind == "postcode":
        reason = "postcode of an authority or PO boxes"
        verdict = _Verdict(place, place.municipality, False, reason)
    else:
        own = {key for candidate in item.places for key in candidate.also_in}
        weigh = _second_signal if place.decide == "second_signal" else _also_a_word
        found_out = weigh(tokens, item, found, own & signals, expected, asked)
        if found_out is None:
            return None
        verdict = found_out
    return _mention(text, tokens, item, verdict)


class _Verdict(NamedTuple):
    place: Place
    municipality: str | None
    certain: bool
    reason: str


def _second_signal(
    tokens: list[Token],
    item: Found,
    found: list[Found],
    named: set[str],
    expected: bool,
    asked: bool,
) -> _Verdict | None:
    """Judge a name of several places: another sign in the message decides, or a question."""
    place = item.places[0]
    if len(named) == 1:
        place = next((p for p in item.places if named & p.also_in), place)
        return _Verdict(place, named.pop(), True, "second signal names the municipality")
    cue = _place_cue(tokens, item, found, strict=False)
    if cue or asked:
        reason = f"may mean several places ({cue or 'asked for'})"
        return _Verdict(place, place.municipality, False, reason)
    return None


def _also_a_word(
    tokens: list[Token],
    item: Found,
    found: list[Found],
    named: set[str],
    expected: bool,
    asked: bool,
) -> _Verdict | None:
    """Judge a name that is an ordinary word too: a cue decides; some are worth a question."""
    place = item.places[0]
    cue = _place_cue(tokens, item, found, strict=place.decide == "cue")
    if expected or cue:
        reason = f"also a word; place by {cue or 'the question'}"
        return _Verdict(place, place.municipality, True, reason)
    if named and place.decide == "cue_or_question":
        return _Verdict(place, place.municipality, True, "second signal in the message")
    if place.decide == "cue_or_question" or (asked and place.municipality != OUTSIDE):
        return _Verdict(place, place.municipality, False, "also a word; no cue")
    return None


def _mention(text: str, tokens: list[Token], item: Found, verdict: _Verdict) -> PlaceMention:
    """Return the mention of a verdict, its role still to be found out."""
    place, municipality, certain, reason = verdict
    start, end = tokens[item.first].start, tokens[item.last - 1].end
    kind = "village" if place.kind == "locality" else place.kind
    if municipality == OUTSIDE:
        kind = "outside"
    elif municipality is not None and kind == "outside":
        kind = "village"
    return PlaceMention(
        text[start:end], start, end, municipality, place.name, kind, certain, "home", reason
    )


def _is_doubtful(token: Token, place: Place, how: str) -> bool:
    """Return whether a name may as well be another word and needs a cue to be a place.

    So it is with misspelt short Arabic names, which share their consonants with many words, and
    outside the county with misspelt names and short ones without a capital (``wesel`` is
    Arabizi for "arrived").
    """
    foreign = place.municipality == OUTSIDE and place.kind == "outside"
    _, slipped, name = how.partition("slip:")
    if slipped:
        return foreign or (is_arabic(token.form) and len(name) <= _SHORT_ARABIC)
    return foreign and not how and len(token.raw) <= _SHORT_LATIN and token.raw.islower()


def _is_led_in(tokens: list[Token], item: Found, found: list[Found]) -> bool:
    """Return whether a cue stands by the name, a preposition before a small letter included."""
    before = tokens[item.first - 1].form if item.first else ""
    return before in cues.PREPOSITIONS or bool(_place_cue(tokens, item, found, strict=False))


def _listed(tokens: list[Token], item: Found, found: list[Found]) -> bool:
    """Return whether the name stands in a list with, or hyphened to, another place."""
    for other in found:
        if other is item or all(place.decide != "name" for place in other.places):
            continue
        low, high = (
            (other.last, item.first) if other.first < item.first else (item.last, other.first)
        )
        between = [token.form for token in tokens[low:high]]
        if len(between) <= 2 and all(word in cues.AND or word in BREAK for word in between):
            return True
    return False


def _place_cue(tokens: list[Token], item: Found, found: list[Found], *, strict: bool) -> str:
    """Return the word that makes an ordinary word a place here, or an empty string.

    ``strict`` is for words that are common otherwise ("senden", "essen").
    """
    place = item.places[0]
    word, own = tokens[item.first], tokens[item.last - 1]
    if own.suffix and own.suffix != "s":
        return f"'{own.suffix}"
    kind, _, letters = item.how.partition(":")
    if kind == "ar" and cues.ARABIC_PREPOSITION_CLITIC.match(letters):
        return letters
    if kind in {"az", "tr"} or (kind == "de" and letters != "s"):
        return letters
    before = [token.form for token in tokens[max(0, item.first - 3) : item.first]]
    if before and before[-1] in place.block_before:
        return ""
    arabic = is_arabic(word.form)
    named = arabic or (word.raw[:1].isupper() and not _all_capitals(tokens))
    foreign = place.municipality in (OUTSIDE, None)
    return (
        _cue_before(before, named=named, arabic=arabic, foreign=foreign, strict=strict)
        or _cue_after([token.form for token in tokens[item.last : item.last + 3]])
        or (_cue_of_neighbours(tokens, item, found, foreign=foreign) if named else "")
    )


def _cue_before(
    before: list[str], *, named: bool, arabic: bool, foreign: bool, strict: bool
) -> str:
    """Return the word before the name that makes it a place.

    ``named`` says that the name is written as one (capital or Arabic), ``foreign`` that it may
    lie outside the county.
    """
    previous = before[-1] if before else ""
    second = before[-2] if len(before) > 1 else ""
    unclear = strict and foreign and previous in {"nach", "von", "bei", "ab", "at", "min"}
    if previous in cues.PREPOSITIONS and (named or not foreign) and not unclear:
        return previous
    if previous == "to" and named and not arabic:
        return previous
    if strict and named and not foreign and previous in cues.MEANT_FOR:
        return previous
    article = strict and previous in {"der", "dem", "den", "die", "the"}
    filled = previous in cues.FILLERS and second in cues.PREPOSITIONS
    if filled and not foreign and not article:
        return f"{second} {previous}"
    if cues.LIVE_SELF.fullmatch(previous) and (named or previous in {"wohne", "lebe"}):
        return previous
    if previous in BREAK and named and second in cues.FORM_LABELS:
        return second
    sent_to = {"an", "ans", "zum", "zur", "dem"} & set(before[:-1])
    if named and previous in cues.PLACE_NOUNS and not sent_to:
        return previous
    return ""


def _cue_after(following: list[str]) -> str:
    """Return the word after the name that makes it a place (Turkish puts the verb there)."""
    if following and cues.PLACE_AFTER.fullmatch(following[0]):
        return following[0]
    for form in following:
        if form in BREAK:
            break
        if cues.LIVE_AFTER.fullmatch(form):
            return form
    return ""


def _cue_of_neighbours(
    tokens: list[Token], item: Found, found: list[Found], *, foreign: bool
) -> str:
    """Return why another place beside a capitalised name makes it a place."""
    for other in found:
        postcode = any(place.kind == "postcode" for place in other.places)
        if other is not item and postcode and item.first in (other.last, other.first - 1):
            return "postcode"
    if foreign:
        return ""
    if _listed(tokens, item, found):
        return "list of places"
    following = tokens[item.last].form if item.last < len(tokens) else ""
    beside = any(other.first == item.last + 1 for other in found)
    return following if following in cues.NEAR and beside else ""


def _all_capitals(tokens: list[Token]) -> bool:
    letters = [token.raw for token in tokens if token.raw.isalpha() and len(token.raw) > 2]
    return len(letters) > 1 and all(raw.isupper() for raw in letters)
