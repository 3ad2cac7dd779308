"""A small linear classifier over character n-grams that any Python can load.

The intents, the language and (with the sentence vector beside it) the need are recognised with
it. It is trained with scikit-learn where that is at hand, but stored as plain NumPy arrays, so
that the conversation server (Python 3.10, old scikit-learn) and the action server (current
versions) read the same file.
"""

from __future__ import annotations

import json
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import MissingArtefactError
from bot.languages import search_form

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class NgramHashing:
    """Hashes the character n-grams of a text into a fixed number of buckets.

    ``low`` to ``high`` are the n-gram lengths, inside words padded with one space; ``bits`` gives
    ``2 ** bits`` buckets; ``words`` adds whole words and word pairs.
    """

    low: int = 2
    high: int = 5
    bits: int = 16
    words: bool = True

    @property
    def size(self) -> int:
        """Return the number of buckets."""
        return 1 << self.bits

    def buckets(self, text: str) -> Array:
        """Return the sorted, unique bucket numbers of a text as an int32 array (may be empty)."""
        found: set[int] = set()
        tokens = search_form(text).split()
        for token in tokens:
            found |= _token_buckets(token, self.low, self.high, self.size - 1, self.words)
        if self.words:
            for first, second in pairwise(tokens):
                found.add(_hash(f"{first} {second}") & (self.size - 1))
        return np.fromiter(sorted(found), dtype=np.int32, count=len(found))


@lru_cache(maxsize=2048)
def _token_buckets(token: str, low: int, high: int, mask: int, words: bool) -> frozenset[int]:
    """Return the buckets of one token; the commonest words are kept (some 5 kB each)."""
    padded = f" {token[:40]} "
    grams = {
        padded[i : i + n] for n in range(low, high + 1) for i in range(max(1, len(padded) - n + 1))
    }
    found = {_hash(gram) & mask for gram in grams}
    if words:
        found.add(_hash("w " + token) & mask)
    return frozenset(found)


def _hash(gram: str) -> int:
    """Return a hash that is the same in every process and Python version."""
    return zlib.crc32(gram.encode("utf-8", "surrogatepass"))


class NgramClassifier:
    """Multinomial logistic regression over hashed n-grams weighted by rarity (IDF)."""

    def __init__(
        self, hashing: NgramHashing, labels: Sequence[str], weights: Array, bias: Array, idf: Array
    ) -> None:
        """``weights`` is (buckets, labels) float32, ``bias`` (labels,), ``idf`` (buckets,)."""
        self.hashing = hashing
        self.labels = tuple(labels)
        self._weights = weights
        self._bias = bias
        self._idf = idf

    def scores(self, text: str) -> Array:
        """Return the logits of the labels for a text, shape (labels,), float32."""
        buckets = self.hashing.buckets(text)
        if not len(buckets):
            return self._bias.copy()
        values = self._idf[buckets]
        norm = float(np.sqrt((values * values).sum())) or 1.0
        logits: Array = (values / norm) @ self._weights[buckets] + self._bias
        return logits

    def probabilities(self, text: str) -> Array:
        """Return the probability of each label, shape (labels,), summing to one."""
        return softmax(self.scores(text))

    def ranked(self, text: str) -> list[tuple[str, float]]:
        """Return (label, probability) pairs, best first."""
        probabilities = self.probabilities(text)
        order = np.argsort(-probabilities)
        return [(self.labels[i], float(probabilities[i])) for i in order]

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        hashing: NgramHashing | None = None,
        strength: float = 10.0,
        iterations: int = 60,
        balance: float = 1.0,
    ) -> NgramClassifier:
        """Fit the classifier; ``strength`` is the inverse regularisation (scikit-learn's C).

        ``balance`` is explained at :func:`fit_logistic`.
        """
        from scipy.sparse import csr_matrix

        hashing = hashing or NgramHashing()
        rows = [hashing.buckets(text) for text in texts]
        counts = np.bincount(np.concatenate(rows), minlength=hashing.size)
        idf = (np.log((1 + len(rows)) / (1 + counts)) + 1).astype(np.float32)
        indptr = np.cumsum([0] + [len(row) for row in rows])
        data = [idf[row] / (np.linalg.norm(idf[row]) or 1.0) for row in rows]
        matrix = csr_matrix(
            (np.concatenate(data), np.concatenate(rows), indptr), shape=(len(rows), hashing.size)
        )
        model = fit_logistic(matrix, labels, strength, iterations, balance)
        coefficients = np.asarray(model.coef_, dtype=np.float32)
        bias = np.asarray(model.intercept_, dtype=np.float32)
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
            coefficients = np.vstack([-coefficients[0], coefficients[0]])
            bias = np.array([-bias[0], bias[0]], dtype=np.float32)
        names = [str(name) for name in model.classes_]
        return cls(hashing, names, np.ascontiguousarray(coefficients.T), bias, idf)

    def save(self, path: Path) -> None:
        """Write the classifier as one ``.npz`` file; weights are stored as float16."""
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = {
            "labels": self.labels,
            "low": self.hashing.low,
            "high": self.hashing.high,
            "bits": self.hashing.bits,
            "words": self.hashing.words,
        }
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                meta=np.array(json.dumps(meta)),
                weights=self._weights.astype(np.float16),
                bias=self._bias,
                idf=self._idf.astype(np.float16),
            )

    @classmethod
    def load(cls, path: Path) -> NgramClassifier:
        """Read a classifier written by :meth:`save`.

        Raises :class:`MissingArtefactError` when the file is not there.
        """
        if not path.exists():
            raise MissingArtefactError(f"{path} is missing. Build it with: ./lotse offers index")
        with np.load(path, allow_pickle=False) as stored:
            meta = json.loads(str(stored["meta"]))
            hashing = NgramHashing(meta["low"], meta["high"], meta["bits"], meta["words"])
            return cls(
                hashing,
                meta["labels"],
                stored["weights"].astype(np.float32),
                stored["bias"].astype(np.float32),
                stored["idf"].astype(np.float32),
            )


def fit_logistic(
    features: Any,
    labels: Sequence[str],
    strength: float,
    iterations: int,
    balance: float = 1.0,
) -> Any:
    """Return scikit-learn's multinomial logistic regression.

    ``balance`` says how far rare classes are lifted: an example of a class with ``n`` examples
    weighs ``(N / n) ** balance``; 1 makes all classes count the same, 0 leaves them as they are.

    It stops after ``iterations`` steps on purpose: more of them cost minutes and gain nothing on
    the dev part, so the warning about that is not passed on. scikit-learn averages its loss over
    the examples, which is why the tolerance has to be that small.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    names, counts = np.unique(list(labels), return_counts=True)
    lift = dict(zip(names, (counts.sum() / counts) ** balance, strict=True))
    weights = np.array([lift[label] for label in labels])
    model = LogisticRegression(C=strength, max_iter=iterations, tol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, list(labels), sample_weight=weights / weights.mean())
    return model


def softmax(logits: Array) -> Array:
    """Return the probabilities of a vector of logits."""
    shifted = np.exp(logits - logits.max())
    result: Array = shifted / shifted.sum()
    return result
