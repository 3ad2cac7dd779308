"""What comes out of a measurement: tables or one JSON object, files of errors, a progress line."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from bot.errors import InvalidInputError, Problem

# What a table holds: texts, counts, shares, and nothing where a group is empty.
Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table of the report; the first column names the group."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Evaluation:
    """The result of one kind: the JSON object, its tables, the wrong rows, all predictions."""

    summary: Mapping[str, Any]
    tables: tuple[Table, ...]
    errors: tuple[Mapping[str, Any], ...] = ()
    predictions: tuple[Mapping[str, Any], ...] = ()


class Progress:
    """A line on standard error that says how far the measurement is."""

    def __init__(self, step: str, total: int, stream: TextIO | None = None) -> None:
        """Announce a step of ``total`` rows; ``stream`` is standard error unless given."""
        self._step, self._total, self._done = step, total, 0
        self._stream = sys.stderr if stream is None else stream
        # A file or pipe gets the last line only: carriage returns would fill a log.
        self._live = self._stream.isatty()

    def advance(self, count: int = 1) -> None:
        """Note that ``count`` more are done."""
        self._done += count
        finished = self._done >= self._total
        if not (self._live or finished):
            return
        start, end = ("\r" if self._live else "", "\n" if finished else "")
        self._stream.write(f"{start}{self._step}: {self._done}/{self._total}{end}")
        self._stream.flush()


def group_table(title: str, first: str, groups: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return a table with one row a group; the groups must have the same keys."""
    keys = tuple(next(iter(groups.values()), {}))
    rows = tuple((name, *(group[key] for key in keys)) for name, group in groups.items())
    return Table(title, (first, *keys), rows)


def render_tables(tables: Iterable[Table]) -> str:
    """Return the tables as text, columns aligned, shares with three digits."""
    return "\n\n".join(_render(table) for table in tables)


def render_json(summary: Mapping[str, Any]) -> str:
    """Return the summary as one JSON object."""
    return json.dumps(summary, ensure_ascii=False, indent=2, allow_nan=False)


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as JSON Lines; the file appears only when it is complete.

    Raises :class:`InvalidInputError` when it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        problem = Problem(str(path), None, "file", f"cannot be written: {error.strerror}")
        raise InvalidInputError([problem]) from error


def _render(table: Table) -> str:
    cells = [table.columns, *(tuple(_cell(value) for value in row) for row in table.rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in cells:
        lines.append("  " + "  ".join(_aligned(i, row, widths) for i in range(len(widths))))
    return "\n".join(line.rstrip() for line in lines)


def _aligned(column: int, row: Sequence[str], widths: Sequence[int]) -> str:
    text, width = row[column], widths[column]
    return text.ljust(width) if column == 0 else text.rjust(width)


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
