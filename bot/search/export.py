"""Makes the compact encoder: the released one as an ONNX graph with weights of 8 bits.

A query then takes a fraction of the time and memory that torch needs, on any server without a
GPU, and the conversation server can use the same vectors. What it costs in quality is measured in
``benchmarks/results/quality.md``.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

from bot.encoding.compact import IDS, MASK, MODEL_FILE, NAME_FILE, TOKENIZER_FILE, VECTOR
from bot.errors import MissingArtefactError
from bot.search.encoder import identity


def export_compact(encoder: Path, folder: Path) -> bool:
    """Bring the compact encoder in ``folder`` up to date with the one in ``encoder``.

    Return whether it had to be made. Raises :class:`MissingArtefactError` when ``encoder`` is not
    there.
    """
    if not (encoder / "modules.json").exists():
        raise MissingArtefactError(
            f"The sentence encoder is missing in {encoder.name}. Restore it: git checkout -- models"
        )
    name = f"{identity(encoder)}-int8"
    mark = folder / NAME_FILE
    files = [folder / MODEL_FILE, folder / TOKENIZER_FILE]
    if mark.exists() and mark.read_text() == name and all(file.exists() for file in files):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    mark.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        whole = Path(made) / "whole.onnx"
        _export(encoder, whole)
        _quantise(whole, Path(made) / MODEL_FILE)
        (Path(made) / MODEL_FILE).replace(folder / MODEL_FILE)
    shutil.copy(encoder / "tokenizer.json", folder / TOKENIZER_FILE)
    mark.write_text(name)
    return True


def _export(encoder: Path, file: Path) -> None:
    """Write layers, mean pooling and normalisation as one graph with float32 weights."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(encoder),
        device="cpu",
        local_files_only=True,
        model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"},
    )
    first: Any = model[0]
    layers = first.auto_model.eval()

    class Pooled(torch.nn.Module):
        """The encoder from word pieces to the unit vector."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = layers

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self.layers(input_ids=ids, attention_mask=mask).last_hidden_state
            kept = mask.unsqueeze(-1).float()
            pooled = (hidden * kept).sum(1) / kept.sum(1)
            return torch.nn.functional.normalize(pooled, dim=1)

    ids = torch.randint(5, 1000, (2, 9))
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", min=2, max=512)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pooled(),
            (ids, torch.ones_like(ids)),
            str(file),
            input_names=[IDS, MASK],
            output_names=[VECTOR],
            dynamic_shapes={"ids": free, "mask": free},
            dynamo=True,
            verbose=False,
        )


def _quantise(whole: Path, compact: Path) -> None:
    """Write the graph with weights of 8 bits, one scale for each column."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)  # it recommends a step that changes nothing here
    quantize_dynamic(str(whole), str(compact), weight_type=QuantType.QInt8, per_channel=True)
