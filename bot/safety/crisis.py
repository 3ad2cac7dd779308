"""Crisis detection by rules: what a person in danger, or somebody beside them, writes.

The rules are data (``crisis_rules.yml``); this module only compiles and runs them. A rule is a set
of patterns over words in search form, so that endings, umlauts, missing diacritics and Arabic
clitics do not matter. One pattern is written as words with spaces between them:

* ``word`` one word, ``word*`` a word that begins so, ``a|b*`` either, ``nicht_mehr`` two words;
* ``{name}`` any entry of the list ``name`` under ``words``; ``element?`` may be missing;
* ``..`` up to three words in between, ``..5`` up to five; never across the end of a sentence;
* ``!word`` the next word is none of these; ``^`` and ``$`` begin and end a sentence.

A rule matches with one of ``any``, with every one of ``all``, or with one group of ``near`` (its
elements in any order, few words apart). ``unless`` takes the match back, ``soften`` makes it
:data:`SOON`; both look only at the words around the match, so that an idiom elsewhere in a long
message hides nothing. Each pattern is run only when the message holds a word that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from bot.errors import MissingArtefactError
from bot.languages import search_form
from bot.yaml_text import read_yaml_text

IMMEDIATE = "immediate"
SOON = "soon"

_ARABIC = re.compile("[\u0600-\u06ff]")
_TOKEN = re.compile(r"(?<!\d)[.!?;\n؟؛…]+|[^\W_]+", re.UNICODE)
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
# Conjunctions and prepositions that are written together with the next Arabic word.
_CLITICS = "(?:[وف])?(?:[بك]?ال|لل|هال|[بلكسحه])?"
_CONJUNCTION = "[وف]?"
_PARTICLE = 2
_ARTICLES = ("بال", "كال", "هال", "ال", "لل")
_PREPOSITIONS = tuple("بلكسحه")
_GAP = 3
_NEAR = 5
# Words before and after a match in which a guard (an idiom, the past, a question) is looked for.
_AROUND = 12
_MATCHES = 24
_TYPO_LENGTH = 6
_END = "."


@dataclass(frozen=True)
class CrisisSign:
    """Why a message was flagged."""

    kind: str
    level: str
    rule: str
    matched: str


@dataclass(frozen=True)
class CrisisRule:
    """One rule as it is written, compiled.

    ``ways`` are the alternative ways to match; every pattern of one way must be found.
    """

    id: str
    kind: str
    level: str
    lang: str
    ways: tuple[tuple[Pattern, ...], ...]
    unless: re.Pattern[str] | None
    soften: re.Pattern[str] | None
    examples: tuple[str, ...]
    look_alikes: tuple[str, ...]


@dataclass(frozen=True)
class Pattern:
    """A regular expression over prepared text, and the words one of which it needs."""

    expression: re.Pattern[str]
    words: frozenset[str]
    prefixes: frozenset[str]


class CrisisDetector:
    """Runs the rules on a message; it keeps no state between messages."""

    def __init__(
        self, rules: Sequence[CrisisRule], order: Sequence[str], spelling: Spelling
    ) -> None:
        """Keep compiled rules; ``order`` names the kinds, the one to be answered first first."""
        self.rules = tuple(rules)
        self._rank = {kind: rank for rank, kind in enumerate(order)}
        self._spelling = spelling
        self._words: dict[str, list[int]] = {}
        self._prefixes: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            for way in rule.ways:
                # The first pattern of a way decides whether the way is tried at all.
                for word in way[0].words:
                    self._words.setdefault(word, []).append(number)
                for prefix in way[0].prefixes:
                    self._prefixes.setdefault(prefix, []).append(number)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    @classmethod
    def load(cls, path: Path) -> CrisisDetector:
        """Read and compile the rules of a YAML file.

        Raises :class:`MissingArtefactError` when the file is not there and :class:`ValueError`
        when a rule is written wrongly, with the name of the rule.
        """
        if not path.exists():
            raise MissingArtefactError(f"The crisis rules {path.name} are missing in bot/safety")
        data = read_yaml_text(path.read_text(encoding="utf-8"))
        compiler = _Compiler(data["words"], data.get("guards", {}), data.get("defaults", {}))
        rules = [compiler.rule(row) for row in data["rules"]]
        unknown = {rule.kind for rule in rules} - set(data["order"])
        if unknown:
            raise ValueError(f"Kinds without a place in the order: {sorted(unknown)}")
        return cls(rules, data["order"], Spelling(data["typos"], data["not_typos"]))

    def detect(self, text: str) -> CrisisSign | None:
        """Return the most urgent sign of a crisis in a message, or ``None``.

        Signs of level :data:`IMMEDIATE` come before those of :data:`SOON`, then the order of
        kinds of the rules file counts.
        """
        signs = list(self.signs(text))
        if not signs:
            return None
        return min(signs, key=lambda sign: (sign.level != IMMEDIATE, self._rank[sign.kind]))

    def signs(self, text: str) -> Iterator[CrisisSign]:
        """Yield one sign for every rule that matches, in the order of the file."""
        tokens = self._spelling.correct(tokenize(text))
        if not tokens:
            return
        prepared = f" {' '.join(tokens)} "
        for number in sorted(self._candidates(tokens)):
            sign = _apply(self.rules[number], prepared)
            if sign is not None:
                yield sign

    def _candidates(self, tokens: Iterable[str]) -> set[int]:
        """Return the numbers of the rules that need a word of the message."""
        found: set[int] = set()
        for token in set(tokens):
            for form in _stems(token):
                found.update(self._words.get(form, ()))
                for length in self._lengths:
                    if length > len(form):
                        break
                    found.update(self._prefixes.get(form[:length], ()))
        return found


class Spelling:
    """Corrects one slip (a letter left out, added, changed, two swapped) in chosen words.

    Only words that a crisis is told with are corrected, and never words that are real words
    themselves (``geschlafen`` is not ``geschlagen``).
    """

    def __init__(self, words: Iterable[str], real_words: Iterable[str]) -> None:
        """Index the words by what is left of them when one letter is missing."""
        self._known = frozenset(search_form(word) for word in words)
        self._real = frozenset(search_form(word) for word in real_words)
        self._near: dict[str, str] = {}
        for word in sorted(self._known):
            for shorter in (word, *_without_one(word)):
                self._near.setdefault(shorter, word)

    def correct(self, tokens: Sequence[str]) -> list[str]:
        """Return the tokens with slips in known words put right."""
        return [self._word(token) for token in tokens]

    def _word(self, token: str) -> str:
        if len(token) < _TYPO_LENGTH - 1 or token in self._known or token in self._real:
            return token
        for form in (token, *_without_one(token)):
            word = self._near.get(form)
            if word is not None and token[0] == word[0] and _one_slip(token, word):
                return word
        return token


def tokenize(text: str) -> list[str]:
    """Return the words of a text in search form; the end of a sentence is the token ``.``."""
    folded = _REPEATED.sub(r"\1", search_form(text).replace("'", ""))
    return [token if token[0].isalnum() else _END for token in _TOKEN.findall(folded)]


def _stems(token: str) -> tuple[str, ...]:
    """Return a token and, for Arabic, what is left of it without its clitics."""
    if not _ARABIC.match(token):
        return (token,)
    forms = {token}
    for form in (token, token[1:] if token[0] in "وف" else token):
        forms.add(form)
        forms.update(form[len(start) :] for start in _ARTICLES if form.startswith(start))
        if form.startswith(_PREPOSITIONS):
            forms.add(form[1:])
    return tuple(forms)


def _without_one(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _one_slip(first: str, second: str) -> bool:
    """Return whether one insertion, deletion, change or swap leads from one word to the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    a, b = first[start:], second[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _apply(rule: CrisisRule, prepared: str) -> CrisisSign | None:
    """Return the sign of a rule: at its own level if any match is not softened."""
    softened: CrisisSign | None = None
    for way in rule.ways:
        if any(pattern.expression.search(prepared) is None for pattern in way[1:]):
            continue
        for match in islice(way[0].expression.finditer(prepared), _MATCHES):
            around = _around(prepared, match.start(), match.end())
            if rule.unless is not None and rule.unless.search(around):
                continue
            sign = CrisisSign(rule.kind, rule.level, rule.id, match.group().strip())
            if rule.soften is None or not rule.soften.search(around):
                return sign
            softened = CrisisSign(rule.kind, SOON, rule.id, sign.matched)
    return softened


def _around(prepared: str, start: int, end: int) -> str:
    """Return the words around a match in its sentence, with a space on both sides."""
    before = prepared[:start].rsplit(f" {_END} ", 1)[-1].split()[-_AROUND:]
    after = prepared[end:].split(f"{_END} ", 1)
    # A question mark after the match is not kept: a question is known by its words.
    following = after[0].split()[:_AROUND]
    return " ".join(["", *before, *prepared[start:end].split(), *following, ""])


class _Compiler:
    """Turns written rules into compiled ones."""

    def __init__(
        self,
        words: Mapping[str, Sequence[str]],
        guards: Mapping[str, Sequence[str]],
        defaults: Mapping[str, Mapping[str, Sequence[str]]],
    ) -> None:
        self._words = words
        self._guards = guards
        self._defaults = defaults

    def rule(self, row: Mapping[str, Any]) -> CrisisRule:
        """Compile one rule; raises :class:`ValueError` with its name when it is wrong."""
        name, lang = row["id"], row["lang"]
        if row["level"] not in (IMMEDIATE, SOON):
            raise ValueError(f"{name}: level {row['level']!r}")
        if len(row["examples"]) < _GAP:
            raise ValueError(f"{name}: at least three examples are needed")
        try:
            ways = tuple(self._ways(row, lang))
            unless = self._guard(row.get("unless", ()), "unless", lang)
            soften = self._guard(row.get("soften", ()), "soften", lang)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from error
        if not ways:
            raise ValueError(f"{name}: no pattern")
        return CrisisRule(
            id=name,
            kind=row["kind"],
            level=row["level"],
            lang=lang,
            ways=ways,
            unless=unless,
            soften=soften,
            examples=tuple(row["examples"]),
            look_alikes=tuple(row.get("not", ())),
        )

    def _ways(self, row: Mapping[str, Any], lang: str) -> Iterator[tuple[Pattern, ...]]:
        for written in row.get("any", ()):
            yield (self._pattern(written, lang),)
        if row.get("all"):
            yield tuple(self._pattern(written, lang) for written in row["all"])
        gap = f"..{row.get('within', _NEAR)}"
        for group in row.get("near", ()):
            for order in permutations(group):
                yield (self._pattern(f" {gap} ".join(order), lang),)

    def _guard(self, written: Sequence[str], key: str, lang: str) -> re.Pattern[str] | None:
        """Return one expression for all guards; ``none`` leaves the defaults of a language out."""
        entries = [entry for entry in written if entry != "none"]
        if "none" not in written:
            entries += self._defaults.get(lang, {}).get(key, ())
        patterns: list[str] = []
        for entry in entries:
            patterns += self._guards[entry[1:]] if entry.startswith("@") else [entry]
        if not patterns:
            return None
        return re.compile("(?<= )(?:" + "|".join(self._source(p, lang) for p in patterns) + ")")

    def _pattern(self, written: str, lang: str) -> Pattern:
        words, prefixes = self._needed(written)
        return Pattern(
            re.compile("(?<= )" + self._source(written, lang)),
            frozenset(words),
            frozenset(prefixes),
        )

    def _source(self, written: str, lang: str) -> str:
        """Return the regular expression of a written pattern."""
        parts: list[str] = []
        for element in written.split():
            if element == "^":
                # Only the white space before the first word may precede, or an end.
                parts.append("(?<![^ .] )")
            elif element == "$":
                parts.append(r"(?=\. |$)")
            elif element.startswith("!"):
                parts.append(f"(?!{self._alternatives(element[1:], lang)} )")
            elif element.startswith(".."):
                parts.append(rf"(?:[^ .]+ ){{0,{int(element[2:] or _GAP)}}}?")
            else:
                found = self._alternatives(element.rstrip("?"), lang)
                parts.append(f"(?:{found} )?" if element.endswith("?") else f"{found} ")
        return "".join(parts)

    def _alternatives(self, element: str, lang: str) -> str:
        return f"(?:{'|'.join(self._choice(choice, lang) for choice in self._choices(element))})"

    def _choice(self, choice: str, lang: str) -> str:
        words = [re.escape(word) for word in choice.rstrip("*").split("_")]
        ending = "[^ ]*" if choice.endswith("*") else ""
        clitics = ""
        if lang == "ar" and _ARABIC.match(choice):
            # Particles are too short to strip letters from: لما is not ل + ما.
            clitics = _CLITICS if len(words[0]) > _PARTICLE else _CONJUNCTION
        return clitics + " ".join(words) + ending

    def _choices(self, element: str) -> list[str]:
        """Return the alternatives of an element in search form, lists replaced by their entries."""
        found: list[str] = []
        for choice in element.split("|"):
            if choice.startswith("{"):
                for entry in self._words[choice.strip("{}")]:
                    found += self._choices(entry.replace(" ", "_"))
            else:
                found.append(search_form(choice).replace("'", ""))
        if not all(found):
            raise ValueError(f"an empty alternative in {element!r}")
        return found

    def _needed(self, written: str) -> tuple[set[str], set[str]]:
        """Return the words and beginnings of the most telling element, one of which must occur.

        The most telling element is the one whose shortest alternative is longest.
        """
        best: list[str] = []
        for element in written.split():
            if element in ("^", "$") or element.startswith(("..", "!")) or element.endswith("?"):
                continue
            firsts = [choice.split("_")[0] for choice in self._choices(element)]
            telling = min(len(first.rstrip("*")) for first in firsts)
            if not best or telling > min(len(first.rstrip("*")) for first in best):
                best = firsts
        if not best:
            raise ValueError(f"no word in {written!r}")
        words = {first for first in best if not first.endswith("*")}
        return words, {first.rstrip("*") for first in best if first.endswith("*")}
