"""The search: encode, read the need, retrieve, filter and rank."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from bot.offers.models import Offer
from bot.search.encoder import Array, Encoder
from bot.search.needs import NeedClassifier
from bot.search.ranking import rank, select
from bot.search.results import NeedReading, NeedScore, Query, ResultSet
from bot.search.retriever import Retriever
from bot.thresholds import Thresholds

# How many near misses a result explains; more would only slow the answer down.
_EXPLAINED = 20


@dataclass(frozen=True)
class SearchEngine:
    """Everything a search needs, loaded once."""

    encoder: Encoder
    classifier: NeedClassifier
    retriever: Retriever
    offers: Mapping[str, Offer]
    settings: Thresholds
    samples: bool = True
    today: Callable[[], date] = date.today

    @cached_property
    def _by_need(self) -> dict[str, list[str]]:
        """Return the ids of the offers for each need."""
        found: dict[str, list[str]] = {}
        for key, offer in self.offers.items():
            for code in offer.needs:
                found.setdefault(code, []).append(key)
        return found

    def search(self, query: Query) -> ResultSet:
        """Return the offers for a query, the needs read from it, and what was rejected."""
        started = time.perf_counter()
        vector = self.encoder.encode([query.text])[0]
        encoded = time.perf_counter()
        reading = self._read_needs(query, vector)
        classified = time.perf_counter()
        likely = {
            score.code
            for score in reading.scores[: self.settings.retrieval.need_candidates]
            if score.probability >= self.settings.needs.least
        }
        wanted = [key for code in likely for key in self._by_need.get(code, ())]
        candidates = self.retriever.candidates(query.text, query.language, vector, wanted)
        retrieved = time.perf_counter()
        hits, rejected = rank(
            candidates,
            self.offers,
            reading,
            query,
            self.settings.ranking,
            self.today().isoformat(),
            self.samples,
        )
        shown = select(hits, reading, query, self.settings.needs, self.settings.ranking.shown)
        timings = {
            "encode": (encoded - started) * 1e3,
            "needs": (classified - encoded) * 1e3,
            "retrieve": (retrieved - classified) * 1e3,
            "rank": (time.perf_counter() - retrieved) * 1e3,
        }
        return ResultSet(query, reading, tuple(shown), tuple(rejected[:_EXPLAINED]), timings)

    def _read_needs(self, query: Query, vector: Array) -> NeedReading:
        """Return the needs of the query; a need the person chose is certain."""
        if query.need is not None:
            return NeedReading((NeedScore(query.need, 1.0),), 0.0)
        return self._behind_background(self.classifier.read(query.text, vector))

    def _behind_background(self, reading: NeedReading) -> NeedReading:
        """Put what is wanted before what only tells the person's situation."""
        limits = self.settings.needs
        if len(reading.scores) < 2 or reading.scores[0].code not in limits.background:
            return reading
        first, second = reading.scores[0], reading.scores[1]
        if second.probability < limits.background_yields_to:
            return reading
        swapped = (
            NeedScore(second.code, first.probability),
            NeedScore(first.code, second.probability),
        )
        return replace(reading, scores=swapped + reading.scores[2:])
