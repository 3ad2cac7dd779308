"""The search: encode, read the need, retrieve, filter and rank."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.offers.models import Offer
from bot.search.encoder import Encoder
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
        wanted = [key for key, offer in self.offers.items() if likely.intersection(offer.needs)]
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

    def _read_needs(self, query: Query, vector: object) -> NeedReading:
        """Return the needs of the query; a need the person chose is certain."""
        if query.need is not None:
            return NeedReading((NeedScore(query.need, 1.0),), 0.0)
        return self.classifier.read(query.text, vector)  # type: ignore[arg-type]
