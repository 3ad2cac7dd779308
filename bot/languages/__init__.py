"""The four languages: codes, direction, fallback order, one folding, identification."""

from bot.languages.codes import LANGUAGES, LATIN, direction, fallback_order, is_language
from bot.languages.folding import clean, fold, merge_digraphs, search_form

__all__ = [
    "LANGUAGES",
    "LATIN",
    "clean",
    "direction",
    "fallback_order",
    "fold",
    "is_language",
    "merge_digraphs",
    "search_form",
]
