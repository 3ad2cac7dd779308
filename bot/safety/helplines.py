"""Emergency and help lines for both servers, read without pydantic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.errors import MissingArtefactError
from bot.offers.models import Helpline
from bot.yaml_text import read_yaml_text

SWITCHBOARD = "kreis_switchboard"

# Which lines are shown for which kind of crisis, best first; at most three are shown.
LINES: dict[str, tuple[str, ...]] = {
    "suicide": ("telefonseelsorge_1", "emergency_112", "krisenchat", "mutes"),
    "violence": ("police_110", "violence_against_women", "frauen_ev_coesfeld"),
    "sexual_violence": ("police_110", "violence_against_women", "sexual_abuse_helpline"),
    "child": ("kreis_child_youth_emergency", "police_110", "child_youth_phone"),
    "medical": ("emergency_112", "medical_116117"),
    "poisoning": ("poison_bonn", "emergency_112"),
    "shelter": ("police_110", "kreis_switchboard"),
    "forced_marriage": ("police_110", "violence_against_women"),
    "missing_child": ("police_110", "kreis_child_youth_emergency"),
    "general": ("emergency_112", "police_110", "telefonseelsorge_1"),
}
# Lines with interpreters come first for people who did not write German.
_INTERPRETED = ("violence_against_women",)
_SHOWN = 3


def load_helplines(path: Path) -> dict[str, Helpline]:
    """Return the help lines of ``helplines.yml`` by id.

    Raises :class:`MissingArtefactError` when the file is not there.
    """
    if not path.exists():
        raise MissingArtefactError(f"The help lines {path.name} are missing in data/offers")
    rows = read_yaml_text(path.read_text(encoding="utf-8"))["helplines"]
    return {row["id"]: _helpline(row) for row in rows}


def lines_for_crisis(kind: str, language: str, lines: Mapping[str, Helpline]) -> list[Helpline]:
    """Return the two or three lines to show for a kind of crisis, the first to call first."""
    keys = LINES.get(kind, LINES["general"])
    if language != "de":
        keys = tuple(sorted(keys, key=lambda key: (key != keys[0], key not in _INTERPRETED)))
    found = [lines[key] for key in keys if key in lines and lines[key].shown]
    return found[:_SHOWN]


def lines_for_need(need: str, lines: Iterable[Helpline]) -> list[Helpline]:
    """Return the shown lines whose topics name a need, those around the clock first."""
    found = [line for line in lines if line.shown and need in line.topics]
    return sorted(found, key=lambda line: not line.around_the_clock)[:_SHOWN]


def _helpline(row: Mapping[str, object]) -> Helpline:
    def texts(key: str) -> Mapping[str, str]:
        value = row.get(key)
        return value if isinstance(value, Mapping) else {}

    def items(key: str) -> tuple[str, ...]:
        value = row.get(key)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    def text(key: str) -> str | None:
        value = row.get(key)
        return None if value is None else str(value)

    return Helpline(
        id=str(row["id"]),
        number=str(row["number"]),
        tel_uri=text("tel_uri"),
        names=texts("names"),
        topics=items("topics"),
        hours=texts("hours_text"),
        help=texts("help"),
        languages=items("languages"),
        around_the_clock=(text("hours") or "").startswith("24/7"),
        shown=row.get("shown") is True,
        source=text("source") or "",
        source_date=text("source_date"),
    )
