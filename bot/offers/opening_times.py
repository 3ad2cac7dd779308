"""The written form of opening hours: ``Mo-Fr 08:30-12:00; Tu 14:00-16:00``.

Here is only what the check of the sources needs. Whether an office is open at a moment is
answered by :mod:`bot.routing.hours`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MIDNIGHT = 24 * 60
EXPECTED = "hours such as 'Mo-Fr 08:30-12:00; Tu 14:00-16:00' (Mo Tu We Th Fr Sa Su)"

# Minutes since midnight, start and end; the end may be 24:00.
Slot = tuple[int, int]
Week = Mapping[int, tuple[Slot, ...]]

_DAY = "(?:" + "|".join(DAYS) + ")"
_RULE = re.compile(rf"({_DAY}(?:-{_DAY})?(?:,\s?{_DAY}(?:-{_DAY})?)*) (\d.*)")
_TIME = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


def parse_hours(text: str) -> Week:
    """Return the slots of each weekday (0 is Monday), in order, those that touch joined.

    Parts are divided by ``;`` and add up. Raises ``ValueError`` with what is wrong.
    """
    week: dict[int, list[Slot]] = {}
    for part in text.split(";"):
        rule = _RULE.fullmatch(part.strip())
        if rule is None:
            raise ValueError(f"{EXPECTED}, found {part.strip()!r}")
        slots = [_slot(piece.strip()) for piece in rule.group(2).split(",")]
        for day in _days(rule.group(1)):
            week.setdefault(day, []).extend(slots)
    return {day: _joined(slots) for day, slots in sorted(week.items())}


def _days(text: str) -> list[int]:
    found: list[int] = []
    for piece in text.replace(" ", "").split(","):
        first, _, last = piece.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        if end < start:
            raise ValueError(f"{EXPECTED}, found the days {piece!r} from back to front")
        found.extend(range(start, end + 1))
    return found


def _slot(text: str) -> Slot:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{EXPECTED}, found the time {text!r}")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or not start < end <= MIDNIGHT:
        raise ValueError(f"{EXPECTED}, found {text!r}, which is no span within one day")
    return start, end


def _joined(slots: list[Slot]) -> tuple[Slot, ...]:
    joined: list[Slot] = []
    for start, end in sorted(slots):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
