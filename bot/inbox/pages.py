"""Templates: everything that is inserted is escaped; times and languages as staff read them."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.inbox.access import ROLE_NAMES
from bot.languages import is_language

FOLDER = Path(__file__).resolve().parent
_ZONE = ZoneInfo("Europe/Berlin")


def age(seconds: float) -> str:
    """Return how long ago something was, in German."""
    minutes = max(0, int(seconds // 60))
    if minutes < 1:
        return "gerade eben"
    if minutes < 60:
        return f"seit {minutes} Min."
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"seit {hours} Std. {minutes} Min."
    return "seit 1 Tag" if hours < 48 else f"seit {hours // 24} Tagen"


def moment(value: float | str | None) -> str:
    """Return a time (seconds or ISO 8601, UTC) as date and time in Germany."""
    if value is None:
        return "–"
    if isinstance(value, str):
        try:
            then = datetime.fromisoformat(value)
        except ValueError:
            return value
        if then.tzinfo is None:
            then = then.replace(tzinfo=timezone.utc)
    else:
        then = datetime.fromtimestamp(value, timezone.utc)
    return then.astimezone(_ZONE).strftime("%d.%m.%Y, %H:%M Uhr")


def seconds_of(value: str) -> float:
    """Return an ISO 8601 time as seconds since 1970; what cannot be read is 0."""
    try:
        then = datetime.fromisoformat(value)
    except ValueError:
        return 0.0
    return (then if then.tzinfo else then.replace(tzinfo=timezone.utc)).timestamp()


def text_direction(text: str) -> str:
    """Return ``rtl`` where at least a third of the letters are written from right to left.

    By the letters and not by the language: Arabic is also written in Latin letters, and the first
    letter alone (``dir="auto"``) misleads where a German office name stands in front. A third,
    because such names are long and Arabic words short.
    """
    kinds = [unicodedata.bidirectional(character) for character in text]
    right = sum(kind in ("R", "AL") for kind in kinds)
    return "rtl" if right and 2 * right >= kinds.count("L") else "ltr"


def language_tag(code: str | None) -> str:
    """Return a language code that may stand in a ``lang`` attribute, or an empty text."""
    return code if code is not None and is_language(code) else ""


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": age,
        "moment": moment,
        "direction": text_direction,
        "language_tag": language_tag,
    }
    environment.globals["role_names"] = ROLE_NAMES
    return environment


_templates = _environment()


def render(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page. ``visit`` is ``None`` on pages before the login."""
    values.setdefault("visit", None)
    values.setdefault("note", None)
    values.setdefault("fault", None)
    return HTMLResponse(_templates.get_template(template).render(**values), status)
