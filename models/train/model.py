"""The encoder while it is trained: a BERT with mean pooling, and its tokenizer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModel, BertModel

Tokens = np.ndarray[Any, np.dtype[np.int32]]
LONGEST = 48


class Student:
    """A sentence-transformers folder opened for training."""

    def __init__(self, folder: Path, device: str) -> None:
        """Load tokenizer and weights (float32) from ``folder``."""
        self.folder = folder
        self.device = device
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.model = BertModel.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="sdpa"
        ).to(device)
        self.model.train()

    def tokens(self, texts: Sequence[str], longest: int = LONGEST) -> list[Tokens]:
        """Return the word pieces of texts, with the special tokens, at most ``longest`` each."""
        coded = self.tokenizer.encode_batch(list(texts))
        return [_cut(np.array(entry.ids, dtype=np.int32), longest) for entry in coded]

    def vectors(self, batch: Sequence[Tokens]) -> torch.Tensor:
        """Return the unit vectors of a batch, shape (texts, dimensions), with gradients."""
        ids, mask = padded(batch, self.device)
        with torch.autocast(self.device, torch.bfloat16):
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return torch.nn.functional.normalize(pooled(hidden.float(), mask), dim=1)

    def encode(self, texts: Sequence[str], longest: int = 128) -> np.ndarray[Any, Any]:
        """Return unit vectors without gradients, float32."""
        coded = self.tokens(texts, longest)
        order = np.argsort([len(row) for row in coded], kind="stable")
        found = np.zeros((len(coded), self.model.config.hidden_size), np.float32)
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(order), 128):
                chosen = order[start : start + 128]
                found[chosen] = self.vectors([coded[i] for i in chosen]).cpu().numpy()
        self.model.train()
        return found

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers folder with float16 weights, as the one it came from."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(self.folder.rglob("*.json")):
            to = folder / file.relative_to(self.folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            if to.resolve() != file.resolve():
                shutil.copy(file, to)
        weights = {
            name: value.detach().to("cpu", torch.float16).contiguous()
            for name, value in self.model.state_dict().items()
        }
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


class Teacher:
    """The English teacher: all-MiniLM-L6-v2 from a folder."""

    def __init__(self, folder: Path, device: str) -> None:
        """Load tokenizer and weights."""
        self._device = device
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)
        self._model = AutoModel.from_pretrained(folder, dtype=torch.float32).to(device).eval()

    def vectors(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        """Return unit vectors, float16, shape (texts, dimensions)."""
        coded = [np.array(e.ids, dtype=np.int32) for e in self._tokenizer.encode_batch(list(texts))]
        order = np.argsort([len(row) for row in coded], kind="stable")
        found = np.zeros((len(coded), self._model.config.hidden_size), np.float16)
        with torch.inference_mode():
            for start in range(0, len(order), 512):
                chosen = order[start : start + 512]
                ids, mask = padded([coded[i] for i in chosen], self._device)
                with torch.autocast(self._device, torch.bfloat16):
                    hidden = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
                unit = torch.nn.functional.normalize(pooled(hidden.float(), mask), dim=1)
                found[chosen] = unit.cpu().numpy()
        return found


def padded(batch: Sequence[Tokens], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and mask, shape (texts, longest), padded with 0."""
    width = max(len(row) for row in batch)
    ids = np.zeros((len(batch), width), dtype=np.int64)
    mask = np.zeros((len(batch), width), dtype=np.int64)
    for i, row in enumerate(batch):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


def pooled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean over the tokens of each text."""
    kept = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * kept).sum(1) / kept.sum(1).clamp(min=1)


def _cut(ids: Tokens, longest: int) -> Tokens:
    """Return at most ``longest`` word pieces; the last one stays the end sign."""
    if len(ids) <= longest:
        return ids
    return np.concatenate([ids[: longest - 1], ids[-1:]])


def read_config(folder: Path) -> dict[str, Any]:
    """Return the model's configuration."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return config
