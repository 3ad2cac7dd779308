"""Reads JSON Lines with labelled rows and checks them; all faults are listed at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import InvalidInputError, Problem


class Row(dict[str, Any]):
    """One row of a file: its fields, and the line it stands in, counted from one."""

    line = 0


# Returns what was expected instead, or ``None`` when the value is right.
Check = Callable[[object], "str | None"]


@dataclass(frozen=True)
class Field:
    """A field of a row. One that is not ``required`` may be absent or null."""

    name: str
    check: Check
    required: bool = True


def text(value: object) -> str | None:
    """Accept any text, the empty one too (a person can send that)."""
    return None if isinstance(value, str) else "expected a text"


def name(value: object) -> str | None:
    """Accept a text that is not empty: an id, a code, a label."""
    return None if isinstance(value, str) and value.strip() else "expected a text that is not empty"


def flag(value: object) -> str | None:
    """Accept true or false."""
    return None if isinstance(value, bool) else "expected true or false"


def number(value: object) -> str | None:
    """Accept a number that is not negative."""
    right = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    return None if right else "expected a number that is not negative"


def one_of(choices: Collection[str]) -> Check:
    """Return a check that accepts one of ``choices``."""

    def check(value: object) -> str | None:
        if isinstance(value, str) and value in choices:
            return None
        return f"expected one of {_listed(choices)}, found {value!r}"

    return check


def list_of(check_item: Check) -> Check:
    """Return a check that accepts a list that is not empty and whose items pass ``check_item``."""

    def check(value: object) -> str | None:
        if not isinstance(value, list) or not value:
            return "expected a list that is not empty"
        faults = [fault for fault in map(check_item, value) if fault is not None]
        return faults[0] if faults else None

    return check


def read_rows(path: Path, fields: Sequence[Field], problems: list[Problem]) -> list[Row]:
    """Return the rows of a file; what is wrong with it is added to ``problems``.

    Blank lines are skipped and fields that are not in ``fields`` are kept unchecked. A field that
    is not required is ``None`` in the row when it is absent.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problems.append(Problem(str(path), None, "file", f"cannot be read: {error.strerror}"))
        return []
    except UnicodeDecodeError as error:
        problems.append(Problem(str(path), None, "file", f"expected UTF-8 (byte {error.start})"))
        return []
    rows: list[Row] = []
    first_line: dict[str, int] = {}
    # Not splitlines(): a text may hold U+2028 and other separators that end no line of JSON.
    for line, source in enumerate(content.split("\n"), start=1):
        if not source.strip():
            continue
        row, faults = _row(source, fields)
        row.line = line
        key = row.get("id")
        if isinstance(key, str):
            if key in first_line:
                faults.append(("id", f"{key!r} is already in line {first_line[key]}"))
            first_line.setdefault(key, line)
        problems.extend(Problem(str(path), line, where, what) for where, what in faults)
        if not faults:
            rows.append(row)
    if not rows and not problems:
        problems.append(Problem(str(path), None, "file", "expected at least one row"))
    return rows


def require(problems: Sequence[Problem]) -> None:
    """Raise :class:`InvalidInputError` when there are problems."""
    if problems:
        raise InvalidInputError(list(problems))


def _row(source: str, fields: Sequence[Field]) -> tuple[Row, list[tuple[str, str]]]:
    try:
        value = json.loads(source)
    except json.JSONDecodeError as error:
        return Row(), [("line", f"expected JSON ({error.msg} at column {error.colno})")]
    if not isinstance(value, dict):
        return Row(), [("line", "expected a JSON object")]
    row = Row(value)
    faults: list[tuple[str, str]] = []
    for field in fields:
        value = row.setdefault(field.name, None)
        if value is None:
            if field.required:
                faults.append((field.name, "is missing"))
            continue
        fault = field.check(value)
        if fault is not None:
            faults.append((field.name, fault))
    return row, faults


def _listed(choices: Collection[str]) -> str:
    ordered = sorted(choices)
    shown = ", ".join(ordered[:12])
    return shown if len(ordered) <= 12 else f"{shown}, … ({len(ordered)} in all)"
