"""Loads the four text catalogues and fills in their placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.errors import InvalidInputError, Problem
from bot.languages import LANGUAGES, fallback_order
from bot.yaml_text import read_yaml_text

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Texts:
    """The sentences of all languages, by dotted key such as ``find.intro_sure``."""

    def __init__(self, catalogues: Mapping[str, Mapping[str, str]]) -> None:
        """``catalogues`` maps language -> key -> sentence."""
        self._catalogues = catalogues

    @classmethod
    def load(cls, folder: Path | None = None) -> Texts:
        """Read ``de.yml`` … from a folder (default: this package).

        Raises :class:`InvalidInputError` when a language lacks a key or a placeholder differs.
        """
        folder = folder or Path(__file__).parent
        catalogues = {}
        for language in LANGUAGES:
            raw = (folder / f"{language}.yml").read_text(encoding="utf-8")
            catalogues[language] = dict(_flatten(read_yaml_text(raw)))
        problems = list(_differences(catalogues))
        if problems:
            raise InvalidInputError(problems)
        return cls(catalogues)

    def say(self, key: str, language: str, /, **values: object) -> str:
        """Return a sentence with its placeholders filled.

        Values are inserted as they are and never read as placeholders themselves. Raises
        ``KeyError`` for an unknown key or a placeholder without a value: both are bugs.
        """
        for code in fallback_order(language):
            sentence = self._catalogues[code].get(key)
            if sentence is not None:
                return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), sentence)
        raise KeyError(key)

    def keys(self) -> frozenset[str]:
        """Return all keys."""
        return frozenset(self._catalogues["de"])

    def placeholders(self, key: str) -> frozenset[str]:
        """Return the placeholders of a sentence."""
        return frozenset(_PLACEHOLDER.findall(self._catalogues["de"][key]))

    def sentences(self) -> Iterator[tuple[str, str, str]]:
        """Yield (language, key, sentence) for every sentence."""
        for language, catalogue in self._catalogues.items():
            for key, sentence in catalogue.items():
                yield language, key, sentence


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        # YAML reads a bare yes/no as a truth value; both are keys of ours
        name = {True: "yes", False: "no"}.get(key, key) if isinstance(key, bool) else key
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def _differences(catalogues: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Yield what a language lacks or has too much, compared with German."""
    reference = catalogues["de"]
    for language, catalogue in catalogues.items():
        for key in sorted(set(reference) ^ set(catalogue)):
            yield Problem(f"{language}.yml", None, key, "the same keys in all four languages")
        for key in sorted(set(reference) & set(catalogue)):
            if set(_PLACEHOLDER.findall(reference[key])) != set(
                _PLACEHOLDER.findall(catalogue[key])
            ):
                yield Problem(f"{language}.yml", None, key, "the same placeholders as in German")
