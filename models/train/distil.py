"""Multilingual knowledge distillation (Reimers and Gurevych 2020) with a contrastive part.

The student's vector of a sentence, in whatever language, is drawn to the teacher's vector of its
English side, and away from the other English sides of the batch.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from models.train.corpus import Pair
from models.train.model import Student, Teacher

# How often a language is drawn. Arabic is the weak one: most of its pairs are interface strings.
_SHARES = {"ar": 0.45, "tr": 0.27, "de": 0.28}
_SHARPNESS = 20.0  # inverse temperature of the contrastive part
_CONTRAST = 0.25
_ENGLISH_EVERY = 3
_BUCKET = 16


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn; rates are those of AdamW at the start."""

    steps: int = 6000
    batch: int = 256
    words_rate: float = 1e-3
    layers_rate: float = 2.5e-4
    warm_up: int = 200
    seed: int = 0
    save_every: int = 250


def teacher_vectors(texts: list[str], teacher: Path, cache: Path, device: str) -> torch.Tensor:
    """Return the teacher's vectors, float16, kept in ``cache`` so that a second start is quick."""
    if not cache.exists():
        model = Teacher(teacher, device)
        parts = []
        step = 25_600
        for start in tqdm(range(0, len(texts), step), desc="teacher"):
            parts.append(model.vectors(texts[start : start + step]))
        np.save(cache, np.vstack(parts))
    return torch.from_numpy(np.load(cache))


def distil(
    student: Student, pairs: list[Pair], teacher: Path, work: Path, plan: Plan
) -> None:
    """Train until ``plan.steps`` are done; goes on from the last state kept in ``work``."""
    english = sorted({pair.english for pair in pairs})
    place = {text: i for i, text in enumerate(english)}
    cache = work / f"teacher-{len(english)}.npy"
    targets = teacher_vectors(english, teacher, cache, student.device)
    sources = student.tokens([pair.text for pair in pairs])
    english_tokens = student.tokens(english)
    sides = np.array([place[pair.english] for pair in pairs])
    lengths = np.array([len(row) for row in sources])
    languages = np.array([pair.language for pair in pairs])
    by_language = {name: np.where(languages == name)[0] for name in _SHARES}

    words = [student.model.embeddings.word_embeddings.weight]
    layers = [p for name, p in student.model.named_parameters() if "word_embeddings" not in name]
    optimizer = torch.optim.AdamW(
        [
            {"params": words, "lr": plan.words_rate, "weight_decay": 0.0},
            {"params": layers, "lr": plan.layers_rate, "weight_decay": 0.01},
        ],
        betas=(0.9, 0.98),
        fused=True,
    )
    rates = [plan.words_rate, plan.layers_rate]
    state_file = work / "distil.pt"
    step = 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        student.model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = int(state["step"])
    progress = tqdm(total=plan.steps, initial=step, desc="distil", mininterval=30)
    average = 0.0
    while step < plan.steps:
        # The chance depends on the step, so that a run that was stopped draws what it would have.
        chance = np.random.default_rng((plan.seed, step))
        language = chance.choice(list(_SHARES), p=list(_SHARES.values()))
        drawn = chance.choice(by_language[str(language)], plan.batch * _BUCKET)
        drawn = drawn[np.argsort(lengths[drawn], kind="stable")]
        batches = [drawn[i : i + plan.batch] for i in range(0, len(drawn), plan.batch)]
        random.Random(step).shuffle(batches)
        for batch in batches:
            pace = min(1.0, (step + 1) / plan.warm_up) * max(0.02, 1 - step / plan.steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            side = sides[batch]
            target = targets[side].to(student.device).float()
            loss = _loss(student.vectors([sources[i] for i in batch]), target, side)
            shown = float(loss.detach())
            if step % _ENGLISH_EVERY == 0:
                own = student.vectors([english_tokens[i] for i in side])
                loss = loss + 0.5 * _loss(own, target, side)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.model.parameters(), 1.0)
            optimizer.step()
            average = shown if average == 0.0 else 0.98 * average + 0.02 * shown
            step += 1
            progress.update(1)
        progress.set_postfix(loss=f"{average:.3f}")
        if step % plan.save_every < _BUCKET:
            torch.save(
                {
                    "model": student.model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "step": step,
                },
                state_file,
            )
    progress.close()


def _loss(vectors: torch.Tensor, target: torch.Tensor, side: np.ndarray) -> torch.Tensor:
    """Return 1 - cosine to the target, plus the share of the in-batch cross-entropy."""
    cosine = 1 - (vectors * target).sum(1).mean()
    scores = vectors @ target.T * _SHARPNESS
    same = torch.from_numpy(side[:, None] == side[None, :]).to(scores.device)
    own = torch.eye(len(side), dtype=torch.bool, device=scores.device)
    scores = scores.masked_fill(same & ~own, -1e4)
    wanted = torch.arange(len(side), device=scores.device)
    return cosine + _CONTRAST * torch.nn.functional.cross_entropy(scores, wanted)
