"""One normalisation for queries and for everything they are matched with.

``clean`` makes text safe to store and show; ``fold`` makes it comparable. The same folding is
used for the index, the gazetteer, the crisis rules and the classifiers: folding, not
tokenisation, is what makes typed Arabic, Turkish and German meet their dictionary forms.
"""

from __future__ import annotations

import re
import unicodedata

# Characters that carry no meaning for matching and are used to hide text: zero-width, bidi
# embedding/override/isolate marks, soft hyphen, byte order mark, variation selectors, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")

_LETTERS = str.maketrans(
    {
        "ı": "i",
        "ß": "ss",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ٱ": "ا",
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "گ": "ك",
        "ـ": None,
        "ء": None,
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "ʼ": "'",
    }
)
_DIGITS = {ord("٠") + i: str(i) for i in range(10)} | {ord("۰") + i: str(i) for i in range(10)}
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘`´ʼ", "'"))
_DIGRAPHS = re.compile("([aou])e")


def clean(text: str) -> str:
    """Return user text without invisible and control characters, with single spaces.

    Letters, marks and emoji stay as they were written; line breaks stay single line breaks.
    """
    text = unicodedata.normalize("NFC", _CONTROL.sub(" ", _INVISIBLE.sub("", text)))
    return _LINES.sub("\n", _SPACE.sub(" ", text)).strip()


def fold(text: str) -> str:
    """Return the canonical form of a text for matching.

    NFKC; case folded (``İ``, ``I`` and ``ı`` all become ``i``); ``ß`` is ``ss``; marks removed
    (umlauts, Turkish and Arabic marks, hamza seats); ``ة`` is ``ه``, ``ى`` is ``ي``; Arabic and
    Persian digits are ASCII digits; typographic apostrophes are ``'``. White space is kept.
    """
    text = _INVISIBLE.sub("", text).translate(_APOSTROPHES)
    text = unicodedata.normalize("NFKC", text).replace("İ", "i").casefold()
    text = unicodedata.normalize("NFD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", text.translate(_LETTERS).translate(_DIGITS))


def merge_digraphs(folded: str) -> str:
    """Return folded text with ``ae``, ``oe``, ``ue`` written as ``a``, ``o``, ``u``.

    So ``Dülmen`` and ``Duelmen`` meet. It also joins true digraphs (``neue``), which does no
    harm because both sides of every comparison go through it.
    """
    return _DIGRAPHS.sub(r"\1", folded)


def search_form(text: str) -> str:
    """Return the form used by full-text search and the character n-grams."""
    return merge_digraphs(fold(text))
