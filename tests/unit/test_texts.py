"""Texts are complete in four languages, every ending has one, and some words are never said."""

from __future__ import annotations

import re

import pytest

from bot.conversation.outcomes import OPENING, Outcome
from bot.errors import InvalidInputError
from bot.languages import LANGUAGES
from bot.safety.helplines import LINES
from bot.texts import Texts

# "You are entitled / you will get": a verdict that only the office may give.
VERDICTS = {
    "de": r"\b(Sie haben|du hast|haben Sie) (einen |ein )?(Rechts)?anspruch|steht Ihnen zu"
    r"|Sie bekommen auf jeden Fall",
    "en": r"\b(you are|you're) (entitled|eligible)|you qualify|you have a right to (money|benefit)",
    "ar": r"يحق لك الحصول|أنت مستحق|تستحق الحصول",
    "tr": r"hak kazandınız|hakkınız var|almaya hakkınız",
}


@pytest.fixture(scope="module")
def texts():
    return Texts.load()


def test_all_outcomes_open_with_an_existing_sentence(texts):
    assert set(OPENING) == set(Outcome)
    assert set(OPENING.values()) <= texts.keys()


def test_every_kind_of_crisis_has_a_text(texts):
    for kind in LINES:
        assert f"crisis.{kind}" in texts.keys()


def test_placeholders_are_filled_and_values_are_not_read_again(texts):
    said = texts.say("find.contact_in_place", "en", place="{need}")
    assert said == "Responsible for {need}:"
    with pytest.raises(KeyError):
        texts.say("find.contact_in_place", "en")
    with pytest.raises(KeyError):
        texts.say("no.such.key", "en")


def test_a_missing_key_or_placeholder_is_reported(tmp_path):
    for language in LANGUAGES:
        (tmp_path / f"{language}.yml").write_text("a:\n  b: 'x {y}'\n  c: z\n")
    (tmp_path / "tr.yml").write_text("a:\n  b: 'x'\n")
    with pytest.raises(InvalidInputError) as error:
        Texts.load(tmp_path)
    assert {problem.field for problem in error.value.problems} == {"a.b", "a.c"}
    assert all(problem.file == "tr.yml" for problem in error.value.problems)


def test_no_text_gives_a_verdict(texts, catalogue):
    said = list(texts.sentences())
    for offer in catalogue.offers.values():
        for language, text in offer.texts.items():
            said.append((language, offer.id, f"{text.title} {text.summary} {text.how}"))
    for contact in catalogue.contacts.values():
        for language, role in contact.role.items():
            said.append((language, contact.id, role))
    assert len(said) > 1000
    for language, key, sentence in said:
        assert not re.search(VERDICTS[language], sentence, re.IGNORECASE), (language, key, sentence)
