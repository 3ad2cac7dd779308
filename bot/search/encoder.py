"""Sentence vectors. The only module that imports sentence_transformers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot.errors import MissingArtefactError

Array = np.ndarray[Any, Any]


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Return what identifies the encoder; the index refuses another one."""

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Array:
        """Return one unit vector per text, shape (texts, dimensions), float32."""


class SentenceTransformerEncoder:
    """A sentence-transformers model, from a folder (loaded offline) or by its hub name."""

    def __init__(self, model: str, threads: int = 1) -> None:
        """``threads`` is the number of CPU threads for one call.

        Raises :class:`MissingArtefactError` when ``model`` looks like a path and is not there.
        """
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        path = Path(model)
        if (path.is_absolute() or model.startswith(".")) and not (path / "modules.json").exists():
            raise MissingArtefactError(
                f"The sentence encoder is missing in {path}. Restore it: git checkout -- models"
            )
        torch.set_num_threads(threads)
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._model = SentenceTransformer(
            model,
            device="cpu",
            local_files_only=path.exists(),
            model_kwargs={"dtype": torch.float32},
        )
        self._model.eval()
        self._name = _identity(path) if path.exists() else model

    @property
    def name(self) -> str:
        """Return the model's name and, for a folder, a fingerprint of its weights' size."""
        return self._name

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Array:
        """Return unit vectors (texts, dimensions) float32; ``progress`` hears counts done."""
        parts: list[Array] = []
        step = 256
        for start in range(0, len(texts), step):
            batch = list(texts[start : start + step])
            vectors = self._model.encode(
                batch,
                batch_size=64,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
            parts.append(np.asarray(vectors, dtype=np.float32))
            if progress is not None:
                progress(len(batch))
        if not parts:
            return np.zeros((0, 0), dtype=np.float32)
        return np.vstack(parts)


def _identity(path: Path) -> str:
    """Return a name that changes when the model in the folder is replaced."""
    import hashlib

    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.suffix in {".safetensors", ".json", ".onnx"}:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return f"{path.name}-{digest.hexdigest()[:16]}"
