"""Reads YAML and remembers on which line each value stands, so that faults can be pointed at."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.errors import InvalidInputError, Problem
from bot.yaml_text import SAFE_LOADER

Path_ = tuple[str | int, ...]


class SourceFile:
    """The data of one YAML file and the line of every value in it."""

    def __init__(self, path: Path, data: Any, lines: dict[Path_, int]) -> None:
        """``lines`` maps the path of a value (keys and list positions) to its line, from 1."""
        self.path = path
        self.data = data
        self._lines = lines

    def line(self, where: Path_) -> int | None:
        """Return the line of a value, or of the nearest value around it."""
        for length in range(len(where), -1, -1):
            if where[:length] in self._lines:
                return self._lines[where[:length]]
        return None


def read_yaml(path: Path) -> SourceFile:
    """Read one YAML file.

    Raises :class:`InvalidInputError` for text that is not UTF-8 or not YAML and for a key that
    stands twice (YAML itself would silently take the last one).
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=SAFE_LOADER)
    except UnicodeDecodeError as error:
        expected = f"UTF-8 text (byte {error.start} is not)"
        raise InvalidInputError([Problem(path.name, None, "file", expected)]) from error
    except OSError as error:
        problem = Problem(path.name, None, "file", f"a readable file ({error.strerror})")
        raise InvalidInputError([problem]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        reason = getattr(error, "problem", None) or "not valid"
        problem = Problem(path.name, row, "file", f"valid YAML ({reason})")
        raise InvalidInputError([problem]) from error
    lines: dict[Path_, int] = {}
    problems: list[Problem] = []
    constructor = SAFE_LOADER("")
    data = _build(node, (), lines, problems, path.name, constructor) if node else None
    if problems:
        raise InvalidInputError(problems)
    return SourceFile(path, data, lines)


def _build(
    node: yaml.Node,
    where: Path_,
    lines: dict[Path_, int],
    problems: list[Problem],
    name: str,
    constructor: Any,
) -> Any:
    """Return the value of a node and note the lines of all values below it."""
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                row = key_node.start_mark.line + 1
                problems.append(Problem(name, row, key, "each key only once"))
            result[key] = _build(value_node, (*where, key), lines, problems, name, constructor)
            lines[(*where, key)] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(item, (*where, i), lines, problems, name, constructor)
            for i, item in enumerate(node.value)
        ]
    value = constructor.construct_object(node)
    # A date without quotes is meant as the text it is written as ("2025-09-01").
    return str(node.value) if isinstance(value, date) else value
