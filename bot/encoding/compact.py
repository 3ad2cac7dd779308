"""Runs the compact encoder: one file with the layers, one with the word pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import MissingArtefactError

Array = np.ndarray[Any, Any]

MODEL_FILE = "encoder.onnx"
TOKENIZER_FILE = "encoder-tokenizer.json"
NAME_FILE = "encoder.txt"
# Names of the graph's inputs and output.
IDS, MASK, VECTOR = "ids", "mask", "vector"
# Word pieces that are read; the encoder was trained on texts of up to this length.
LONGEST = 128
_BATCH = 32


class CompactEncoder:
    """Turns texts into unit vectors; safe to call from several threads."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Load the files that :func:`bot.search.export.export_compact` wrote into ``folder``.

        ``threads`` is the number of CPU threads for one call. Raises
        :class:`MissingArtefactError` when a file is not there.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        files = [folder / name for name in (MODEL_FILE, TOKENIZER_FILE, NAME_FILE)]
        if not all(file.exists() for file in files):
            raise MissingArtefactError(
                "The compact encoder is missing. Build it with: ./lotse offers index"
            )
        self._tokenizer = Tokenizer.from_file(str(files[1]))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.enable_padding()
        self._name = files[2].read_text(encoding="utf-8").strip()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Without the arena a call gives its memory back; with it a long text keeps it for good.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(files[0]), options, providers=["CPUExecutionProvider"]
        )

    @property
    def name(self) -> str:
        """Return what identifies the encoder; the index refuses another one."""
        return self._name

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Array:
        """Return one unit vector per text, shape (texts, dimensions), float32.

        ``progress`` hears how many texts were done. Texts of like length share a batch, because
        a batch is as slow as its longest text.
        """
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts: list[Array] = []
        for start in range(0, len(order), _BATCH):
            batch = [texts[i] for i in order[start : start + _BATCH]]
            coded = self._tokenizer.encode_batch(batch)
            ids = np.array([entry.ids for entry in coded], dtype=np.int64)
            mask = np.array([entry.attention_mask for entry in coded], dtype=np.int64)
            parts.append(self._session.run([VECTOR], {IDS: ids, MASK: mask})[0])
            if progress is not None:
                progress(len(batch))
        if not parts:
            return np.zeros((0, 0), dtype=np.float32)
        vectors = np.vstack(parts)
        result = np.empty_like(vectors)
        result[order] = vectors
        return result
