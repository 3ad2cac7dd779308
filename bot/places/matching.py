"""From words to candidate places: spellings, endings, slips, postcodes, the county."""

from __future__ import annotations

import re

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.languages import search_form
from bot.places import cues
from bot.places.gazetteer import COUNTY, OUTSIDE, Gazetteer, Place
from bot.places.mentions import BREAK, Found, Token, tokens_of
from bot.places.spelling import NearNames, is_arabic, stems

_UNKNOWN = "\x00"
_POSTCODE_WORD = re.compile(
    r"plz|postleitzahl|postcode|zip|postal|posta|kod[ui]?|بريدي|البريدي|رمز|الرمز"
)
_MONEY_OR_COUNT = re.compile(
    r"eur(?:os?|oluk|oya)?|[€$£₺]|cents?|dollars?|pounds?|lira\w*|tl|يورو|اورو|دولار|ليره|درهم|دينار"
    r"|mal|stuck|km|nummer|nr|aktenzeichen|kundennummer"
)
_SAFE_WITH_SLIP = frozenset(
    ("tr:de", "tr:da", "tr:den", "tr:dan", "tr:deki", "tr:daki", "tr:ye", "tr:ya", "tr:li")
)


class NameMatcher:
    """Looks words up in the spellings of one gazetteer; made once, used by many threads."""

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
                words = tuple(t.form for t in tokens_of(spelling) if t.form not in BREAK)
                entry = self._entries.setdefault(words, [])
                if place not in entry:
                    entry.append(place)
        self._demonyms()
        self._words = frozenset(word for words in self._entries for word in words)
        patterns = [Doc(self._vocab, words=list(words)) for words in self._entries]
        self._matcher.add("place", patterns)
        self._near = NearNames(self._fuzzy_names(), gazetteer.not_places)

    def candidates(self, tokens: list[Token]) -> list[Found]:
        """Return what may be places, in the order of their position."""
        canonical: list[str] = []
        how: list[tuple[str, bool]] = []
        found: list[Found] = []
        known = False
        for index, token in enumerate(tokens):
            if token.form.isdigit():
                place = self._postcode(tokens, index)
                if place is not None:
                    found.append(Found(index, index + 1, (place,), "postcode", True))
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
                    found.append(Found(first, last, places, " ".join(ways), sure))
        found.sort(key=lambda item: item.first)
        return [self._county(tokens, item) for item in found]

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

    def _canonical(self, token: Token) -> tuple[str, str, bool]:
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

    def _postcode(self, tokens: list[Token], index: int) -> Place | None:
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
        named = any(
            _POSTCODE_WORD.fullmatch(other.form) for other in tokens[max(0, index - 3) : index]
        )
        if not named and _numbers_something(tokens, index):
            return None
        place = self._postcodes.get(token.form)
        if place is not None:
            return place
        alone = len([other for other in tokens if other.form not in BREAK]) == 1
        if (named or alone) and "01001" <= token.form <= "99998":
            return Place(token.form, "outside", OUTSIDE, (token.form,))
        return None

    def _county(self, tokens: list[Token], item: Found) -> Found:
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
            return Found(first, last, (county,), item.how, item.sure)
        return item


def _numbers_something(tokens: list[Token], index: int) -> bool:
    """Return whether the words around a number say that it numbers a file, bill or telephone."""
    if index + 1 < len(tokens) and cues.NUMBERED_AFTER.fullmatch(tokens[index + 1].form):
        return True
    words: list[str] = []
    for token in reversed(tokens[max(0, index - 4) : index]):
        if token.form in BREAK and (words or token.form not in ".:"):
            break
        if token.form not in BREAK:
            words.append(token.form)
    return any(cues.NUMBER_OF.fullmatch(word) for word in words[:3])
