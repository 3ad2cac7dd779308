"""A request to be called back: checked, summed up in German, stored with its day of deletion."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.conversation.case import Case
from bot.conversation.services import Services
from bot.languages import clean, fold
from bot.storage.handovers import OPEN, Callback, new_reference

KEEP_DAYS = 30
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[\d][\d ()/.-]{4,24}\d")
_LONGEST = 120


class CallbackStore(Protocol):
    """Where callbacks are kept."""

    def add(self, callback: Callback) -> None:
        """Store a callback durably."""


@dataclass(frozen=True)
class CallbackRequest:
    """What the person entered."""

    name: str
    reach: str
    when: str


def reach_of(text: str) -> str | None:
    """Return the telephone number or e-mail address in a text, or ``None``.

    Arabic digits are understood; what stands around the number is dropped.
    """
    found = _EMAIL.search(clean(text))
    if found:
        return found.group(0)
    number = _PHONE.search(fold(text))
    return number.group(0) if number else None


def short(text: str) -> str:
    """Return an entry as one cleaned line of at most 120 characters."""
    return " ".join(clean(text).split())[:_LONGEST]


def german_summary(request: CallbackRequest, case: Case, language: str, services: Services) -> str:
    """Return what staff will read: German, without the person's own words."""
    say = services.texts.say
    need = services.need_label(case.need, "de") if case.need else "nicht angegeben"
    lines = [
        f"Bitte um Rückruf für {request.name}, {request.reach}.",
        f"Thema: {need}. Ort: {case.place or 'nicht angegeben'}.",
        f"Spricht: {say(f'language.name_{language}', 'de')}. Zeit: {request.when}.",
    ]
    if case.age is not None and case.age >= 0:
        lines.append(f"Alter, um das es geht: {case.age:g} Jahre.")
    return "\n".join(lines)


def preview(request: CallbackRequest, case: Case, language: str, services: Services) -> str:
    """Return what will be stored, in the person's language, with the German summary."""
    say = services.texts.say
    unknown = say("callback.unknown", language)
    return say(
        "callback.preview",
        language,
        name=request.name,
        reach=request.reach,
        when=request.when,
        need=services.need_label(case.need, language) if case.need else unknown,
        place=case.place or unknown,
        language=say(f"language.name_{language}", language),
        summary=german_summary(request, case, language, services),
    )


def store_callback(
    request: CallbackRequest,
    case: Case,
    conversation: str,
    language: str,
    services: Services,
    store: CallbackStore,
    now: datetime,
) -> Callback:
    """Store a request that the person has confirmed; return it with its reference number."""
    route = services.router.route(case.need, case.municipality, case.age) if case.need else None
    contact = route.contact if route else None
    callback = Callback(
        reference=new_reference(),
        conversation=conversation,
        created_at=now.isoformat(timespec="seconds"),
        delete_after=(now + timedelta(days=KEEP_DAYS)).isoformat(timespec="seconds"),
        status=OPEN,
        contact_id=contact.id if contact else None,
        language=language,
        municipality=case.municipality,
        need=case.need,
        name=request.name,
        reach=request.reach,
        when_to_call=request.when,
        note=None,
        summary=german_summary(request, case, language, services),
    )
    store.add(callback)
    return callback
