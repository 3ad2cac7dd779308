"""Crisis rules: every rule's own sentences, the development set's bars, and their cost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import MissingArtefactError
from bot.safety.crisis import (
    IMMEDIATE,
    SOON,
    CrisisDetector,
    CrisisRule,
    Spelling,
    tokenize,
)
from bot.safety.helplines import LINES

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "bot" / "safety" / "crisis_rules.yml"
EVALUATION = ROOT / "data" / "evaluation"
DETECTOR = CrisisDetector.load(RULES)
LANGUAGES = ("de", "en", "ar", "tr")


def _ids(rule: CrisisRule) -> str:
    return rule.id


def _rows(part: str) -> list[dict[str, object]]:
    lines = (EVALUATION / f"crisis.{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _best(seconds: Iterator[float]) -> float:
    """Return the shortest of several runs: the others were disturbed by the machine."""
    return min(seconds)


def _seconds(text: str) -> Iterator[float]:
    for _ in range(5):
        start = time.perf_counter()
        DETECTOR.detect(text)
        yield time.perf_counter() - start


@pytest.mark.parametrize("rule", DETECTOR.rules, ids=_ids)
def test_every_example_matches_its_rule(rule: CrisisRule) -> None:
    silent = [
        text
        for text in rule.examples
        if rule.id not in {sign.rule for sign in DETECTOR.signs(text)}
    ]
    assert not silent


@pytest.mark.parametrize("rule", DETECTOR.rules, ids=_ids)
def test_no_look_alike_is_answered_as_a_crisis(rule: CrisisRule) -> None:
    for text in rule.look_alikes:
        assert rule.id not in {sign.rule for sign in DETECTOR.signs(text)}, text
        sign = DETECTOR.detect(text)
        assert sign is None or sign.level == SOON, text


def test_every_kind_has_an_immediate_rule_in_every_language_and_lines() -> None:
    found = {(rule.lang, rule.kind) for rule in DETECTOR.rules if rule.level == IMMEDIATE}
    kinds = {rule.kind for rule in DETECTOR.rules}
    assert found == {(lang, kind) for lang in LANGUAGES for kind in kinds}
    assert kinds == set(LINES) - {"general"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_development_set_keeps_its_bars(lang: str) -> None:
    rows = [row for row in _rows("dev") if row["lang"] == lang]
    signs = {row["id"]: DETECTOR.detect(str(row["text"])) for row in rows}
    crises = [row for row in rows if row["crisis"]]
    direct = [row for row in crises if row["urgency"] == IMMEDIATE]
    others = [row for row in rows if not row["crisis"]]
    assert len(crises) >= 30
    assert len(others) >= 50
    assert all(signs[row["id"]] for row in direct)
    assert sum(signs[row["id"]] is not None for row in crises) / len(crises) >= 0.97
    false_alarms = [
        row["text"]
        for row in others
        if (sign := signs[row["id"]]) is not None and sign.level == IMMEDIATE
    ]
    assert len(false_alarms) / len(others) <= 0.02, false_alarms


@pytest.mark.parametrize("part", ["dev", "test"])
def test_the_evaluation_sets_are_well_formed(part: str) -> None:
    rows = _rows(part)
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["lang"] for row in rows} == set(LANGUAGES)
    for row in rows:
        assert row["urgency"] in (IMMEDIATE, SOON, "none")
        assert row["kind"] is None or row["kind"] in LINES
        if row["crisis"]:
            assert row["kind"] is not None
            assert row["urgency"] != "none"
        else:
            assert row["urgency"] != IMMEDIATE


def test_the_parts_of_the_evaluation_share_no_sentence() -> None:
    dev, test = ({str(row["text"]).casefold() for row in _rows(p)} for p in ("dev", "test"))
    assert not dev & test


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ICH WILL NICHT MEHR LEBEN!!!", "suicide"),
        ("Hallo, ich suche eine Kita. Mein Mann schlägt mich.", "violence"),
        ("selbsmord", "suicide"),
        ("kocam beni dovuyorrrr", "violence"),
        ("وجوزي بيضربني كل يوم", "violence"),
        ("I don\u2019t want to live any more", "suicide"),
        ("ölmek\u200b istiyorum", "suicide"),
    ],
)
def test_typing_does_not_hide_a_crisis(text: str, kind: str) -> None:
    sign = DETECTOR.detect(text)
    assert sign is not None
    assert (sign.kind, sign.level) == (kind, IMMEDIATE)


def test_an_idiom_elsewhere_in_the_message_hides_nothing() -> None:
    text = "Ich sterbe vor Langeweile beim Amt. Und mein Mann schlägt mich, früher auch schon oft."
    sign = DETECTOR.detect(text)
    assert sign is not None
    assert sign.kind == "violence"


def test_the_past_is_answered_beside_the_normal_answer() -> None:
    sign = DETECTOR.detect("Mein Ex hat mich vor Jahren geschlagen, wer berät mich?")
    assert sign is not None
    assert sign.level == SOON


def test_danger_to_life_comes_before_other_kinds() -> None:
    sign = DETECTOR.detect("Mein Mann hat mich geschlagen und mein Baby atmet nicht")
    assert sign is not None
    assert sign.kind == "medical"


@pytest.mark.parametrize("text", ["", " ", "?!", "123", "🙂", "48653", "Coesfeld", "ja", "لا"])
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert DETECTOR.detect(text) is None


def test_a_slip_is_put_right_but_no_real_word_is_changed() -> None:
    spelling = Spelling(["geschlagen"], ["geschlafen"])
    assert spelling.correct(["geshlagen", "geschalgen", "geschlaagen"]) == ["geschlagen"] * 3
    assert spelling.correct(["geschlafen", "getragen"]) == ["geschlafen", "getragen"]


def test_sentences_end_but_ordinals_do_not() -> None:
    assert tokenize("Im 2. Stock schreit es. Hilfe!") == [
        "im", "2", "stock", "schreit", "es", ".", "hilfe", ".",
    ]  # fmt: skip


def test_a_normal_message_takes_less_than_a_millisecond() -> None:
    rows = [str(row["text"]) for row in _rows("dev")][::5]
    mean = sum(_best(_seconds(text)) for text in rows) / len(rows)
    assert mean < 0.001


@pytest.mark.parametrize(
    "words", ["a", "ich will mich ", "mein kind ist nicht ", "زوجي ما انا ", "my son is not "]
)
def test_the_time_grows_only_with_the_length(words: str) -> None:
    short, long = (_best(_seconds((words * 4000)[:size])) for size in (1000, 4000))
    assert long < max(8 * short, 0.01)
    assert long < 0.5


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingArtefactError):
        CrisisDetector.load(tmp_path / "nothing.yml")
    head = "order: [child]\ntypos: []\nnot_typos: []\nwords: {}\nrules:\n"
    rule = "- {id: x.y, kind: child, level: %s, lang: en, any: ['%s'], examples: [a, b, c]}\n"
    for number, (level, pattern) in enumerate(
        [("later", "word"), ("soon", "{unknown}"), ("soon", ".."), ("soon", "a||b")]
    ):
        path = tmp_path / f"{number}.yml"
        path.write_text(head + rule % (level, pattern), encoding="utf-8")
        with pytest.raises(ValueError, match=r"x\.y"):
            CrisisDetector.load(path)
