"""All places of a message together: joined into addresses, and the one that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.places.gazetteer import OUTSIDE
from bot.places.mentions import PlaceMention


def settle(text: str, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """Join "48653 Coesfeld-Lette" into one mention; doubt a postcode that names another town."""
    settled: list[PlaceMention] = []
    for mention in mentions:
        if settled:
            last = settled[-1]
            gap = text[last.end : mention.start]
            close = len(gap) <= 3 and not any(c.isalnum() for c in gap) and "\n" not in gap
            if close and last.municipality == mention.municipality and mention.municipality:
                best = max(
                    last, mention, key=lambda m: ("postcode", "municipality").count(m.kind) == 0
                )
                best = mention if last.kind == "postcode" and best is last else best
                role = max(last, mention, key=lambda m: (m.rank == 0, bool(m.cue), m.rank))
                settled[-1] = replace(
                    best,
                    text=text[last.start : mention.end],
                    start=last.start,
                    end=mention.end,
                    certain=last.certain or mention.certain,
                    role=role.role,
                    cue=role.cue,
                    rank=role.rank,
                )
                continue
            if close and last.kind == "postcode" and mention.kind != "county":
                settled[-1] = replace(last, certain=False, reason="postcode and name differ")
                mention = replace(mention, certain=False, reason="postcode and name differ")
        settled.append(mention)
    return settled


def choose(mentions: Sequence[PlaceMention], rule: str = "home") -> PlaceMention | None:
    """Return the mention that counts, or ``None`` where a question has to decide.

    ``home`` takes where the person lives; a school's or work's place counts only where it is
    the only municipality named. ``birth`` takes where the child was or will be born; a place
    where the person says they live does not stand in for it.
    """
    usable = [mention for mention in mentions if mention.role != "other"]
    if rule == "birth":
        born = [m for m in usable if m.role == "birth"]
        usable = born or [m for m in usable if m.role == "home" and not m.cue]
    elif any(m.role != "birth" for m in usable):
        usable = [m for m in usable if m.role != "birth"] or usable
    if any(m.kind != "county" for m in usable):
        usable = [m for m in usable if m.kind != "county"]
    if not usable:
        return None
    if len({m.municipality for m in usable}) > 1:
        top = max(m.rank for m in usable)
        usable = [m for m in usable if m.rank == top]
        if len({m.municipality for m in usable}) > 1 and top <= 2:
            usable = [m for m in usable if m.municipality != OUTSIDE]
        if len({m.municipality for m in usable}) != 1:
            return None
    order = ("village", "municipality", "postcode", "outside", "county")
    return min(usable, key=lambda m: (not m.certain, -m.rank, order.index(m.kind), m.start))
