"""Thresholds and weights, read from ``thresholds.yml`` into frozen records."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bot.errors import ConfigurationError

_T = TypeVar("_T")


@dataclass(frozen=True)
class RetrievalThresholds:
    """How many candidates each retriever hands over."""

    dense_candidates: int
    text_candidates: int
    need_candidates: int
    rrf_constant: int


@dataclass(frozen=True)
class NeedThresholds:
    """When a need counts as understood, unclear or absent; all values are probabilities."""

    ngram_weight: float
    lexicon_weight: float
    sharpness: float
    background: list[str]
    background_yields_to: float
    neighbours: int
    neighbour_weight: float
    none_above: float
    none_above_unsure: float
    unsure_below: float
    least: float
    sure: float
    clarify_below: float
    clarify_choices: int
    diversify_above: float
    verdict_above: float


@dataclass(frozen=True)
class RankingWeights:
    """Weights of the parts of an offer's score."""

    need: float
    dense: float
    text: float
    second_need: float
    third_need: float
    near: float
    sample: float
    outdated: float
    shown: int
    least_score: float


@dataclass(frozen=True)
class LanguageThresholds:
    """When a message decides the language of the answer."""

    first: float
    sure: float
    sure_short: float
    foreign: float
    arabic_share: float


@dataclass(frozen=True)
class IntentThresholds:
    """When an intent other than a question about a need is believed."""

    certain: float
    certain_short: float


@dataclass(frozen=True)
class Thresholds:
    """All thresholds and weights."""

    retrieval: RetrievalThresholds
    needs: NeedThresholds
    ranking: RankingWeights
    language: LanguageThresholds
    intent: IntentThresholds

    @classmethod
    def load(cls, path: Path) -> Thresholds:
        """Read the file; a missing or unknown key is a ``ConfigurationError``."""
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            _section(RetrievalThresholds, data, "retrieval", path),
            _section(NeedThresholds, data, "needs", path),
            _section(RankingWeights, data, "ranking", path),
            _section(LanguageThresholds, data, "language", path),
            _section(IntentThresholds, data, "intent", path),
        )


def _section(kind: type[_T], data: Any, name: str, path: Path) -> _T:
    """Return one section as its record."""
    section = data.get(name) if isinstance(data, dict) else None
    expected = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(section, dict) or set(section) != expected:
        given = set(section) if isinstance(section, dict) else set()
        raise ConfigurationError(
            f"{path.name}: {name}: expected exactly the keys {sorted(expected)};"
            f" missing {sorted(expected - given)}, unknown {sorted(given - expected)}"
        )
    return kind(**section)
