"""Language codes (ISO 639-1) that Lotse speaks, and facts about them."""

from __future__ import annotations

LANGUAGES: tuple[str, ...] = ("de", "en", "ar", "tr")
LATIN: tuple[str, ...] = ("de", "en", "tr")

# When a text is missing in one language, the next in the row is shown, with a notice.
_FALLBACK: dict[str, tuple[str, ...]] = {
    "de": ("de", "en"),
    "en": ("en", "de"),
    "ar": ("ar", "en", "de"),
    "tr": ("tr", "de", "en"),
}


def is_language(code: object) -> bool:
    """Return whether ``code`` is one of the four language codes."""
    return isinstance(code, str) and code in LANGUAGES


def direction(code: str) -> str:
    """Return the writing direction of a language as HTML wants it: ``rtl`` or ``ltr``."""
    return "rtl" if code == "ar" else "ltr"


def fallback_order(code: str) -> tuple[str, ...]:
    """Return the languages to try for a text, best first; an unknown code falls back to German."""
    return _FALLBACK.get(code, ("de", "en"))
