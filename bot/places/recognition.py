"""Finds the places in a message and says what each one is to the person who writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.languages import search_form
from bot.places import cues
from bot.places.gazetteer import COUNTY, OUTSIDE, Gazetteer, Place
from bot.places.spelling import NearNames, is_arabic, stems

# Letters and digits with the marks and invisible signs that people type inside words.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u00ad\u2060"
_TOKEN = re.compile(rf"[^\W_][^\W_{_MARKS}]*(?:[{_MARKS}]+[^\W_]*)*|[,،;؛!?؟\n:]|\.(?=\s|$)")
_POSTCODE_IN_WORD = re.compile(r"([^\W\d_]+)(\d{5})|(\d{5})([^\W\d_]+)")
_BREAK = frozenset(",،;؛!?؟\n:.")
_SENTENCE = frozenset("!?؟.;؛\n")
_APOSTROPHE = frozenset("'’‘`´ʼ")
_UNKNOWN = "\x00"
_POSTCODE_WORD = re.compile(
    r"plz|postleitzahl|postcode|zip|postal|posta|kod[ui]?|بريدي|البريدي|رمز|الرمز"
)
_MONEY_OR_COUNT = re.compile(
    r"euro?|€|cent|mal|stuck|lira|يورو|nummer|nr|tl|km|aktenzeichen|kundennummer"
)
_REACH = 8
_SAFE_WITH_SLIP = frozenset(
    ("tr:de", "tr:da", "tr:den", "tr:dan", "tr:deki", "tr:daki", "tr:ye", "tr:ya", "tr:li")
)


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


class _Token(NamedTuple):
    start: int
    end: int
    raw: str
    form: str
    suffix: str  # a Turkish ending behind an apostrophe


class _Found(NamedTuple):
    first: int  # index of the first token
    last: int  # index after the last token
    places: tuple[Place, ...]
    how: str  # '' exact, or the ending / clitic / slip that led here
    sure: bool


class PlaceRecognizer:
    """Recognises the places of one gazetteer; made once, used by many threads."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        """Index every spelling of the gazetteer; takes some tens of milliseconds."""
        self._gazetteer = gazetteer
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._entries: dict[tuple[str, ...], list[Place]] = {}
        self._postcodes: dict[str, Place] = {}
        for place in gazetteer.places:
            for spelling in place.spellings:
                if place.kind == "postcode" or spelling.isdigit():
                    self._postcodes[spelling] = place
                    continue
                words = tuple(t.form for t in _tokens(spelling) if t.form not in _BREAK)
                entry = self._entries.setdefault(words, [])
                if place not in entry:
                    entry.append(place)
        self._demonyms()
        self._words = frozenset(word for words in self._entries for word in words)
        patterns = [Doc(self._vocab, words=list(words)) for words in self._entries]
        self._matcher.add("place", patterns)
        self._near = NearNames(self._fuzzy_names(), gazetteer.not_places)

    def find(self, text: str, *, expected: bool = False) -> list[PlaceMention]:
        """Return the places named in ``text`` in the order of their position.

        ``expected`` says that the assistant has just asked for the place: then a name that is
        also an ordinary word (``senden``) counts as the place.
        """
        tokens = list(_tokens(text))
        found = self._matches(tokens)
        if not found:
            return []
        found = [item for item in found if not self._is_street_or_person(tokens, item)]
        signals = self._signals(found)
        mentions: list[PlaceMention] = []
        spans: list[_Found] = []
        for item in found:
            mention = self._decide(text, tokens, item, found, signals, expected)
            if mention is not None:
                mentions.append(mention)
                spans.append(item)
        roles = [
            _with_role(mention, tokens, spans[index], spans)
            for index, mention in enumerate(mentions)
        ]
        return _settle(text, roles)

    @staticmethod
    def choose(mentions: Sequence[PlaceMention], rule: str = "home") -> PlaceMention | None:
        """Return the mention that counts for a rule; see :func:`choose`."""
        return choose(mentions, rule)

    # --- the index ---

    def _demonyms(self) -> None:
        """Add "Lüdinghauser": names in -hausen lose their ending before -er."""
        for words in [w for w in self._entries if len(w) == 1 and w[0].endswith("hausen")]:
            stem = words[0][:-2]
            for ending in ("er", "erin", "ern"):
                self._entries.setdefault((stem + ending,), self._entries[words])

    def _fuzzy_names(self) -> list[str]:
        names: list[str] = []
        for words, places in self._entries.items():
            if len(words) != 1 or any(place.decide != "name" for place in places):
                continue
            official = any(search_form(place.name) == words[0] for place in places)
            inside = any(place.municipality not in (OUTSIDE, COUNTY) for place in places)
            rural = all(place.kind == "locality" for place in places)
            shortest = 7 if not inside else 8 if rural else 6
            arabic = inside and is_arabic(words[0])
            if arabic or (official and len(words[0]) >= shortest):
                names.append(words[0])
        return names

    # --- from tokens to candidate places ---

    def _matches(self, tokens: list[_Token]) -> list[_Found]:
        canonical: list[str] = []
        how: list[tuple[str, bool]] = []
        found: list[_Found] = []
        known = False
        for index, token in enumerate(tokens):
            if token.form.isdigit():
                place = self._postcode(tokens, index)
                if place is not None:
                    found.append(_Found(index, index + 1, (place,), "postcode", True))
                canonical.append(_UNKNOWN)
                how.append(("", True))
                continue
            word, way, sure = self._canonical(token)
            known = known or word != _UNKNOWN
            canonical.append(word)
            how.append((way, sure))
        if known:
            # Words that no name holds stay out, so that the vocabulary keeps no user's words.
            doc = Doc(self._vocab, words=canonical)
            spans = sorted(self._matcher(doc), key=lambda match: (match[1] - match[2], match[1]))
            taken: set[int] = set()
            for _, first, last in spans:
                if taken.isdisjoint(range(first, last)):
                    taken.update(range(first, last))
                    ways = [way for way, _ in how[first:last] if way]
                    sure = all(sure for _, sure in how[first:last])
                    places = tuple(self._entries[tuple(canonical[first:last])])
                    found.append(_Found(first, last, places, " ".join(ways), sure))
        found.sort(key=lambda item: item.first)
        return [self._county(tokens, item) for item in found]

    def _canonical(self, token: _Token) -> tuple[str, str, bool]:
        """Return the known word a token stands for, how it was found, and whether surely."""
        word = token.form
        if word in self._words:
            return word, "", True
        if len(word) < 4:
            return _UNKNOWN, "", True
        possible = stems(word)
        for stem, ending in possible:
            if stem in self._words and self._may_take(stem, ending):
                return stem, ending, True
        for name in self._near.one_slip(word):
            return name, f"slip:{name}", True
        for stem, ending in possible:
            if ending in _SAFE_WITH_SLIP or (is_arabic(stem) and len(stem) >= 6):
                for name in self._near.one_slip(stem):
                    if self._inside(name) and self._may_take(name, ending):
                        return name, f"{ending} slip:{name}", True
        for name in self._near.two_slips(word):
            if self._inside(name):
                return name, f"slips:{name}", False
        return _UNKNOWN, "", True

    def _inside(self, name: str) -> bool:
        return any(place.municipality != OUTSIDE for place in self._entries.get((name,), ()))

    def _may_take(self, stem: str, ending: str) -> bool:
        """Return whether a name may carry this ending without becoming another word."""
        places = self._entries.get((stem,), [])
        if places and len(stem) < 4:
            return False
        kind, _, letters = ending.partition(":")
        if not places:  # part of a name of several words
            return is_arabic(stem) and kind == "ar"
        if all(place.decide != "name" for place in places):
            if is_arabic(stem):
                return True
            municipal = any(place.kind == "municipality" for place in places)
            safe = {"de", "den", "deki", "liyim", "liyiz", "deyiz", "deyim"}
            return municipal and (
                letters in safe or (kind == "de" and letters in {"er", "erin", "ern"})
                or (kind == "az" and letters in {"b", "3a", "bil"})
            )  # fmt: skip
        outside = all(place.municipality == OUTSIDE for place in places)
        if outside and kind in {"de", "az"}:
            return False
        if kind == "de" and not any(search_form(place.name) == stem for place in places):
            return False
        if len(stem) < 6 and kind == "tr" and len(letters) < 2:
            return not outside
        return True

    def _postcode(self, tokens: list[_Token], index: int) -> Place | None:
        """Return the place of a five-digit number that is a postcode, not an amount."""
        token = tokens[index]
        if len(token.form) != 5:
            return None
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if after is not None and _MONEY_OR_COUNT.fullmatch(after.form):
            return None
        if before is not None and (
            _MONEY_OR_COUNT.fullmatch(before.form)
            or (before.form.isdigit() and token.start - before.end <= 1)
        ):
            return None
        if after is not None and after.form.isdigit() and after.start - token.end <= 1:
            return None
        place = self._postcodes.get(token.form)
        if place is not None:
            return place
        named = any(
            _POSTCODE_WORD.fullmatch(other.form) for other in tokens[max(0, index - 3) : index]
        )
        alone = len([other for other in tokens if other.form not in _BREAK]) == 1
        if (named or alone) and "01001" <= token.form <= "99998":
            return Place(token.form, "outside", OUTSIDE, (token.form,))
        return None

    def _county(self, tokens: list[_Token], item: _Found) -> _Found:
        """Turn the town into the county where the words around it say "Kreis"."""
        if not any(p.municipality == "coesfeld" and p.kind == "municipality" for p in item.places):
            return item
        before = item.first - 1
        if before >= 1 and tokens[before].form in cues.CONNECT:
            before -= 1
        word = tokens[before].form if before >= 0 else ""
        plain = word
        for clitic in cues.ARABIC_CLITICS if word and is_arabic(word) else ():
            if word.startswith(clitic) and word[len(clitic) :] in cues.COUNTY_BEFORE:
                plain = word[len(clitic) :]
                break
        after = tokens[item.last].form if item.last < len(tokens) else ""
        joined = before == item.first - 1 or word in {"district", "county", "region", "kreis"}
        counties = {*cues.COUNTY_BEFORE, "district", "region"}
        if (plain in counties and joined) or cues.COUNTY_AFTER.fullmatch(after):
            county = next(p for p in self._gazetteer.places if p.kind == "county")
            first = before if plain in counties and joined else item.first
            last = item.last + 1 if cues.COUNTY_AFTER.fullmatch(after) else item.last
            return _Found(first, last, (county,), item.how, item.sure)
        return item

    def _is_street_or_person(self, tokens: list[_Token], item: _Found) -> bool:
        if any(place.kind in ("postcode", "county") for place in item.places):
            return False
        after = tokens[item.last].form if item.last < len(tokens) else ""
        before = tokens[item.first - 1].form if item.first else ""
        if before in cues.STREET_BEFORE or before in cues.PERSON_BEFORE:
            return True
        adjective = "de:er" in item.how or tokens[item.last - 1].form.endswith("er")
        if not cues.STREET_AFTER.fullmatch(after):
            return False
        return adjective or after not in {"platz", "ring", "tor", "wall", "berg", "weg"}

    @staticmethod
    def _signals(found: Iterable[_Found]) -> set[str]:
        """Return the municipalities that a name without doubt in the message points to."""
        return {
            place.municipality
            for item in found
            for place in item.places
            if place.decide == "name" and place.municipality not in (None, COUNTY)
        }

    # --- is it a place, and which ---

    def _decide(
        self,
        text: str,
        tokens: list[_Token],
        item: _Found,
        found: list[_Found],
        signals: set[str],
        expected: bool,
    ) -> PlaceMention | None:
        start, end = tokens[item.first].start, tokens[item.last - 1].end
        places = item.places
        plain = [place for place in places if place.decide == "name"]
        place = plain[0] if plain else places[0]

        def mention(municipality: str | None, certain: bool, reason: str) -> PlaceMention:
            kind = "village" if place.kind == "locality" else place.kind
            if municipality == OUTSIDE:
                kind = "outside"
            elif municipality is not None and kind == "outside":
                kind = "village"
            return PlaceMention(
                text[start:end], start, end, municipality, place.name, kind, certain, "home", reason
            )

        if plain:
            how = f" ({item.how})" if item.how else ""
            return mention(place.municipality, item.sure, f"name{how}")
        if place.kind == "postcode":
            return mention(place.municipality, False, "postcode of an authority or PO boxes")

        decide = place.decide
        own = {key for candidate in places for key in candidate.also_in}
        named = own & signals
        bare = len([token for token in tokens if token.form not in _BREAK]) <= 1
        if decide == "second_signal":
            if len(named) == 1:
                place = next((p for p in places if named & p.also_in), place)
                return mention(named.pop(), True, "second signal names the municipality")
            cue = _place_cue(tokens, item, found, strict=False)
            if cue or expected or bare:
                means = place.municipality
                return mention(means, False, f"may mean several places ({cue or 'asked for'})")
            return None
        strict = decide == "cue"
        cue = _place_cue(tokens, item, found, strict=strict)
        if expected or cue:
            return mention(
                place.municipality, True, f"also a word; place by {cue or 'the question'}"
            )
        if named and decide == "cue_or_question":
            return mention(place.municipality, True, "second signal in the message")
        if decide == "cue_or_question" or (bare and place.municipality != OUTSIDE):
            return mention(place.municipality, False, "also a word; no cue")
        return None


def _tokens(text: str) -> Iterable[_Token]:
    """Yield words and breaks with their offsets; a Turkish ending goes with its name."""
    previous: _Token | None = None
    for match in _TOKEN.finditer(text):
        raw = match.group()
        start, end = match.span()
        form = raw.lower().replace("ae", "a").replace("oe", "o").replace("ue", "u") if (
            raw.isascii()
        ) else search_form(raw)  # fmt: skip
        joined = _POSTCODE_IN_WORD.fullmatch(form) if len(form) > 5 else None
        token = _Token(start, end, raw, form, "")
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
            yield _Token(start, cut, raw[:size], form[:size], "")
            token = _Token(cut, end, raw[size:], form[size:], "")
        previous = token
    if previous is not None:
        yield previous


def _listed(tokens: list[_Token], item: _Found, found: list[_Found]) -> bool:
    """Return whether the name stands in a list with, or hyphened to, another place."""
    for other in found:
        if other is item or all(place.decide != "name" for place in other.places):
            continue
        low, high = (
            (other.last, item.first) if other.first < item.first else (item.last, other.first)
        )
        between = [token.form for token in tokens[low:high]]
        if len(between) <= 2 and all(word in cues.AND or word in _BREAK for word in between):
            return True
    return False


def _place_cue(tokens: list[_Token], item: _Found, found: list[_Found], *, strict: bool) -> str:
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
    article = strict and previous in {"der", "dem", "den", "die", "the"}
    filled = previous in cues.FILLERS and second in cues.PREPOSITIONS
    if filled and not foreign and not article:
        return f"{second} {previous}"
    if cues.LIVE_SELF.fullmatch(previous) and (named or previous in {"wohne", "lebe"}):
        return previous
    if previous in _BREAK and named and second in cues.FORM_LABELS:
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
        if form in _BREAK:
            break
        if cues.LIVE_AFTER.fullmatch(form):
            return form
    return ""


def _cue_of_neighbours(
    tokens: list[_Token], item: _Found, found: list[_Found], *, foreign: bool
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


def _all_capitals(tokens: list[_Token]) -> bool:
    letters = [token.raw for token in tokens if token.raw.isalpha() and len(token.raw) > 2]
    return len(letters) > 1 and all(raw.isupper() for raw in letters)


# --- what the place is to the person ---


def _with_role(
    mention: PlaceMention, tokens: list[_Token], span: _Found, spans: list[_Found]
) -> PlaceMention:
    """Return the mention with role, cue and rank from the words near it."""
    others = [other for other in spans if other is not span]
    clauses = _clauses(tokens, spans)
    before = _reach(tokens, span, -1, others, clauses)
    after = _reach(tokens, span, 1, others, clauses)
    direct = before[0][0] if before else ""
    direct = next((form for form, _ in before if form not in cues.FILLERS), direct)
    near_before = [form for form, cost in before if cost <= 4]
    everything = sorted(
        [(cost, 0, form) for form, cost in before] + [(cost + 1, 1, form) for form, cost in after]
    )
    own = tokens[span.last - 1]
    ending = own.suffix or (
        span.how.split(" ")[0].partition(":")[2] if span.how.startswith("tr:") else ""
    )
    away = direct in cues.FROM or bool(re.fullmatch(r"n?[dt][ae]n", ending))
    towards = (
        direct in cues.TO or bool(re.fullmatch(r"y?[ae]", ending)) or span.how.startswith("ar:ل")
    )
    forms = [form for _, _, form in everything]
    live = next(
        (f for f in forms if cues.LIVE_SELF.fullmatch(f) or cues.LIVE_OTHER.fullmatch(f)), ""
    )
    move = next((form for form in forms if cues.MOVE.fullmatch(form)), "")

    def role(name: str, cue: str, rank: int) -> PlaceMention:
        return replace(
            mention,
            role=name,
            cue=cue,
            rank=rank,
            reason=f"{mention.reason}; {name}{' by ' + cue if cue else ', no cue'}",
        )

    if after and cues.NOT_AFTER.fullmatch(after[0][0]):
        return role("other", after[0][0], 0)
    no = next((form for form in near_before if form in cues.NOT), "")
    if no and (live or others) and _negates(before, no):
        return role("other", no, 0)
    if move and (away or _left(forms)):
        return role("other", f"{direct} … {move}", 0)
    if (
        others
        and away
        and any(_direction(tokens, other) for other in others if other.first > span.first)
    ):
        return role("other", direct or ending, 0)
    if (
        others
        and direct in cues.NEAR
        and not any(other.places[0].municipality == mention.municipality for other in others)
        and span.first
        and any(other.last >= span.first - 2 and other.first < span.first for other in others)
    ):
        return role("other", direct, 0)
    clause = _clause(tokens, span, clauses)
    former = next((form for form in clause if cues.FORMER.fullmatch(form)), "")
    if re.fullmatch(r"[dt][ae]yd\w*", own.suffix):
        return role("other", own.suffix, 0)
    if former and not (former in {"زمان", "اول", "كنت", "كنا"} and not live):
        return role("other", former, 0)
    if "lived" in forms[:5] or ("used" in forms and "live" in forms):
        if not {"have", "has", "ve"} & set(forms):
            return role("other", "lived", 0)
        return role("home", "lived", 5)
    present = next((form for form in near_before if form in cues.NOW), "")
    if present and not (live or move):
        return role("home", present, 5)
    for _, _, form in everything:
        if cues.BIRTH.fullmatch(form):
            return role("birth", form, 2)
        if cues.LIVE_SELF.fullmatch(form):
            return role("home", form, 5 if not _third(before, form) else 3)
        if cues.LIVE_OTHER.fullmatch(form):
            return role("home", form, 3)
        if cues.MOVE.fullmatch(form) and (towards or not away):
            return role("home", form, 3 if cues.FUTURE & set(forms) else 4)
        if cues.SCHOOL.fullmatch(form):
            return role("school", form, 1)
    if any(form in cues.SUBJECT for form in near_before[:2]):
        return role("home", next(f for f in near_before if f in cues.SUBJECT), 4)
    if away:
        return role("home", direct or ending, 3)
    if "de:er" in span.how and {"ich", "wir"} & set(near_before):
        return role("home", span.how, 4)
    return role("home", "", 3 if mention.kind == "postcode" else 2)


def _clauses(tokens: list[_Token], spans: list[_Found]) -> list[int]:
    """Return for every token the number of its part of the message.

    A part ends at a comma or stop, at "and", "but", "now"; not inside a list of places.
    """
    inside = {index for span in spans for index in range(span.first, span.last)}
    numbers: list[int] = []
    number = 0
    for index, token in enumerate(tokens):
        form = token.form
        listing = index - 1 in inside and index + 1 in inside
        begins = is_arabic(form) and len(form) > 3 and form[0] == "و" and index not in inside
        if form in _BREAK or form in cues.AND or form in cues.NOW or begins:
            number += not listing
        numbers.append(number)
    return numbers


def _reach(
    tokens: list[_Token], span: _Found, step: int, others: list[_Found], clauses: list[int]
) -> list[tuple[str, int]]:
    """Return the folded words on one side with how far away they count.

    A word belongs to the place in its own part of the message; a comma, a conjunction or
    another place between makes it count as farther; the end of the sentence ends the reach.
    """
    inside = {index for other in others for index in range(other.first, other.last)}
    taken = {clauses[index] for index in inside}
    own = clauses[span.first]
    words: list[tuple[str, int]] = []
    index = span.first - 1 if step < 0 else span.last
    cost = 0
    crossed = False
    while 0 <= index < len(tokens) and cost <= _REACH:
        form = tokens[index].form
        cost += 1
        if form in _SENTENCE:
            break
        if form in _BREAK:
            cost += 3
        elif index in inside:
            cost += 0 if crossed else 2
            crossed = True
        else:
            crossed = False
            cost += 2 * (form in cues.AND)
            if clauses[index] == own or clauses[index] not in taken:
                words.append((_bare(form), cost))
        index += step
    return words


def _clause(tokens: list[_Token], span: _Found, clauses: list[int]) -> list[str]:
    """Return the folded words of the part of the sentence that the place stands in."""
    first, last = span.first, span.last
    while first and clauses[first - 1] == clauses[span.first]:
        first -= 1
    while last < len(tokens) and clauses[last] == clauses[span.first]:
        last += 1
    return [_bare(token.form) for token in tokens[first:last]]


def _bare(form: str) -> str:
    """Return an Arabic word without conjunction, article and preposition (والمدرسة -> مدرسه)."""
    if not is_arabic(form):
        return form
    if form[0] == "و" and len(form) > 3:
        form = form[1:]
    for clitic in ("بال", "لل", "ال", "عال"):
        if form.startswith(clitic) and len(form) - len(clitic) >= 3:
            return form[len(clitic) :]
    return form


def _negates(before: list[tuple[str, int]], no: str) -> bool:
    """Return whether a negation belongs to the place: "nicht in X", "wohne nicht mehr in X"."""
    words = [form for form, _ in before][:4]
    if no not in words:
        return False
    between = words[: words.index(no)]
    allowed = (
        cues.PREPOSITIONS | cues.FILLERS | {"t", "mehr", "anymore", "any", "longer", "direkt", "to"}
    )
    return all(
        form in allowed or cues.LIVE_SELF.fullmatch(form) or cues.LIVE_OTHER.fullmatch(form)
        for form in between
    )


def _left(forms: list[str]) -> bool:
    return bool({"weggezogen", "ausgezogen", "weg"} & set(forms[:4]))


def _direction(tokens: list[_Token], item: _Found) -> bool:
    """Return whether a later place is the goal of a move ("from X to Y")."""
    previous = tokens[item.first - 1].form if item.first else ""
    own = tokens[item.last - 1]
    return (
        previous in cues.TO
        or bool(re.fullmatch(r"y?[ae]", own.suffix))
        or item.how in {"tr:e", "tr:a", "tr:ye", "tr:ya"}
        or item.how.startswith("ar:ل")
    )


_OTHER_PEOPLE = re.compile(
    r"(?:mutter|vater|eltern|ex|exmann|exfrau|freund\w*|bruder|schwester|oma|opa|mann|frau|sohn|tochter|tante"
    r"|onkel|mother|father|parents|brother|sister|husband|wife|friend|ex|annem|babam|kardesim|ablam"
    r"|abim|esim|امي|ابوي|ابي|اخي|اخوي|اختي|والدتي|والدي|زوجي|زوجتي|جوزي)"
)


def _third(before: list[tuple[str, int]], form: str) -> bool:
    """Return whether somebody else than the writer lives there."""
    words = [word for word, _ in before]
    if any(word in cues.SUBJECT for word in words):
        return False
    return any(_OTHER_PEOPLE.fullmatch(word) for word in words[:7]) and form not in {
        "wohne",
        "lebe",
    }


# --- the mentions together ---


def _settle(text: str, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """Join "48653 Coesfeld-Lette" into one mention; doubt a postcode that names another town."""
    settled: list[PlaceMention] = []
    for mention in mentions:
        if settled:
            last = settled[-1]
            gap = text[last.end : mention.start]
            close = len(gap) <= 3 and not any(c.isalnum() for c in gap) and "\n" not in gap
            if close and last.municipality == mention.municipality and mention.municipality:
                best = max(
                    last, mention, key=lambda m: ("postcode", "municipality").count(m.kind) == 0
                )
                best = mention if last.kind == "postcode" and best is last else best
                role = max(last, mention, key=lambda m: (m.rank == 0, bool(m.cue), m.rank))
                settled[-1] = replace(
                    best,
                    text=text[last.start : mention.end],
                    start=last.start,
                    end=mention.end,
                    certain=last.certain or mention.certain,
                    role=role.role,
                    cue=role.cue,
                    rank=role.rank,
                )
                continue
            if close and last.kind == "postcode" and mention.kind != "county":
                settled[-1] = replace(last, certain=False, reason="postcode and name differ")
                mention = replace(mention, certain=False, reason="postcode and name differ")
        settled.append(mention)
    return settled


def choose(mentions: Sequence[PlaceMention], rule: str = "home") -> PlaceMention | None:
    """Return the mention that counts, or ``None`` where a question has to decide.

    ``home`` takes where the person lives; a school's or work's place counts only where it is
    the only municipality named. ``birth`` takes where the child was or will be born; a place
    where the person says they live does not stand in for it.
    """
    usable = [mention for mention in mentions if mention.role != "other"]
    if rule == "birth":
        born = [m for m in usable if m.role == "birth"]
        usable = born or [m for m in usable if m.role == "home" and not m.cue]
    elif any(m.role != "birth" for m in usable):
        usable = [m for m in usable if m.role != "birth"] or usable
    if any(m.kind != "county" for m in usable):
        usable = [m for m in usable if m.kind != "county"]
    if not usable:
        return None
    if len({m.municipality for m in usable}) > 1:
        top = max(m.rank for m in usable)
        usable = [m for m in usable if m.rank == top]
        if len({m.municipality for m in usable}) > 1 and top <= 2:
            usable = [m for m in usable if m.municipality != OUTSIDE]
        if len({m.municipality for m in usable}) != 1:
            return None
    order = ("village", "municipality", "postcode", "outside", "county")
    return min(usable, key=lambda m: (not m.certain, -m.rank, order.index(m.kind), m.start))
