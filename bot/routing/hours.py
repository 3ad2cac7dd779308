"""Opening hours in the languages of the people who read them."""

from __future__ import annotations

import re

_DAYS = {
    "de": dict(Mo="Mo", Tu="Di", We="Mi", Th="Do", Fr="Fr", Sa="Sa", Su="So"),
    "en": dict(Mo="Mon", Tu="Tue", We="Wed", Th="Thu", Fr="Fri", Sa="Sat", Su="Sun"),
    "tr": dict(Mo="Pzt", Tu="Sal", We="Çar", Th="Per", Fr="Cum", Sa="Cmt", Su="Paz"),
    "ar": dict(
        Mo="الاثنين",
        Tu="الثلاثاء",
        We="الأربعاء",
        Th="الخميس",
        Fr="الجمعة",
        Sa="السبت",
        Su="الأحد",
    ),
}
_DAY = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b")


def hours_text(hours: str, language: str) -> str:
    """Return hours such as ``Mo-Fr 08:30-12:00; Tu 14:00-16:00`` with the days' names translated.

    Times stay as they are; ranges get an en dash.
    """
    days = _DAYS.get(language, _DAYS["de"])
    text = _DAY.sub(lambda match: days[match.group(1)], hours)
    comma = "، " if language == "ar" else ", "
    return text.replace("-", "–").replace(",", comma).replace(comma + " ", comma)
