"""Builds what the search needs: records, full text, vectors and the need classifier.

Everything is keyed by content hashes, so that a second run touches only what changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot import ngrams
from bot.languages import LANGUAGES
from bot.offers.models import Catalogue, Offer
from bot.search import needs as need_classifier
from bot.search.encoder import Encoder
from bot.search.needs import PURPOSE, LabelledTexts, NeedClassifier
from bot.search.terms import search_terms
from bot.thresholds import NeedThresholds
from bot.understanding.examples import ASK_SUPPORT, Example

Array = np.ndarray[Any, Any]
FORMAT = "1"


class IndexStore(Protocol):
    """Where the index is kept; implemented by the storage room."""

    def write_catalogue(self, catalogue: Catalogue, texts: Mapping[str, Mapping[str, str]]) -> Any:
        """Bring records and full text to the given state."""

    def stale_vectors(self, hashes: Mapping[str, str]) -> list[str]:
        """Return the keys whose vector is missing or outdated."""

    def write_vectors(self, rows: Iterable[tuple[str, str, Array]]) -> None:
        """Store vectors with the hash of their text."""

    def drop_vectors(self, keep: Iterable[str]) -> int:
        """Delete vectors of other keys."""

    def read_vectors(self, prefix: str) -> tuple[list[str], Array]:
        """Return keys and vectors."""

    def note(self, key: str, value: str) -> None:
        """Remember a fact about the build."""

    def noted(self, key: str) -> str | None:
        """Return a remembered fact."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did."""

    records_written: int
    vectors_written: int
    vectors_dropped: int
    classifier_trained: bool


def offer_text(offer: Offer, language: str) -> str:
    """Return the text of an offer that is encoded for one language."""
    text = offer.texts.get(language)
    if text is None:
        return ""
    parts = [text.title, text.summary, text.how]
    if offer.term not in text.title:
        parts.insert(1, offer.term)
    return ". ".join(part.rstrip(".") for part in parts)


def full_text(offer: Offer, catalogue: Catalogue) -> dict[str, str]:
    """Return the search terms of an offer per language, joined by spaces."""
    organization = catalogue.organizations[offer.organization].name
    columns = {}
    for language in LANGUAGES:
        needs = [catalogue.needs[code] for code in offer.needs]
        words = [need.labels.get(language, "") for need in needs]
        words += [word for need in needs for word in need.words.get(language, ())]
        text = " ".join([offer_text(offer, language), offer.term, organization, *words])
        columns[language] = " ".join(search_terms(text, language))
    return columns


def build_index(
    catalogue: Catalogue,
    examples: Sequence[Example],
    store: IndexStore,
    encoder: Encoder,
    folder: Path,
    settings: NeedThresholds,
    progress: Callable[[str, int, int], None],
) -> BuildReport:
    """Bring database, vectors and classifier up to date.

    ``progress(step, done, total)`` is called along the way. The classifier files are replaced
    only when they are complete.
    """
    texts = {key: full_text(offer, catalogue) for key, offer in catalogue.offers.items()}
    changes = store.write_catalogue(catalogue, texts)
    documents = {
        f"offer:{key}:{language}": offer_text(offer, language)
        for key, offer in catalogue.offers.items()
        for language in LANGUAGES
        if language in offer.texts
    }
    training = training_texts(catalogue, examples)
    for text, _ in training:
        documents[f"text:{_hash(text)}"] = text
    written = _encode_stale(documents, store, encoder, progress)
    dropped = store.drop_vectors(documents)
    fingerprint = _hash(json.dumps([FORMAT, encoder.name, _training_code(), sorted(training)]))
    trained = False
    if store.noted("classifier") != fingerprint or not (folder / "needs.npz").exists():
        progress("need classifier", 0, 1)
        NeedClassifier.train(_labelled(training, store), settings).save(folder)
        store.note("classifier", fingerprint)
        progress("need classifier", 1, 1)
        trained = True
    store.note("encoder", encoder.name)
    store.note("format", FORMAT)
    return BuildReport(int(changes.written), written, dropped, trained)


def _training_code() -> str:
    """Return the hash of the code that trains: a change of it calls for a new training."""
    modules = (ngrams, need_classifier)
    return _hash("".join(Path(str(m.__file__)).read_text(encoding="utf-8") for m in modules))


def training_texts(catalogue: Catalogue, examples: Sequence[Example]) -> list[tuple[str, str]]:
    """Return (text, label) pairs: example questions, the taxonomy's words, other intents."""
    pairs: dict[str, str] = {}
    for need in catalogue.needs.values():
        for language in LANGUAGES:
            pairs.setdefault(need.labels.get(language, need.code), need.code)
            for word in need.words.get(language, ()):
                pairs.setdefault(word, need.code)
    for example in examples:
        if example.intent == ASK_SUPPORT and example.need and example.need in catalogue.needs:
            pairs.setdefault(example.text, example.need)
        elif example.intent != ASK_SUPPORT and example.language in LANGUAGES:
            pairs.setdefault(example.text, PURPOSE + example.intent)
    return list(pairs.items())


def offer_vectors(store: IndexStore) -> tuple[list[str], Array]:
    """Return offer ids and one unit vector an offer: the mean over its languages."""
    keys, vectors = store.read_vectors("offer:")
    if not keys:
        return [], vectors
    names = [key.split(":")[1] for key in keys]
    ids = list(dict.fromkeys(names))
    position = {name: i for i, name in enumerate(ids)}
    total = np.zeros((len(ids), vectors.shape[1]), dtype=np.float32)
    np.add.at(total, [position[name] for name in names], vectors)
    total /= np.linalg.norm(total, axis=1, keepdims=True)
    return ids, total


def _encode_stale(
    documents: Mapping[str, str],
    store: IndexStore,
    encoder: Encoder,
    progress: Callable[[str, int, int], None],
) -> int:
    """Encode the texts whose vector is missing or was made from other words or weights."""
    hashes = {key: _hash(f"{encoder.name}\n{text}") for key, text in documents.items()}
    stale = sorted(store.stale_vectors(hashes), key=lambda key: len(documents[key]))
    done = 0
    for start in range(0, len(stale), 512):
        batch = stale[start : start + 512]
        vectors = encoder.encode([documents[key] for key in batch])
        store.write_vectors(
            (key, hashes[key], vector) for key, vector in zip(batch, vectors, strict=True)
        )
        done += len(batch)
        progress("sentence vectors", done, len(stale))
    return len(stale)


def _labelled(training: Sequence[tuple[str, str]], store: IndexStore) -> LabelledTexts:
    keys, vectors = store.read_vectors("text:")
    position = {key: i for i, key in enumerate(keys)}
    rows = [position[f"text:{_hash(text)}"] for text, _ in training]
    return LabelledTexts(
        [text for text, _ in training], [label for _, label in training], vectors[rows]
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
