"""Reads the example messages under ``data/nlu/``: one YAML file per language, Rasa's own format.

A block names an intent and, for questions about a need, the need in its metadata::

    - intent: ask_support
      metadata: {need: housing_benefit}
      examples: |
        - since the rent went up nothing is left for food

Rasa reads the same files, so that intents and needs have one source.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import InvalidInputError, MissingArtefactError, Problem
from bot.languages import LANGUAGES
from bot.yaml_text import read_yaml_text

ASK_SUPPORT = "ask_support"


@dataclass(frozen=True)
class Example:
    """One example message; ``need`` is set only for ``ask_support``."""

    text: str
    language: str
    intent: str
    need: str | None = None


def read_taxonomy(path: Path) -> list[Example]:
    """Return the labels and everyday words of the taxonomy as questions about their need.

    So a bare "Wohngeld" is learnt to be a question; the questions themselves avoid such words.
    """
    examples = []
    for need in read_yaml_text(path.read_text(encoding="utf-8"))["needs"]:
        for language in LANGUAGES:
            words = [need["labels"][language], *need.get("words", {}).get(language, ())]
            examples += [Example(word, language, ASK_SUPPORT, need["code"]) for word in words]
    return examples


def read_examples(folder: Path) -> list[Example]:
    """Return all examples of the four language files and of ``other.yml`` (foreign languages).

    Raises :class:`MissingArtefactError` when a language file is missing and
    :class:`InvalidInputError` for blocks without an intent or examples.
    """
    problems: list[Problem] = []
    examples: list[Example] = []
    for language in (*LANGUAGES, "other"):
        path = folder / f"{language}.yml"
        if not path.exists():
            raise MissingArtefactError(f"The example messages {path.name} are missing in data/nlu")
        data = read_yaml_text(path.read_text(encoding="utf-8"))
        for position, block in enumerate(data.get("nlu") or [], start=1):
            intent, listed = block.get("intent"), block.get("examples")
            if not isinstance(intent, str) or not isinstance(listed, str):
                expected = "'intent' and 'examples: |'"
                problems.append(Problem(path.name, None, f"block {position}", expected))
                continue
            need = (block.get("metadata") or {}).get("need")
            for line in listed.splitlines():
                text = line.strip().removeprefix("- ").strip()
                if text:
                    examples.append(Example(text, language, intent, need))
    if problems:
        raise InvalidInputError(problems)
    return examples
