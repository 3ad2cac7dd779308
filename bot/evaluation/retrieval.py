"""The kind ``retrieval``: the index and the retriever on any corpus, without the catalogue.

For each pair of query language and document language the query is searched among the documents of
that language only, as cross-lingual benchmarks do; a parallel text in another language can so
neither help nor harm. Words are searched in the product's own full text, vectors are the
product's, and :class:`bot.search.retriever.Retriever` brings them together:

* ``dense``: by the cosine of the query and the nearest passage of the document.
* ``text``: by BM25.
* ``hybrid``: by ``dense weight * cosine + text weight * fused rank``, with the weights of
  ``thresholds.yml`` and the retriever's reciprocal rank fusion: the order of offers between which
  the need does not decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import Problem
from bot.evaluation import metrics
from bot.evaluation.report import Evaluation, Progress, group_table
from bot.evaluation.rows import Field, Row, list_of, name, text
from bot.languages import LANGUAGES
from bot.offers.models import Catalogue
from bot.search.encoder import Encoder
from bot.search.retriever import Retriever
from bot.search.terms import search_terms
from bot.storage.catalogue import CatalogueStore
from bot.thresholds import Thresholds

MODES = ("dense", "text", "hybrid")
CORPUS_FIELDS = [
    Field("id", name),
    Field("lang", name),
    Field("title", text, required=False),
    Field("text", text),
]
QUERY_FIELDS = [
    Field("id", name),
    Field("lang", name),
    Field("text", text),
    Field("relevant", list_of(name)),
]
_PASSAGE_WORDS = 120
_DEPTH = 10
_BATCH = 512
Array = np.ndarray[Any, Any]
_EMPTY: Catalogue = Catalogue({}, {}, {}, {}, {}, {}, {})


@dataclass(frozen=True)
class Ranked:
    """A query with the documents of one language, best first."""

    query: Row
    language: str
    relevant: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def pair(self) -> str:
        """Return the pair of query language and document language."""
        return f"{self.query['lang']}-{self.language}"

    @property
    def rank(self) -> int | None:
        """Return the rank of the first relevant document."""
        return metrics.first_hit([(key,) for key in self.found], self.relevant)


class DocumentVectors:
    """Passage vectors that answer like one row a document: its best passage.

    It takes the place of the retriever's matrix, of which only the length and the product with a
    vector are used.
    """

    def __init__(self, passages: Array, starts: Sequence[int]) -> None:
        """``passages`` is (n, d); ``starts`` are the row numbers where each document begins."""
        self._passages = passages
        self._starts = np.asarray(starts, dtype=np.int64)

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self._starts)

    def __matmul__(self, vector: Array) -> Array:
        """Return the cosine of each document's best passage to a unit vector, (documents,)."""
        best: Array = np.maximum.reduceat(self._passages @ vector, self._starts)
        return best


class NoText:
    """A full text in which nothing is found."""

    def search_text(self, terms: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """Return nothing."""
        return []


def check_relevant(path: Path, queries: Sequence[Row], documents: Sequence[Row]) -> list[Problem]:
    """Return the queries whose relevant documents are not in the corpus.

    It is only worth asking when both files are otherwise in order.
    """
    known = {document["id"] for document in documents}
    return [
        Problem(str(path), query.line, "relevant", f"{key!r} is not in the corpus")
        for query in queries
        for key in query["relevant"]
        if key not in known
    ]


def passages(title: str | None, body: str) -> list[str]:
    """Return the texts of a document that are encoded: the whole, and its parts if it is long.

    A part has about 120 words and begins with the title, so that it is understood alone.
    """
    heading = (title or "").strip().rstrip(".")
    words = body.split()
    bodies = [body.strip()]
    if len(words) > _PASSAGE_WORDS:
        bodies += [
            " ".join(words[start : start + _PASSAGE_WORDS])
            for start in range(0, len(words), _PASSAGE_WORDS)
        ]
    return [f"{heading}. {part}" if heading and part else heading or part for part in bodies]


def evaluate(
    documents: Sequence[Row],
    queries: Sequence[Row],
    encoder: Encoder,
    thresholds: Thresholds,
    mode: str = "hybrid",
) -> Evaluation:
    """Return the measures of ``retrieval``."""
    by_id = {document["id"]: document for document in documents}
    wanted: dict[str, list[tuple[Row, tuple[str, ...]]]] = {}
    for query in queries:
        relevant = metrics.grouped(query["relevant"], lambda key: str(by_id[key]["lang"]))
        for language, keys in relevant.items():
            wanted.setdefault(language, []).append((query, tuple(keys)))
    vectors = _query_vectors(queries, encoder) if mode != "text" else {}
    ranked: list[Ranked] = []
    for language, asked in sorted(wanted.items()):
        corpus = [document for document in documents if document["lang"] == language]
        retriever = build_retriever(corpus, language, encoder, thresholds, mode)
        progress = Progress(f"queries in {language}", len(asked))
        for query, expected in asked:
            vector = vectors.get(query["id"], np.zeros(0, dtype=np.float32))
            found = search(query, vector, retriever, thresholds, mode)
            ranked.append(Ranked(query, language, expected, found))
            progress.advance()
    pairs = metrics.grouped(ranked, lambda one: one.pair)
    by_pair = {pair: measures(group) for pair, group in pairs.items()}
    return Evaluation(
        {"n": len(queries), "by_pair": by_pair},
        (group_table(f"retrieval ({mode})", "query-document", by_pair),),
        tuple(_explained(one, by_id) for one in ranked if one.rank != 1),
        tuple(
            {"id": one.query["id"], "pair": one.pair, "found": list(one.found)} for one in ranked
        ),
    )


def build_retriever(
    corpus: Sequence[Row], language: str, encoder: Encoder, thresholds: Thresholds, mode: str
) -> Retriever:
    """Return the product's retriever over the documents of one language."""
    settings = thresholds.retrieval
    text_index = _full_text(corpus, language) if mode != "dense" else NoText()
    if mode == "text":
        return Retriever((), np.zeros((0, 0), dtype=np.float32), text_index, settings)
    texts: list[str] = []
    starts: list[int] = []
    for document in corpus:
        starts.append(len(texts))
        texts.extend(passages(document["title"], document["text"]))
    vectors = DocumentVectors(_encode(texts, encoder, f"passages in {language}"), starts)
    ids = [document["id"] for document in corpus]
    return Retriever(ids, vectors, text_index, settings)  # type: ignore[arg-type]


def search(
    query: Row, vector: Array, retriever: Retriever, thresholds: Thresholds, mode: str
) -> tuple[str, ...]:
    """Return the ids of the documents found for a query, best first."""
    weights = thresholds.ranking
    candidates = retriever.candidates(query["text"], query["lang"], vector)

    def score(key: str) -> float:
        candidate = candidates[key]
        if mode == "dense":
            return candidate.similarity
        if mode == "text":
            return candidate.fused
        return weights.dense * max(0.0, candidate.similarity) + weights.text * candidate.fused

    return tuple(sorted(candidates, key=lambda key: (-score(key), key))[:_DEPTH])


def measures(ranked: Sequence[Ranked]) -> dict[str, Any]:
    """Return the measures of one pair of languages."""

    def recall(k: int) -> float | None:
        return metrics.rounded(
            metrics.mean(metrics.recall_at(one.found, one.relevant, k) for one in ranked)
        )

    return {
        "n": len(ranked),
        "recall@1": recall(1),
        "recall@3": recall(3),
        "recall@10": recall(10),
        "mrr@10": metrics.rounded(metrics.mrr_at([one.rank for one in ranked], 10)),
    }


def _full_text(corpus: Sequence[Row], language: str) -> CatalogueStore:
    """Return the product's full text, in memory, over a corpus without offers.

    A fifth language shares the column of German; a search looks into all columns.
    """
    column = language if language in LANGUAGES else "de"
    store = CatalogueStore(Path(":memory:"))
    store.write_catalogue(
        _EMPTY,
        {
            document["id"]: {
                column: " ".join(
                    search_terms(f"{document['title'] or ''} {document['text']}", language)
                )
            }
            for document in corpus
        },
    )
    return store


def _query_vectors(queries: Sequence[Row], encoder: Encoder) -> Mapping[str, Array]:
    vectors = _encode([query["text"] for query in queries], encoder, "queries")
    return {query["id"]: vector for query, vector in zip(queries, vectors, strict=True)}


def _encode(texts: Sequence[str], encoder: Encoder, step: str) -> Array:
    """Return one unit vector a text, (n, d) float32; texts of like length are encoded together."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    progress = Progress(step, len(texts))
    parts = []
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        parts.append(encoder.encode([texts[i] for i in chosen]))
        progress.advance(len(chosen))
    stacked = np.vstack(parts)
    vectors = np.empty_like(stacked)
    vectors[order] = stacked
    return vectors


def _explained(one: Ranked, by_id: Mapping[str, Row]) -> dict[str, Any]:
    return {
        "id": one.query["id"],
        "pair": one.pair,
        "text": one.query["text"],
        "expected": list(one.relevant),
        "rank": one.rank,
        "found": [[key, by_id[key]["title"] or by_id[key]["text"][:80]] for key in one.found[:3]],
        "why": "not among the first ten" if one.rank is None else f"first at rank {one.rank}",
    }
