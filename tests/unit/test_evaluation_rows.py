"""Reading labelled rows: every fault is named with its line and field, all at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import InvalidInputError, Problem
from bot.evaluation import rows
from bot.evaluation.rows import Field, read_rows

FIELDS = [
    Field("id", rows.name),
    Field("text", rows.text),
    Field("needs", rows.list_of(rows.one_of({"food_aid", "interpreter"}))),
    Field("crisis", rows.flag, required=False),
    Field("age", rows.number, required=False),
]
GOOD = {"id": "a", "text": "Hunger", "needs": ["food_aid"]}


def read(path: Path, *lines: object) -> tuple[list[rows.Row], list[str]]:
    """Return the rows and the problems of a file with the given lines."""
    file = path / "rows.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    problems: list[Problem] = []
    found = read_rows(file, FIELDS, problems)
    return found, [f"{problem.row} {problem.field}: {problem.expected}" for problem in problems]


def test_good_rows_keep_unknown_fields_and_their_line(tmp_path: Path) -> None:
    found, problems = read(tmp_path, GOOD, "", {**GOOD, "id": "b", "note": "ignored", "age": 0.5})
    assert problems == []
    assert [row["id"] for row in found] == ["a", "b"]
    assert [row.line for row in found] == [1, 3]
    assert found[0]["crisis"] is None
    assert found[1]["note"] == "ignored"


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    found, problems = read(
        tmp_path,
        "{not json",
        "[1]",
        {**GOOD, "needs": ["food_aid", "fod_aid"]},
        {"id": "c", "needs": []},
        {**GOOD, "id": " ", "crisis": 1, "age": -1},
        {**GOOD, "id": "ok"},
    )
    assert [row["id"] for row in found] == ["ok"]
    assert problems == [
        "1 line: expected JSON (Expecting property name enclosed in double quotes at column 2)",
        "2 line: expected a JSON object",
        "3 needs: expected one of food_aid, interpreter, found 'fod_aid'",
        "4 text: is missing",
        "4 needs: expected a list that is not empty",
        "5 id: expected a text that is not empty",
        "5 crisis: expected true or false",
        "5 age: expected a number that is not negative",
    ]


def test_an_id_may_occur_once(tmp_path: Path) -> None:
    _, problems = read(tmp_path, GOOD, {**GOOD, "id": "b"}, GOOD)
    assert problems == ["3 id: 'a' is already in line 1"]


def test_true_is_no_number_and_null_is_no_text(tmp_path: Path) -> None:
    _, problems = read(tmp_path, {**GOOD, "age": True}, {**GOOD, "id": "b", "text": None})
    assert problems == ["1 age: expected a number that is not negative", "2 text: is missing"]


def test_an_empty_text_is_a_text(tmp_path: Path) -> None:
    found, problems = read(tmp_path, {**GOOD, "text": ""})
    assert problems == []
    assert found[0]["text"] == ""


def test_separators_inside_a_text_do_not_end_the_line(tmp_path: Path) -> None:
    line = json.dumps({**GOOD, "text": "eins\u2028zwei\u0085drei"}, ensure_ascii=False)
    found, problems = read(tmp_path, line, {**GOOD, "id": "b"})
    assert problems == []
    assert [row.line for row in found] == [1, 2]


def test_an_empty_file_is_a_fault(tmp_path: Path) -> None:
    assert read(tmp_path, "", "")[1] == ["None file: expected at least one row"]


def test_a_missing_file_and_another_encoding_are_faults(tmp_path: Path) -> None:
    problems: list[Problem] = []
    read_rows(tmp_path / "absent.jsonl", FIELDS, problems)
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes('{"id": "ä"}'.encode("latin-1"))
    read_rows(latin, FIELDS, problems)
    assert [problem.expected for problem in problems] == [
        "cannot be read: No such file or directory",
        "expected UTF-8 (byte 8)",
    ]


def test_problems_stop_the_measurement() -> None:
    rows.require([])
    with pytest.raises(InvalidInputError, match=r"f\.jsonl:3: text: is missing"):
        rows.require([Problem("f.jsonl", 3, "text", "is missing")])


def test_long_lists_of_choices_are_cut() -> None:
    check = rows.one_of({f"need_{number:02}" for number in range(80)})
    fault = check("other")
    assert fault is not None
    assert "need_11, … (80 in all), found 'other'" in fault
    assert "need_12" not in fault
