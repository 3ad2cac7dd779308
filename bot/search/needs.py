"""The need classifier: which of the needs is a person's text about, if any?

Three voices are mixed, with the weights of ``thresholds.yml``: a logistic regression on the
sentence vector, one on character n-grams (it knows rare words, typos and Arabizi), and the
nearest example questions. Messages about no need (small talk, out of scope …) are classes of their
own, one an intent: the sentence vector recognises them better than the letters alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import MissingArtefactError
from bot.ngrams import NgramClassifier, NgramHashing, fit_logistic, softmax
from bot.offers.models import Need
from bot.search.lexicon import NeedLexicon
from bot.search.results import NeedReading, NeedScore, PurposeScore
from bot.thresholds import NeedThresholds

Array = np.ndarray[Any, Any]
# Labels of messages that are about no need: this prefix and the intent.
PURPOSE = "intent:"


@dataclass(frozen=True)
class LabelledTexts:
    """Training texts with labels (a need code, or ``intent:…``) and vectors (n, d) float32."""

    texts: Sequence[str]
    labels: Sequence[str]
    vectors: Array


class NeedClassifier:
    """Probability of each need for a text and its vector."""

    def __init__(
        self,
        labels: Sequence[str],
        dense_weights: Array,
        dense_bias: Array,
        ngrams: NgramClassifier,
        examples: Array,
        example_labels: Array,
        settings: NeedThresholds,
        lexicon: NeedLexicon | None = None,
    ) -> None:
        """``dense_weights`` (d, labels), ``examples`` (n, d), ``example_labels`` (n,) indices."""
        self.labels = tuple(labels)
        self._dense_weights = dense_weights
        self._dense_bias = dense_bias
        self._ngrams = ngrams
        self._examples = examples
        self._example_labels = example_labels
        self._settings = settings
        self._lexicon = lexicon
        self._is_need = np.array([not label.startswith(PURPOSE) for label in self.labels])

    def read(self, text: str, vector: Array) -> NeedReading:
        """Return what a text is about; ``vector`` is its unit vector, shape (d,)."""
        probabilities = self.probabilities(text, vector)
        need_mass = float(probabilities[self._is_need].sum())
        needs: list[NeedScore] = []
        purposes: list[PurposeScore] = []
        for i in np.argsort(-probabilities):
            label, probability = self.labels[i], float(probabilities[i])
            if self._is_need[i]:
                needs.append(NeedScore(label, probability / max(need_mass, 1e-9)))
            else:
                purposes.append(PurposeScore(label.removeprefix(PURPOSE), probability))
        return NeedReading(tuple(needs), 1.0 - need_mass, tuple(purposes))

    def probabilities(self, text: str, vector: Array) -> Array:
        """Return the mixed probabilities, shape (labels,)."""
        s = self._settings
        logits = (1 - s.ngram_weight) * (vector @ self._dense_weights + self._dense_bias)
        logits = logits + s.ngram_weight * self._ngrams.scores(text)
        logits = s.sharpness * logits
        if self._lexicon is not None:
            logits = logits + s.lexicon_weight * self._lexicon.found(text)
        model = softmax(logits)
        if not s.neighbour_weight:
            return model
        return (1 - s.neighbour_weight) * model + s.neighbour_weight * self._vote(vector)

    def _vote(self, vector: Array) -> Array:
        """Return the vote of the nearest example questions, weighted by their closeness."""
        similarity = self._examples @ vector
        count = min(self._settings.neighbours, len(similarity))
        nearest = np.argpartition(-similarity, count - 1)[:count]
        weights = np.exp(12.0 * (similarity[nearest] - similarity[nearest].max()))
        votes = np.bincount(
            self._example_labels[nearest], weights=weights, minlength=len(self.labels)
        )
        result: Array = votes / votes.sum()
        return result

    @classmethod
    def train(cls, data: LabelledTexts, settings: NeedThresholds) -> NeedClassifier:
        """Fit both regressions on the labelled texts."""
        ngrams = NgramClassifier.train(
            data.texts, data.labels, NgramHashing(bits=16), strength=10.0, iterations=40
        )
        dense = fit_logistic(data.vectors, data.labels, strength=20.0, iterations=150)
        labels = [str(label) for label in dense.classes_]
        if tuple(labels) != ngrams.labels:  # both sort their classes; a difference is a bug
            raise AssertionError("the two classifiers disagree about the labels")
        index = {label: i for i, label in enumerate(labels)}
        return cls(
            labels,
            np.ascontiguousarray(dense.coef_.T.astype(np.float32)),
            dense.intercept_.astype(np.float32),
            ngrams,
            data.vectors,
            np.array([index[label] for label in data.labels], dtype=np.int32),
            settings,
        )

    def save(self, folder: Path) -> None:
        """Write ``needs.npz`` and ``need_ngrams.npz`` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._ngrams.save(folder / "need_ngrams.npz")
        with (folder / "needs.npz").open("wb") as file:
            np.savez_compressed(
                file,
                labels=np.array(self.labels),
                weights=self._dense_weights,
                bias=self._dense_bias,
                examples=self._examples.astype(np.float16),
                example_labels=self._example_labels,
            )

    @classmethod
    def load(
        cls, folder: Path, settings: NeedThresholds, needs: Iterable[Need] = ()
    ) -> NeedClassifier:
        """Read what :meth:`save` wrote, with the words of ``needs`` as a lexicon.

        Raises :class:`MissingArtefactError` when it is absent.
        """
        path = folder / "needs.npz"
        if not path.exists():
            raise MissingArtefactError(
                f"The need classifier {path.name} is missing. Build it with: ./lotse offers index"
            )
        ngrams = NgramClassifier.load(folder / "need_ngrams.npz")
        with np.load(path, allow_pickle=False) as stored:
            labels = [str(label) for label in stored["labels"]]
            return cls(
                labels,
                stored["weights"],
                stored["bias"],
                ngrams,
                # 30 MB that are only needed while the neighbours vote
                stored["examples"].astype(np.float32)
                if settings.neighbour_weight
                else np.zeros((0, len(stored["weights"])), dtype=np.float32),
                stored["example_labels"],
                settings,
                NeedLexicon(needs, labels),
            )
