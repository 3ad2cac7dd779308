"""The measures, against values worked out by hand."""

from __future__ import annotations

import pytest

from bot.evaluation import metrics


def test_an_item_with_several_codes_is_one_rank() -> None:
    items = [("a", "b", "c"), (), ("d",)]
    assert metrics.first_hit(items, ["c", "d"]) == 1
    assert metrics.first_hit(items, ["d"]) == 3
    assert metrics.first_hit(items, ["e"]) is None
    assert metrics.first_hit([], ["a"]) is None


def test_success_counts_rows_whose_hit_is_within_k() -> None:
    ranks = [1, 3, 4, None]
    assert metrics.success_at(ranks, 1) == pytest.approx(1 / 4)
    assert metrics.success_at(ranks, 3) == pytest.approx(2 / 4)
    assert metrics.success_at(ranks, 10) == pytest.approx(3 / 4)


def test_mrr_is_the_mean_of_reciprocal_ranks_cut_at_k() -> None:
    assert metrics.mrr_at([1, 2, None, 4], 10) == pytest.approx((1 + 1 / 2 + 0 + 1 / 4) / 4)
    assert metrics.mrr_at([11], 10) == 0.0
    assert metrics.mrr_at([10], 10) == pytest.approx(0.1)


def test_recall_is_the_share_of_the_relevant_ones() -> None:
    assert metrics.recall_at(["a", "b", "c"], ["b", "x"], 1) == 0.0
    assert metrics.recall_at(["a", "b", "c"], ["b", "x"], 2) == pytest.approx(1 / 2)
    assert metrics.recall_at(["a", "b", "c"], ["a", "c"], 3) == 1.0
    assert metrics.recall_at(["a"], ["a", "a"], 1) == 1.0


def test_a_measure_of_nothing_is_not_zero() -> None:
    assert metrics.mean([]) is None
    assert metrics.share([]) is None
    assert metrics.success_at([], 3) is None
    assert metrics.mrr_at([]) is None
    assert metrics.accuracy([], []) is None
    assert metrics.rounded(None) is None


def test_accuracy_compares_pairwise_and_wants_equal_lengths() -> None:
    assert metrics.accuracy(["a", None, "c"], ["a", None, "d"]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="shorter"):
        metrics.accuracy(["a", "b"], ["a"])


def test_groups_are_sorted_and_keep_the_order_inside() -> None:
    groups = metrics.grouped(["tr2", "de1", "tr1"], lambda row: row[:2])
    assert list(groups) == ["de", "tr"]
    assert groups["tr"] == ["tr2", "tr1"]


def test_measures_are_rounded_to_four_digits() -> None:
    assert metrics.rounded(2 / 3) == 0.6667
