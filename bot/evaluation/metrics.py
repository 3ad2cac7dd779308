"""The measures: pure functions over ranks, flags and lists.

Ranks count from one; ``None`` is a rank that does not exist (nothing relevant was shown).
A mean over nothing is ``None``, not zero, so that an empty group cannot pass for a bad one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import TypeVar

_R = TypeVar("_R")
_K = TypeVar("_K", bound=Hashable)


def first_hit(items: Iterable[Collection[str]], wanted: Collection[str]) -> int | None:
    """Return the rank of the first item that shares a code with ``wanted``.

    An item is one rank, however many codes it has.
    """
    accepted = set(wanted)
    for rank, codes in enumerate(items, start=1):
        if not accepted.isdisjoint(codes):
            return rank
    return None


def mean(values: Iterable[float]) -> float | None:
    """Return the arithmetic mean, or ``None`` of no values."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def share(flags: Iterable[bool]) -> float | None:
    """Return the share of true flags, or ``None`` of no flags."""
    return mean(float(flag) for flag in flags)


def success_at(ranks: Sequence[int | None], k: int) -> float | None:
    """Return the share of rows whose first hit is at rank ``k`` or better.

    success@k = |{q : rank_q <= k}| / |Q|. With one right answer per row it equals recall@k
    (Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 8).
    """
    return share(rank is not None and rank <= k for rank in ranks)


def mrr_at(ranks: Sequence[int | None], k: int = 10) -> float | None:
    """Return the mean reciprocal rank of the first hit, cut at ``k``.

    MRR@k = 1/|Q| * sum over q of (1 / rank_q if rank_q <= k else 0) (Voorhees, The TREC-8
    Question Answering Track Report, 1999).
    """
    return mean(1.0 / rank if rank is not None and rank <= k else 0.0 for rank in ranks)


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the share of the relevant documents among the first ``k``.

    recall@k = |relevant ∩ top_k| / |relevant| (Manning, Raghavan and Schütze 2008, chapter 8).
    ``relevant`` must not be empty.
    """
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant))


def accuracy(expected: Sequence[object], predicted: Sequence[object]) -> float | None:
    """Return the share of equal pairs; both sequences must be of one length."""
    return share(e == p for e, p in zip(expected, predicted, strict=True))


def grouped(rows: Iterable[_R], key: Callable[[_R], _K]) -> dict[_K, list[_R]]:
    """Return the rows by the value of ``key``, groups sorted by that value as text."""
    groups: dict[_K, list[_R]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return dict(sorted(groups.items(), key=lambda item: str(item[0])))


def rounded(value: float | None) -> float | None:
    """Return a measure with four digits, as the reports hold it."""
    return None if value is None else round(value, 4)
