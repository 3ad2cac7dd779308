"""The crisis examples: readable, enough of them, and kept apart from the evaluation."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import InvalidInputError
from bot.languages import LANGUAGES, search_form
from bot.safety.examples import KINDS, NONE, read_crisis_examples

DATA = Path(__file__).resolve().parents[2] / "data"
EXAMPLES = read_crisis_examples(DATA / "crisis")


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_in_every_language(language):
    count = Counter(e.kind == NONE for e in EXAMPLES if e.language == language)
    assert count[False] >= 400 and count[True] >= 400
    assert {e.kind for e in EXAMPLES if e.language == language} == {*KINDS, NONE}


def test_no_example_stands_twice():
    count = Counter((e.language, search_form(e.text)) for e in EXAMPLES)
    assert [key for key, times in count.items() if times > 1] == []


def test_no_example_is_a_row_of_the_test_part():
    lines = (DATA / "evaluation" / "crisis.test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {search_form(json.loads(line)["text"]) for line in lines}
    same = [e.text for e in EXAMPLES if search_form(e.text) in rows]
    assert len(same) <= 0.002 * len(EXAMPLES), same


def test_an_unknown_kind_is_named_with_its_file(tmp_path):
    for language in LANGUAGES:
        (tmp_path / f"{language}.yml").write_text(
            "crisis:\n  - {kind: flood, level: immediate, examples: [x]}\nlook_alikes: []\n"
        )
    with pytest.raises(InvalidInputError) as error:
        read_crisis_examples(tmp_path)
    assert "de.yml" in str(error.value) and "crisis block 1" in str(error.value)
