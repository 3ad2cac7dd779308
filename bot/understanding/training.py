"""Trains the classifiers of language and intent, once for both servers.

The result is kept by the hash of the examples and of the code that makes it, so that the Rasa
components and the command line share one training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from bot import ngrams
from bot.languages import folding, identification
from bot.languages.identification import FOREIGN, training_form
from bot.ngrams import NgramClassifier, NgramHashing
from bot.understanding.examples import Example
from bot.understanding.intents import FOREIGN_LANGUAGE

LANGUAGE_FILE = "language.npz"
INTENT_FILE = "intents.npz"


def fingerprint(examples: Sequence[Example]) -> str:
    """Return the hash of everything that the training depends on."""
    digest = hashlib.sha256()
    for module in (ngrams, folding, identification):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    for example in examples:
        digest.update(repr(example).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:24]


def train_understanding(examples: Sequence[Example], folder: Path) -> bool:
    """Bring the two classifier files in ``folder`` up to date; return whether it had to train."""
    mark = folder / "understanding.txt"
    wanted = fingerprint(examples)
    files = [folder / LANGUAGE_FILE, folder / INTENT_FILE]
    if mark.exists() and mark.read_text() == wanted and all(file.exists() for file in files):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    _train_language(examples).save(files[0])
    _train_intents(examples).save(files[1])
    mark.write_text(wanted)
    return True


def _train_language(examples: Sequence[Example]) -> NgramClassifier:
    """Fit the language classifier on whole examples and on their first words.

    The short cuts teach it messages of one and two words.
    """
    texts: list[str] = []
    labels: list[str] = []
    for example in examples:
        label = FOREIGN if example.language == "other" else example.language
        form = training_form(example.text)
        words = form.split()
        for text in {form, " ".join(words[:3]), " ".join(words[-2:])}:
            if text:
                texts.append(text)
                labels.append(label)
    return NgramClassifier.train(
        texts, labels, NgramHashing(1, 4, 15, words=True), strength=20.0, iterations=40
    )


def _train_intents(examples: Sequence[Example]) -> NgramClassifier:
    """Fit the intent classifier; examples in foreign languages are not an intent of ours."""
    chosen = [e for e in examples if e.language != "other" and e.intent != FOREIGN_LANGUAGE]
    return NgramClassifier.train(
        [e.text for e in chosen],
        [e.intent for e in chosen],
        NgramHashing(2, 5, 16, words=True),
        strength=20.0,
        iterations=40,
        # Most messages are questions, and in doubt a message is one: the few hundred examples of
        # the other intents are lifted, but not to the same weight.
        balance=0.4,
    )
