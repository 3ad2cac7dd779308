"""The kind ``crisis``: is danger seen, and is everything else left alone?

Recall counts a crisis that is seen at either level, because both show help lines. A false alarm
is a harmless message that is answered at the level ``immediate``: that takes the conversation
over. The kind is compared for the crises that were seen and whose row names a kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.evaluation import metrics
from bot.evaluation.report import Evaluation, Progress, Table
from bot.evaluation.rows import Field, Row, flag, name, text
from bot.safety.crisis import IMMEDIATE, CrisisDetector, CrisisSign

FIELDS = [
    Field("id", name),
    Field("lang", name),
    Field("text", text),
    Field("crisis", flag),
    Field("kind", name, required=False),
    Field("urgency", name, required=False),
]
Judged = tuple[Row, "CrisisSign | None"]


def evaluate(rows: Sequence[Row], detector: CrisisDetector, progress: Progress) -> Evaluation:
    """Return the measures of ``crisis``."""
    judged: list[Judged] = []
    for row in rows:
        judged.append((row, detector.detect(row["text"])))
        progress.advance()
    groups = metrics.grouped(judged, lambda one: str(one[0]["lang"]))
    by_language = {key: _rates(group) for key, group in groups.items()}
    overall = {**_rates(judged), "kind_accuracy": _kind_accuracy(judged)}
    by_kind = metrics.grouped((one for one in judged if one[0]["crisis"]), _kind)
    return Evaluation(
        {"n": len(judged), **overall, "by_language": by_language},
        (
            Table(
                "crisis",
                ("language", "n", "recall", "false_alarms", "kind_accuracy"),
                tuple(_line(key, group) for key, group in {**groups, "all": judged}.items()),
            ),
            Table(
                "",
                ("kind", "n", "recall", "kind_accuracy"),
                tuple(
                    (key, len(group), _rates(group)["recall"], _kind_accuracy(group))
                    for key, group in by_kind.items()
                ),
            ),
        ),
        tuple(_explained(one) for one in judged if fault(one) is not None),
        tuple(_prediction(one) for one in judged),
    )


def fault(one: Judged) -> str | None:
    """Return what is wrong with a judgement, or ``None``."""
    row, sign = one
    if row["crisis"] and sign is None:
        return "missed"
    if not row["crisis"]:
        return "false alarm" if sign is not None and sign.level == IMMEDIATE else None
    assert sign is not None
    return "another kind" if row["kind"] and sign.kind != row["kind"] else None


def _rates(judged: Sequence[Judged]) -> dict[str, float | None]:
    seen = [sign is not None for row, sign in judged if row["crisis"]]
    alarms = [
        sign is not None and sign.level == IMMEDIATE for row, sign in judged if not row["crisis"]
    ]
    return {
        "recall": metrics.rounded(metrics.share(seen)),
        "false_alarms": metrics.rounded(metrics.share(alarms)),
    }


def _kind_accuracy(judged: Sequence[Judged]) -> float | None:
    named = [
        sign.kind == row["kind"]
        for row, sign in judged
        if row["crisis"] and row["kind"] and sign is not None
    ]
    return metrics.rounded(metrics.share(named))


def _kind(one: Judged) -> str:
    return str(one[0]["kind"] or "–")


def _line(key: str, group: Sequence[Judged]) -> tuple[Any, ...]:
    rates = _rates(group)
    return key, len(group), rates["recall"], rates["false_alarms"], _kind_accuracy(group)


def _prediction(one: Judged) -> dict[str, Any]:
    row, sign = one
    return {
        "id": row["id"],
        "crisis": sign is not None,
        "kind": sign.kind if sign else None,
        "level": sign.level if sign else None,
    }


def _explained(one: Judged) -> dict[str, Any]:
    row, sign = one
    return {
        **{key: row[key] for key in ("id", "lang", "text", "urgency")},
        "expected": row["kind"] if row["crisis"] else None,
        "predicted": sign.kind if sign else None,
        "level": sign.level if sign else None,
        "fault": fault(one),
        "why": f"rule {sign.rule} on {sign.matched!r}" if sign else "no rule matched",
    }
