"""Catalogues of 1,000 and 10,000 offers, and the Rasa model; kept under var/bench for a rerun.

The 1,000 are real offers copied under new ids in the source form, checked and built by the
product's own command. The 10,000 take their vectors from these with a little noise, because
encoding 40,000 texts would measure nothing that the smaller catalogue does not.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.questions import SEED
from benchmarks.servers import lotse_environment
from bot import launch
from bot.errors import LotseError
from bot.search.index import full_text
from bot.settings import Settings
from bot.storage.catalogue import CatalogueStore
from bot.yaml_text import read_yaml_text

SERVED = 1_000
LARGE = 10_000
_NOISE = 0.2  # length of the noise beside a unit vector: cosine to the original about 0.98
_SOURCES = ("data/offers", "data/nlu", "models/encoder", "bot", "benchmarks/catalogue.py")
_MODEL_SOURCES = ("config.yml", "domain.yml", "data", "bot", "requirements/rasa.txt")
_BUILT_WITHIN_SECONDS = 300


@dataclass(frozen=True)
class Built:
    """A built catalogue: its source form, its database and classifiers, how many offers."""

    data: Path
    var: Path
    offers: int


def real(settings: Settings, folder: Path) -> Built:
    """Return the real catalogue, built where its sources changed."""
    return _from_source(settings, folder / "real", 0, folder / str(SERVED) / "var")


def served(settings: Settings, folder: Path) -> Built:
    """Return the catalogue of 1,000 offers, built where its sources changed."""
    return _from_source(settings, folder / str(SERVED), SERVED, settings.catalogue.parent)


def large(settings: Settings, folder: Path, smaller: Built) -> Built:
    """Return the catalogue of 10,000 offers, made from a smaller one."""
    target = Built(smaller.data, folder / str(LARGE), LARGE)
    _unless_marked(target.var, _fingerprint(settings, _SOURCES), lambda: _enlarge(smaller, target))
    return target


def model(settings: Settings, folder: Path, built: Built) -> Path:
    """Return Lotse's Rasa model, trained where its sources changed.

    It lies apart from the one that ``./lotse run`` uses, which stays as it is.
    """
    target = folder / "model"
    command = [
        str(launch.rasa_python(settings)),
        *("-m", "rasa", "train", "--data", "data/nlu", "data/rules"),
        *("--out", str(target), "--fixed-model-name", "lotse"),
    ]
    environment = {
        **launch.rasa_environment(settings),
        **lotse_environment(built.var, built.data),
        "RASA_CACHE_DIRECTORY": str(folder / "rasa-cache"),
    }
    _unless_marked(
        target,
        _fingerprint(settings, _MODEL_SOURCES),
        lambda: _run(command, settings.root, environment, target / "train.log"),
    )
    return target / "lotse.tar.gz"


def _from_source(settings: Settings, folder: Path, at_least: int, seed: Path) -> Built:
    """Return a catalogue of at least so many offers; ``seed`` is the folder of another one."""
    data, var = folder / "data", folder / "var"

    def make() -> None:
        _seed(seed, var)
        _build(settings, data, var, at_least)

    _unless_marked(folder, _fingerprint(settings, _SOURCES), make)
    return Built(data, var, int((folder / "offers.txt").read_text()))


def _seed(source: Path, target: Path) -> None:
    """Take over what another build has made already, so that little has to be made again.

    The vectors of an earlier build in ``target`` stay too. The build that follows goes by content
    hashes: it drops what does not belong there and makes what is missing or outdated.
    """
    target.mkdir(parents=True, exist_ok=True)
    before, seeded = target / "catalogue.sqlite", target / "seeded.sqlite"
    if not (source / "catalogue.sqlite").exists() or not (source / "classifiers").exists():
        return
    seeded.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{source / 'catalogue.sqlite'}?mode=ro", uri=True)) as other,
        closing(sqlite3.connect(seeded)) as database,
    ):
        other.backup(database)  # safe also while the other one is in use
        if before.exists():
            database.execute("ATTACH ? AS before", [str(before)])
            database.execute("INSERT OR IGNORE INTO vectors SELECT * FROM before.vectors")
            database.commit()
    for ending in ("-wal", "-shm"):
        before.with_name(before.name + ending).unlink(missing_ok=True)
    seeded.replace(before)
    shutil.rmtree(target / "classifiers", ignore_errors=True)
    shutil.copytree(source / "classifiers", target / "classifiers")


def _build(settings: Settings, data: Path, var: Path, at_least: int) -> None:
    """Copy the source form, add copies of offers, and build with ``./lotse offers index``."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(settings.offers, data / "offers")
    shutil.copytree(settings.nlu, data / "nlu")
    var.mkdir(parents=True, exist_ok=True)
    count = _add_copies(data / "offers", at_least)
    environment = {**os.environ, **lotse_environment(var, data), "PYTHONPATH": str(settings.root)}
    command = [sys.executable, "-m", "bot", "offers", "index"]
    _run(command, settings.root, environment, var / "build.log")
    (data.parent / "offers.txt").write_text(str(count))


def _add_copies(offers: Path, at_least: int) -> int:
    """Write copies of the real offers under new ids; return how many offers there are then."""
    rows = {
        part: [
            row
            for path in sorted((offers / part).glob("*.yml"))
            for row in (read_yaml_text(path.read_text(encoding="utf-8")) or {}).get("offers") or []
        ]
        for part in ("real", "samples")
    }
    originals = rows["real"]
    total = len(originals) + len(rows["samples"])
    missing = max(0, at_least - total)
    copies = [
        {**originals[i % len(originals)], "id": f"copy{i}_{originals[i % len(originals)]['id']}"}
        for i in range(missing)
    ]
    if copies:
        # JSON is YAML as well, and is written in a moment.
        text = json.dumps({"offers": copies}, ensure_ascii=False, default=str)
        (offers / "real" / "zz_copies.yml").write_text(text, encoding="utf-8")
    return total + missing


def _enlarge(smaller: Built, target: Built) -> None:
    """Write a database with ``target.offers`` offers: the smaller one's, and copies of them."""
    shutil.rmtree(target.var, ignore_errors=True)
    shutil.copytree(smaller.var / "classifiers", target.var / "classifiers")
    source = CatalogueStore(smaller.var / "catalogue.sqlite", read_only=True)
    store = CatalogueStore(target.var / "catalogue.sqlite")
    try:
        catalogue = source.read_catalogue()
        texts = {key: full_text(offer, catalogue) for key, offer in catalogue.offers.items()}
        originals = list(catalogue.offers)
        wanted = target.offers - len(originals)
        copied = {f"copy{i}__{originals[i % len(originals)]}": i for i in range(wanted)}
        for key, i in copied.items():
            original = originals[i % len(originals)]
            catalogue.offers[key] = dataclasses.replace(catalogue.offers[original], id=key)
            texts[key] = texts[original]
        store.write_catalogue(catalogue, texts)
        _write_vectors(source, store, copied, originals)
        for note in ("encoder", "format", "classifier"):
            store.note(note, source.noted(note) or "")
    finally:
        source.close()
        store.close()


def _write_vectors(
    source: CatalogueStore, store: CatalogueStore, copied: dict[str, int], originals: list[str]
) -> None:
    """Store the offers' vectors, and for each copy the original's with a little noise."""
    keys, vectors = source.read_vectors("offer:")
    store.write_vectors((key, "", vector) for key, vector in zip(keys, vectors, strict=True))
    rows: dict[str, list[tuple[str, Any]]] = {}
    for key, vector in zip(keys, vectors, strict=True):
        _, offer, language = key.split(":")
        rows.setdefault(offer, []).append((language, vector))
    random = np.random.default_rng(SEED)
    scale = _NOISE / np.sqrt(vectors.shape[1])

    def noisy(vector: Any) -> Any:
        moved = vector + random.normal(0.0, scale, vector.shape).astype(np.float32)
        return moved / np.linalg.norm(moved)

    store.write_vectors(
        (f"offer:{key}:{language}", "", noisy(vector))
        for key, i in copied.items()
        for language, vector in rows[originals[i % len(originals)]]
    )


def _unless_marked(folder: Path, wanted: str, make: Callable[[], None]) -> None:
    """Call ``make`` unless ``folder`` was made from the same sources."""
    mark = folder / "made-from.txt"
    if mark.exists() and mark.read_text() == wanted:
        return
    mark.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    make()
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(wanted)


def _fingerprint(settings: Settings, sources: tuple[str, ...]) -> str:
    return launch.fingerprint(settings.root, sources) + settings.encoder


def _run(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    """Run a command, its output in a log file; a failure is a :class:`LotseError`."""
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_BUILT_WITHIN_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        tail = log.read_text(errors="replace")[-2000:]
        raise LotseError(f"{' '.join(command[1:5])} failed:\n{tail}")
