"""The kinds of measurement on small doubles, without models; the form of what is printed."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.conversation.case import Case
from bot.conversation.outcomes import Outcome
from bot.errors import ConfigurationError, InvalidInputError, Problem
from bot.evaluation import cli, crisis, language, report, retrieval, search
from bot.evaluation.dialogue import FIND, Response, read_rules
from bot.evaluation.outcome import treated_as
from bot.evaluation.rows import Row
from bot.languages.identification import LanguageGuess
from bot.offers.models import Catalogue, Contact, Responsibility
from bot.safety.crisis import CrisisSign
from bot.thresholds import Thresholds
from bot.understanding.intents import IntentGuess
from bot.understanding.reading import Reading

ROOT = Path(__file__).resolve().parents[2]


def silent(total: int) -> report.Progress:
    return report.Progress("test", total, io.StringIO())


def reading(intent: str) -> Reading:
    guess = LanguageGuess("de", 1.0, True, False, "")
    return Reading("", guess, (), (), None, IntentGuess(intent, 1.0))


# --- rules ---


def test_the_rules_of_rasa_say_which_intent_searches() -> None:
    rules = read_rules(ROOT / "data" / "rules" / "rules.yml")
    assert rules["ask_support"] == FIND
    assert rules["ask_entitlement"] == FIND
    assert rules["out_of_scope"] == "utter_out_of_scope"
    assert rules["injection"] == "utter_injection"
    assert rules["unreadable"] == "utter_not_understood"


def test_missing_rules_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing"):
        read_rules(tmp_path / "rules.yml")


# --- outcome ---


@pytest.mark.parametrize(
    ("intent", "outcome", "expected"),
    [
        ("greet", Outcome.SMALLTALK, "smalltalk"),
        ("out_of_scope", Outcome.OUT_OF_SCOPE, "out_of_scope"),
        ("ask_support", Outcome.OUT_OF_SCOPE, "out_of_scope"),
        ("ask_support", Outcome.FOUND, "found"),
        ("ask_entitlement", Outcome.NEEDS_PLACE, "no_verdict"),
        ("ask_entitlement", Outcome.NO_VERDICT, "no_verdict"),
        ("ask_entitlement", Outcome.CRISIS, "crisis"),
        ("injection", Outcome.INJECTION, "injection"),
        ("unreadable", Outcome.NOT_UNDERSTOOD, "gibberish"),
        ("foreign_language", Outcome.NOT_UNDERSTOOD, "foreign_language"),
    ],
)
def test_how_a_message_was_treated(intent: str, outcome: Outcome, expected: str) -> None:
    assert treated_as(Response(reading(intent), "de", outcome, Case())) == expected


# --- search ---


def catalogue() -> Catalogue:
    def contact(key: str, *needs: str) -> Contact:
        return Contact(key, "o", {}, "", {}, (), needs, None, "verified", False, None, "")

    duty = Responsibility("duty", ("housing",), "any_place", (), {"*": "kreis_switchboard"})
    return Catalogue(
        {},
        {},
        {},
        {"kreis_switchboard": contact("kreis_switchboard", "labour"), "debt": contact("debt", "d")},
        {"duty": duty},
        {"housing": ("duty",)},
        {},
    )


def test_the_general_number_counts_only_where_it_is_responsible() -> None:
    assert search.contact_needs("kreis_switchboard", None, catalogue()) == ()
    assert search.contact_needs("kreis_switchboard", "debt", catalogue()) == ()
    assert search.contact_needs("kreis_switchboard", "housing", catalogue()) == ("housing",)
    assert search.contact_needs("debt", "housing", catalogue()) == ("d",)


def test_choices_and_fixed_answers_show_nothing() -> None:
    response = Response(reading("greet"), "de", Outcome.SMALLTALK, Case())
    assert search.shown_items(response, catalogue()) == ()


def test_search_measures_have_exactly_the_agreed_keys() -> None:
    item = search.Item("offer", "x", ("a",))
    response = Response(reading("ask_support"), "de", Outcome.FOUND, Case())
    row = Row(id="1", lang="de", text="", needs=["a"], municipality=None, variety=None)
    hit = search.Answered(row, response, response, (item,), 1)
    miss = search.Answered(row, response, response, (), None)
    assert search.measures([hit, miss]) == {
        "n": 2, "recall@1": 0.5, "recall@3": 0.5, "mrr@10": 0.5, "refused": 0.5,
    }  # fmt: skip


# --- language and crisis ---


class FakeReader:
    """Takes every message for German, and one for a foreign one."""

    def read(self, text: str) -> Reading:
        foreign = text == "dobry den"
        guess = LanguageGuess("de", 0.9, True, foreign, "test")
        return Reading(text, guess, (), (), None, IntentGuess("ask_support", 1.0))


def test_language_counts_a_fifth_language_as_foreign() -> None:
    rows = [
        Row(id="1", text="hallo", lang="de", hard=False),
        Row(id="2", text="hello", lang="en", hard=True),
        Row(id="3", text="dobry den", lang="cs", hard=None),
    ]
    result = language.evaluate(rows, FakeReader(), silent(3))  # type: ignore[arg-type]
    assert result.summary == {
        "n": 3,
        "accuracy": 0.6667,
        "by_language": {
            "cs": {"n": 1, "accuracy": 1.0},
            "de": {"n": 1, "accuracy": 1.0},
            "en": {"n": 1, "accuracy": 0.0},
        },
    }
    assert [error["id"] for error in result.errors] == ["2"]


class FakeDetector:
    """Sees danger in the words "jetzt" (immediate) and "bald" (soon)."""

    def detect(self, text: str) -> CrisisSign | None:
        levels = {"jetzt": "immediate", "bald": "soon"}
        return CrisisSign("violence", levels[text], "r", text) if text in levels else None


def test_crisis_recall_takes_both_levels_and_false_alarms_only_the_high_one() -> None:
    def row(key: str, text: str, crisis_: bool, kind: str | None) -> Row:
        return Row(id=key, lang="de", text=text, crisis=crisis_, kind=kind, urgency=None)

    rows = [
        row("1", "jetzt", True, "violence"),
        row("2", "bald", True, "child"),
        row("3", "nie", True, "child"),
        row("4", "jetzt", False, None),
        row("5", "bald", False, None),
        row("6", "nie", False, None),
    ]
    result = crisis.evaluate(rows, FakeDetector(), silent(6))  # type: ignore[arg-type]
    rates = {"recall": 0.6667, "false_alarms": 0.3333}
    assert result.summary == {
        "n": 6, **rates, "kind_accuracy": 0.5, "by_language": {"de": rates},
    }  # fmt: skip
    faults = {error["id"]: error["fault"] for error in result.errors}
    assert faults == {"2": "another kind", "3": "missed", "4": "false alarm"}


# --- retrieval ---


class FakeEncoder:
    """A vector says how often "a", "b" and "c" occur in a text."""

    name = "fake"

    def encode(self, texts: list[str], progress: Any = None) -> Any:
        rows = np.array([[text.count(c) + 1e-3 for c in "abc"] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_document_is_as_near_as_its_best_passage() -> None:
    matrix = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    vectors = retrieval.DocumentVectors(matrix, [0, 2])
    assert len(vectors) == 2
    assert (vectors @ np.array([0, 1], dtype=np.float32)).tolist() == pytest.approx([1.0, 0.8])


def test_long_documents_are_encoded_whole_and_in_parts() -> None:
    assert retrieval.passages("Titel.", "kurz") == ["Titel. kurz"]
    assert retrieval.passages(None, "kurz") == ["kurz"]
    assert retrieval.passages("Titel", "") == ["Titel"]
    whole, first, second = retrieval.passages("T", " ".join(map(str, range(150))))
    assert whole.endswith(" 149")
    assert first == "T. " + " ".join(map(str, range(120)))
    assert second == "T. " + " ".join(map(str, range(120, 150)))


@pytest.mark.parametrize("mode", retrieval.MODES)
def test_retrieval_searches_the_documents_of_each_language(mode: str) -> None:
    def document(key: str, lang: str, text: str) -> Row:
        return Row(id=key, lang=lang, title=None, text=text)

    documents = [
        document("d1", "de", "aaaa aaaa"),
        document("d2", "de", "bbbb bbbb"),
        document("e1", "en", "aaaa cccc"),
        document("e2", "en", "cccc cccc"),
    ]
    queries = [
        Row(id="q1", lang="de", text="aaaa", relevant=["d1", "e1"]),
        Row(id="q2", lang="de", text="bbbb", relevant=["d2"]),
    ]
    thresholds = Thresholds.load(ROOT / "bot" / "thresholds.yml")
    result = retrieval.evaluate(documents, queries, FakeEncoder(), thresholds, mode)  # type: ignore[arg-type]
    perfect = {"recall@1": 1.0, "recall@3": 1.0, "recall@10": 1.0, "mrr@10": 1.0}
    assert result.summary == {
        "n": 2, "by_pair": {"de-de": {"n": 2, **perfect}, "de-en": {"n": 1, **perfect}},
    }  # fmt: skip
    assert result.errors == ()


def test_relevant_documents_must_be_in_the_corpus() -> None:
    query = Row(id="q", relevant=["a", "z"])
    query.line = 7
    problems = retrieval.check_relevant(Path("q.jsonl"), [query], [Row(id="a")])
    assert [str(problem) for problem in problems] == [
        "q.jsonl:7: relevant: 'z' is not in the corpus"
    ]


# --- reports and the command line ---


def test_tables_are_aligned_and_empty_groups_show_a_dash() -> None:
    groups = {"de": {"n": 10, "accuracy": 0.5}, "all": {"n": 1, "accuracy": None}}
    assert report.render_tables([report.group_table("title", "language", groups)]) == (
        "title\n"
        "  language   n  accuracy\n"
        "  de        10     0.500\n"
        "  all        1         –"
    )  # fmt: skip


def test_progress_in_a_file_is_one_line() -> None:
    stream = io.StringIO()
    progress = report.Progress("search", 3, stream)
    for _ in range(3):
        progress.advance()
    assert stream.getvalue() == "search: 3/3\n"


def test_files_that_cannot_be_written_are_bad_input(tmp_path: Path) -> None:
    report.write_lines(tmp_path / "out.jsonl", [{"text": "ä"}])
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == '{"text": "ä"}\n'
    with pytest.raises(InvalidInputError, match="cannot be written"):
        report.write_lines(tmp_path / "absent" / "out.jsonl", [])


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return parser.parse_args(arguments)


def test_each_kind_takes_its_files() -> None:
    for kind in ("search", "outcome", "language", "crisis", "routing"):
        options = parse(kind, "--file", "f.jsonl", "--json", "--errors", "e", "--predictions", "p")
        assert (options.kind, options.file, options.json) == (kind, Path("f.jsonl"), True)
    options = parse("retrieval", "--corpus", "c.jsonl", "--queries", "q.jsonl")
    assert options.mode == "hybrid"
    with pytest.raises(SystemExit) as stopped:
        parse("search")
    assert stopped.value.code == 2


def run_with(monkeypatch: pytest.MonkeyPatch, kind: Any, *arguments: str) -> int:
    monkeypatch.setitem(cli._KINDS, "crisis", kind)
    return cli.run(parse("crisis", "--file", "f.jsonl", *arguments))


def test_json_is_the_only_thing_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def kind(options: argparse.Namespace) -> report.Evaluation:
        print("a library talks")
        return report.Evaluation({"n": 1, "recall": None}, ())

    assert run_with(monkeypatch, kind, "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == {"n": 1, "recall": None}
    assert "a library talks" in output.err


def test_bad_input_ends_with_two_and_names_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def kind(options: argparse.Namespace) -> report.Evaluation:
        raise InvalidInputError([Problem("f.jsonl", 3, "text", "is missing")])

    assert run_with(monkeypatch, kind, "--json") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "f.jsonl:3: text: is missing" in output.err
