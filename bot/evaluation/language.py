"""The kind ``language``: is the language of a first message recognised?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.evaluation import metrics
from bot.evaluation.report import Evaluation, Progress, group_table
from bot.evaluation.rows import Field, Row, flag, name, text
from bot.languages import is_language
from bot.languages.identification import FOREIGN, LanguageGuess
from bot.understanding.reading import Reader

FIELDS = [
    Field("id", name),
    Field("text", text),
    Field("lang", name),
    Field("hard", flag, required=False),
]
Judged = tuple[Row, LanguageGuess]


def evaluate(rows: Sequence[Row], reader: Reader, progress: Progress) -> Evaluation:
    """Return the measures of ``language``.

    A row in none of the four languages is right when the message is taken for a foreign one.
    """
    judged: list[Judged] = []
    for row in rows:
        judged.append((row, reader.read(row["text"]).language))
        progress.advance()
    by_language = {
        key: measures(group)
        for key, group in metrics.grouped(judged, lambda one: str(one[0]["lang"])).items()
    }
    by_hardness = {
        "hard" if key else "easy": measures(group)
        for key, group in metrics.grouped(judged, lambda one: bool(one[0]["hard"])).items()
    }
    overall = measures(judged)
    return Evaluation(
        {**overall, "by_language": by_language},
        (
            group_table("language", "language", {**by_language, "all": overall}),
            group_table("", "messages", by_hardness),
        ),
        tuple(_explained(one) for one in judged if not _right(one)),
        tuple({"id": row["id"], "lang": predicted(guess)} for row, guess in judged),
    )


def predicted(guess: LanguageGuess) -> str:
    """Return the code that a guess stands for; ``other`` is any fifth language."""
    return FOREIGN if guess.foreign else guess.code


def measures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the measures of one group."""
    return {
        "n": len(judged),
        "accuracy": metrics.rounded(metrics.share(_right(one) for one in judged)),
    }


def _right(one: Judged) -> bool:
    row, guess = one
    expected = row["lang"] if is_language(row["lang"]) else FOREIGN
    return bool(predicted(guess) == expected)


def _explained(one: Judged) -> dict[str, Any]:
    row, guess = one
    return {
        **{key: row[key] for key in ("id", "text", "lang", "hard")},
        "predicted": predicted(guess),
        "confidence": round(guess.confidence, 3),
        "sure": guess.sure,
        "why": guess.reason,
    }
