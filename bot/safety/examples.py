"""Reads the crisis examples under ``data/crisis/``: one file per language.

``crisis`` lists blocks of a kind and a level with examples; ``look_alikes`` lists messages that
share words with a crisis and are none: idioms, what is past, general questions, ordinary needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import InvalidInputError, MissingArtefactError, Problem
from bot.languages import LANGUAGES
from bot.safety.crisis import IMMEDIATE, SOON
from bot.yaml_text import read_yaml_text

NONE = "none"
KINDS = (
    "suicide",
    "violence",
    "child",
    "medical",
    "poisoning",
    "sexual_violence",
    "shelter",
    "forced_marriage",
    "missing_child",
)


@dataclass(frozen=True)
class CrisisExample:
    """One message; ``kind`` is ``none`` and ``level`` is ``none`` for a look-alike."""

    text: str
    language: str
    kind: str
    level: str


def read_crisis_examples(folder: Path) -> list[CrisisExample]:
    """Return the examples of all four languages.

    Raises :class:`MissingArtefactError` when a file is missing and :class:`InvalidInputError` for
    blocks with an unknown kind or level, or without examples.
    """
    examples: list[CrisisExample] = []
    problems: list[Problem] = []
    for language in LANGUAGES:
        path = folder / f"{language}.yml"
        if not path.exists():
            raise MissingArtefactError(f"The crisis examples {path.name} are missing")
        data = read_yaml_text(path.read_text(encoding="utf-8"))
        for position, block in enumerate(data["crisis"], start=1):
            if block.get("kind") not in KINDS or block.get("level") not in (IMMEDIATE, SOON):
                place = f"crisis block {position}"
                problems.append(Problem(path.name, None, place, "a known kind and level"))
                continue
            examples += [
                CrisisExample(str(text), language, block["kind"], block["level"])
                for text in block["examples"]
            ]
        for block in data["look_alikes"]:
            examples += [
                CrisisExample(str(text), language, NONE, NONE) for text in block["examples"]
            ]
    if problems:
        raise InvalidInputError(problems)
    return examples
