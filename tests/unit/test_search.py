"""Search: index, retrieval, filters and ranking, with a stand-in encoder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.errors import ConfigurationError, MissingArtefactError
from bot.offers.models import Ages
from bot.search.engine import SearchEngine
from bot.search.index import build_index, offer_vectors
from bot.search.needs import NeedClassifier
from bot.search.ranking import rejection
from bot.search.results import Query
from bot.search.retriever import Retriever
from bot.search.terms import search_terms
from bot.storage.catalogue import CatalogueStore
from bot.thresholds import Thresholds
from bot.understanding.examples import Example
from tests.unit.conftest import ROOT, HashEncoder

EXAMPLES = [
    Example("die miete ist zu hoch geworden", "de", "ask_support", "housing_benefit"),
    Example("kira yardimi istiyorum", "tr", "ask_support", "housing_benefit"),
    Example("mein mann trinkt zu viel", "de", "ask_support", "addiction"),
    Example("ich brauche einen kitaplatz", "de", "ask_support", "childcare_place"),
    Example("bestell mir eine pizza", "de", "out_of_scope"),
    Example("wie wird das wetter", "de", "out_of_scope"),
]


@pytest.fixture(scope="module")
def thresholds():
    return Thresholds.load(ROOT / "bot" / "thresholds.yml")


@pytest.fixture(scope="module")
def built(tmp_path_factory, catalogue, thresholds):
    folder = tmp_path_factory.mktemp("index")
    store = CatalogueStore(folder / "catalogue.sqlite")
    report = build_index(
        catalogue, EXAMPLES, store, HashEncoder(), folder, thresholds.needs, lambda *_: None
    )
    return folder, store, report


@pytest.fixture(scope="module")
def engine(built, catalogue, thresholds):
    folder, store, _ = built
    ids, vectors = offer_vectors(store)
    return SearchEngine(
        HashEncoder(),
        NeedClassifier.load(folder, thresholds.needs),
        Retriever(ids, vectors, store, thresholds.retrieval),
        catalogue.offers,
        thresholds,
        True,
        lambda: date(2026, 11, 23),
    )


def test_a_second_build_changes_nothing(built, catalogue, thresholds):
    folder, store, first = built
    assert first.records_written > 500 and first.classifier_trained
    again = build_index(
        catalogue, EXAMPLES, store, HashEncoder(), folder, thresholds.needs, lambda *_: None
    )
    assert (again.records_written, again.vectors_written, again.classifier_trained) == (0, 0, False)


def test_one_changed_offer_touches_only_itself(built, catalogue, thresholds):
    folder, store, _ = built
    key, offer = next(iter(catalogue.offers.items()))
    texts = {**offer.texts, "de": replace(offer.texts["de"], summary="Etwas ganz anderes.")}
    changed = replace(catalogue, offers={**catalogue.offers, key: replace(offer, texts=texts)})
    report = build_index(
        changed, EXAMPLES, store, HashEncoder(), folder, thresholds.needs, lambda *_: None
    )
    assert report.vectors_written == 1 and 1 <= report.records_written <= 2
    build_index(
        catalogue, EXAMPLES, store, HashEncoder(), folder, thresholds.needs, lambda *_: None
    )


def test_the_store_gives_back_what_it_got(built, catalogue):
    assert built[1].read_catalogue() == catalogue


def test_a_chosen_need_finds_its_offers_and_says_what_it_rejected(engine):
    result = engine.search(Query("egal", "de", "olfen", need="food_aid"))
    assert result.hits and all("food_aid" in hit.offer.needs for hit in result.hits)
    assert all(hit.offer.serves("olfen") for hit in result.hits)
    reasons = {item.reason for item in result.rejected}
    assert "not for olfen" in reasons
    assert set(result.timings) == {"encode", "needs", "retrieve", "rank"}


def test_query_syntax_means_nothing(engine):
    for text in ('" OR 1=1 --', "NEAR(", 'a" b*', "de:AND", "'; DROP TABLE records; --", "*", "^"):
        engine.search(Query(text, "de"))
    assert engine.search(Query("egal", "de", need="food_aid")).hits


def test_filters(catalogue):
    offer = next(o for o in catalogue.offers.values() if not o.everywhere)
    query = Query("x", "de")
    today = "2026-11-23"
    assert rejection(offer, query, today, True) is None
    elsewhere = next(k for k in ("olfen", "coesfeld") if k not in offer.area)
    cases = [
        (replace(offer, status="defunct"), query, "status"),
        (replace(offer, valid_until="2026-11-22"), query, "ended"),
        (replace(offer, ages=Ages(6, 10)), replace(query, age=12.0), "age"),
        (offer, replace(query, municipality=elsewhere), "not for"),
        (offer, replace(query, exclude=(offer.id,)), "already shown"),
    ]
    for changed, asked, reason in cases:
        assert reason in rejection(changed, asked, today, True)
    assert rejection(replace(offer, valid_until="2026-11-23"), query, today, True) is None
    assert rejection(replace(offer, valid_until="2026"), query, today, True) is None
    children = replace(offer, ages=Ages(6, 10))
    assert rejection(children, replace(query, age=10.5), today, True) is None


def test_samples_can_be_switched_off(catalogue, engine):
    sample = next(o for o in catalogue.offers.values() if o.sample)
    query = Query("x", "de", need=sample.needs[0])
    assert "samples" in rejection(sample, query, "2026-11-23", False)
    hits = replace(engine, samples=False).search(query).hits
    assert all(not hit.offer.sample for hit in hits)


@pytest.mark.parametrize(
    "text, language, term",
    [
        ("Die Wohnungen", "de", "wohnung"),
        ("families", "en", "famili"),
        ("çocuklarım", "tr", "cocuk"),
    ],
)
def test_terms_are_stemmed(text, language, term):
    assert term in search_terms(text, language)


def test_stop_words_are_no_terms():
    assert search_terms("ich und du", "de") == []


def test_nothing_built_is_one_clear_sentence(tmp_path):
    with pytest.raises(MissingArtefactError, match=r"\./lotse offers index"):
        CatalogueStore(tmp_path / "none.sqlite", read_only=True)


def test_a_wrong_thresholds_file_is_refused(tmp_path):
    path = tmp_path / "thresholds.yml"
    path.write_text("retrieval: {dense_candidates: 1}\n")
    with pytest.raises(ConfigurationError, match="missing"):
        Thresholds.load(path)
