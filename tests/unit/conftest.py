"""A small catalogue and a search over it that need no encoder, so that these tests are fast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.conversation.services import Services
from bot.offers.source import load_catalogue
from bot.places.gazetteer import Gazetteer
from bot.routing import Router
from bot.search.results import Hit, NeedReading, NeedScore, PurposeScore, Query, ResultSet
from bot.texts import Texts
from bot.thresholds import Thresholds

ROOT = Path(__file__).resolve().parent.parent.parent
OFFERS = ROOT / "data" / "offers"


class HashEncoder:
    """A stand-in for the encoder: unit vectors from the words' hashes; equal words, near texts."""

    name = "hash-16"

    def encode(self, texts, progress=None):
        rows = []
        for text in texts:
            row = np.full(16, 1e-3, dtype=np.float32)
            for word in text.lower().split():
                row[sum(word.encode()) % 16] += 1.0
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32)


class ScriptedSearch:
    """Returns the needs that a test scripted, and the catalogue's offers for them."""

    def __init__(self, catalogue):
        self.catalogue = catalogue
        self.needs: list[tuple[str, float]] = []
        self.none = 0.0
        self.purpose = "out_of_scope"
        self.queries: list[Query] = []

    def search(self, query: Query) -> ResultSet:
        self.queries.append(query)
        scores = [NeedScore(query.need, 1.0)] if query.need else []
        scores = scores or [NeedScore(code, p) for code, p in self.needs]
        hits = []
        for score in scores[:1]:
            for offer in self.catalogue.offers.values():
                served = query.municipality is None or offer.serves(query.municipality)
                if score.code in offer.needs and served and offer.id not in query.exclude:
                    hits.append(Hit(offer, 1.0, {}, score.code))
        none = 0.0 if query.need else self.none
        reading = NeedReading(tuple(scores), none, (PurposeScore(self.purpose, none),))
        return ResultSet(query, reading, tuple(hits[:3]), ())


@pytest.fixture(scope="session")
def gazetteer():
    return Gazetteer.load(OFFERS / "places.yml")


@pytest.fixture(scope="session")
def catalogue(gazetteer):
    return load_catalogue(OFFERS, gazetteer.municipalities)


@pytest.fixture
def services(catalogue, gazetteer):
    return Services(
        catalogue,
        gazetteer,
        ScriptedSearch(catalogue),
        Router(catalogue),
        Texts.load(),
        Thresholds.load(ROOT / "bot" / "thresholds.yml"),
    )
