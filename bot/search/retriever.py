"""Candidates for a query: nearest vectors and full text, fused by reciprocal rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bot.languages import fallback_order
from bot.search.terms import search_terms
from bot.thresholds import RetrievalThresholds

Array = np.ndarray[Any, Any]


class TextIndex(Protocol):
    """Full-text search over the offers; implemented by the storage room."""

    def search_text(self, terms: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """Return (offer id, score) pairs, best first."""


@dataclass(frozen=True)
class Candidate:
    """An offer found, its cosine to the query and its fused rank score scaled to 0..1."""

    offer_id: str
    similarity: float
    fused: float


class Retriever:
    """Finds candidates by meaning and by words."""

    def __init__(
        self,
        offer_ids: Sequence[str],
        vectors: Array,
        text_index: TextIndex,
        settings: RetrievalThresholds,
    ) -> None:
        """``vectors`` is (offers, d) float32, one unit vector an offer, in the order of ids."""
        self._offer_ids = tuple(offer_ids)
        self._position = {offer_id: i for i, offer_id in enumerate(self._offer_ids)}
        self._vectors = vectors
        self._text_index = text_index
        self._settings = settings

    def candidates(
        self, text: str, language: str, vector: Array, wanted: Sequence[str] = ()
    ) -> Mapping[str, Candidate]:
        """Return candidates by offer id; offers in ``wanted`` are always among them.

        The fused score is the sum of ``1 / (k + rank)`` over both lists (reciprocal rank fusion,
        Cormack et al. 2009), divided by its maximum ``2 / (k + 1)``.
        """
        s = self._settings
        similarity = self._vectors @ vector if len(self._vectors) else np.zeros(0)
        count = min(s.dense_candidates, len(similarity))
        dense: list[int] = []
        if count:
            nearest = np.argpartition(-similarity, count - 1)[:count]
            dense = sorted(nearest.tolist(), key=lambda i: -float(similarity[i]))
        fused: dict[str, float] = {}
        for rank, i in enumerate(dense, start=1):
            fused[self._offer_ids[i]] = 1.0 / (s.rrf_constant + rank)
        for rank, offer_id in enumerate(self._by_words(text, language), start=1):
            fused[offer_id] = fused.get(offer_id, 0.0) + 1.0 / (s.rrf_constant + rank)
        for offer_id in wanted:
            fused.setdefault(offer_id, 0.0)
        scale = (s.rrf_constant + 1) / 2.0
        return {
            offer_id: Candidate(offer_id, self._similarity(offer_id, similarity), score * scale)
            for offer_id, score in fused.items()
        }

    def _similarity(self, offer_id: str, similarity: Array) -> float:
        position = self._position.get(offer_id)
        return float(similarity[position]) if position is not None else 0.0

    def _by_words(self, text: str, language: str) -> list[str]:
        """Return offers that share words with the text, in its language or, as loans, German."""
        terms = search_terms(text, language)
        for other in fallback_order(language)[1:]:
            if other == "de":
                terms = list(dict.fromkeys([*terms, *search_terms(text, "de")]))
        found = self._text_index.search_text(terms[:40], self._settings.text_candidates)
        return [offer_id for offer_id, _ in found]
