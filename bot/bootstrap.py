"""Wires the parts together. Each factory makes its part once for the process.

The factories that the conversation server uses import nothing that only the action server has
(torch, pydantic 2); those of the action server import late.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.languages.identification import LanguageIdentifier
from bot.ngrams import NgramClassifier
from bot.offers.models import Helpline
from bot.places.gazetteer import Gazetteer
from bot.safety.crisis import CrisisDetector
from bot.safety.helplines import load_helplines
from bot.settings import Settings
from bot.storage.conversations import ConversationStore
from bot.storage.handovers import HandoverStore
from bot.storage.live import LiveStore
from bot.texts import Texts
from bot.thresholds import Thresholds
from bot.understanding.examples import read_examples, read_taxonomy
from bot.understanding.intents import IntentRecognizer
from bot.understanding.training import INTENT_FILE, LANGUAGE_FILE, train_understanding

if TYPE_CHECKING:
    from bot.conversation.services import Services
    from bot.places.recognition import PlaceRecognizer
    from bot.search.encoder import Encoder
    from bot.understanding.reading import Reader


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings.from_environment()


@lru_cache(maxsize=1)
def thresholds() -> Thresholds:
    """Return the thresholds and weights."""
    return Thresholds.load(settings().thresholds)


@lru_cache(maxsize=1)
def texts() -> Texts:
    """Return the text catalogues."""
    return Texts.load()


@lru_cache(maxsize=1)
def helplines() -> dict[str, Helpline]:
    """Return the help lines by id."""
    return load_helplines(settings().offers / "helplines.yml")


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Return the places."""
    return Gazetteer.load(settings().offers / "places.yml")


@lru_cache(maxsize=1)
def place_recognizer() -> PlaceRecognizer:
    """Return the place recogniser."""
    # Late, here and below: it loads spaCy, which half of the processes have no use for.
    from bot.places.recognition import PlaceRecognizer

    return PlaceRecognizer(gazetteer())


@lru_cache(maxsize=1)
def crisis_detector() -> CrisisDetector:
    """Return the crisis detector."""
    return CrisisDetector.load(settings().root / "bot" / "safety" / "crisis_rules.yml")


@lru_cache(maxsize=1)
def conversation_store() -> ConversationStore:
    """Return the store of running conversations."""
    return ConversationStore(settings().conversations)


@lru_cache(maxsize=1)
def handover_store() -> HandoverStore:
    """Return the store of callbacks."""
    return HandoverStore(settings().handovers)


@lru_cache(maxsize=1)
def live_store() -> LiveStore:
    """Return the store of conversations between persons and staff."""
    return LiveStore(settings().live)


def train_understanding_files() -> Path:
    """Bring the classifiers of language and intent up to date; return their folder."""
    examples = [
        *read_examples(settings().nlu),
        *read_taxonomy(settings().offers / "taxonomy.yml"),
    ]
    train_understanding(examples, settings().classifiers)
    return settings().classifiers


def language_identifier(path: Path) -> LanguageIdentifier:
    """Return the language identifier with the classifier in ``path``."""
    return LanguageIdentifier(NgramClassifier.load(path), thresholds().language)


def intent_recognizer(path: Path) -> IntentRecognizer:
    """Return the intent recogniser with the classifier in ``path``."""
    return IntentRecognizer(NgramClassifier.load(path), thresholds().intent)


@lru_cache(maxsize=1)
def reader() -> Reader:
    """Return the reader that runs all recognisers without Rasa."""
    from bot.understanding.reading import Reader

    folder = train_understanding_files()
    return Reader(
        place_recognizer(),
        language_identifier(folder / LANGUAGE_FILE),
        crisis_detector(),
        intent_recognizer(folder / INTENT_FILE),
    )


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """Return the sentence encoder."""
    from bot.search.encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(settings().encoder)


@dataclass
class _Loaded:
    services: Services
    version: int


class ServiceLoader:
    """Keeps the services current: they are loaded again when the database was rebuilt."""

    def __init__(self) -> None:
        """Load nothing yet; the first call does."""
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._store: object | None = None

    def __call__(self) -> Services:
        """Return the services.

        Raises :class:`bot.errors.MissingArtefactError` when something has not been built.
        """
        from bot.storage.catalogue import CatalogueStore

        with self._lock:
            if not isinstance(self._store, CatalogueStore):
                self._store = CatalogueStore(settings().catalogue, read_only=True)
            version = self._store.version()
            if self._loaded is None or self._loaded.version != version:
                self._loaded = _Loaded(load_services(self._store), version)
            return self._loaded.services


def load_services(store: object) -> Services:
    """Return services over a catalogue store."""
    from bot.conversation.services import Services
    from bot.errors import OutdatedArtefactError
    from bot.routing import Router
    from bot.search.engine import SearchEngine
    from bot.search.index import FORMAT, offer_vectors
    from bot.search.needs import NeedClassifier
    from bot.search.retriever import Retriever
    from bot.storage.catalogue import BUILD_COMMAND, CatalogueStore

    assert isinstance(store, CatalogueStore)
    catalogue = store.read_catalogue()
    made_by = store.noted("encoder")
    if made_by != encoder().name or store.noted("format") != FORMAT:
        raise OutdatedArtefactError(
            f"The index was built with the encoder {made_by}, in use is {encoder().name}."
            f" Build it again with: {BUILD_COMMAND}"
        )
    ids, vectors = offer_vectors(store)
    limits = thresholds()
    engine = SearchEngine(
        encoder(),
        NeedClassifier.load(settings().classifiers, limits.needs, catalogue.needs.values()),
        Retriever(ids, vectors, store, limits.retrieval),
        catalogue.offers,
        limits,
        settings().samples,
    )
    return Services(catalogue, gazetteer(), engine, Router(catalogue), texts(), limits)


services = ServiceLoader()
