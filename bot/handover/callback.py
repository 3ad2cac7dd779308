"""A request to be called back: checked, summed up in German, stored with its day of deletion."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

from bot.conversation.case import Case
from bot.conversation.services import Services
from bot.languages import clean, fold, search_form
from bot.offers.models import Contact
from bot.routing.hours import (
    BERLIN,
    Closed,
    contact_status,
    moment_text,
    next_contact_time,
    working_day_after,
)
from bot.storage.handovers import OPEN, Callback, OutboxItem, new_reference

KEEP_DAYS = 30
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[\d][\d ()/.-]{4,24}\d")
_LONGEST = 120
_LONGEST_NOTE = 500

NO_WISH, INTERPRETER, WOMAN, BOTH = "none", "interpreter", "woman", "both"
WISHES = (NO_WISH, INTERPRETER, WOMAN, BOTH)
# Words of typed wishes, as search forms.
_WISH_WORDS = {
    INTERPRETER: (
        "dolmetsch",
        "ubersetz",
        "sprachmittl",
        "interpret",
        "translat",
        "tercuman",
        "cevir",
        "ترجم",
        "مترجم",
    ),
    WOMAN: ("frau", "woman", "female", "lady", "kadin", "bayan", "امراه", "سيده", "مره", "بنت"),
}
# When nobody knows the office's hours, the end of the next working day is what can be expected.
_END_OF_DAY = time(16)


class CallbackStore(Protocol):
    """Where callbacks are kept."""

    def add(self, callback: Callback, outbox: Sequence[OutboxItem] = ()) -> None:
        """Store a callback and what has to be sent for it, durably and together."""


# Makes what has to be sent for a callback; the second value is the office's own address, if any.
Letters = Callable[[Callback, "str | None"], OutboxItem]


@dataclass(frozen=True)
class CallbackRequest:
    """What the person entered; ``wish`` is one of :data:`WISHES`, ``note`` may be empty."""

    name: str
    reach: str
    when: str
    wish: str = NO_WISH
    note: str = ""


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


def wish_of(text: str) -> str:
    """Return the wish in a typed answer or a button's value; in doubt none."""
    if text in WISHES:
        return text
    folded = search_form(text)
    found = [wish for wish, words in _WISH_WORDS.items() if any(w in folded for w in words)]
    return BOTH if len(found) > 1 else found[0] if found else NO_WISH


def note_of(text: str) -> str:
    """Return an optional note as cleaned text of at most 500 characters."""
    return " ".join(clean(text).split())[:_LONGEST_NOTE]


def expected_text(contact: Contact | None, language: str, services: Services) -> str:
    """Return by when a call can be expected, and when a closed office opens."""
    say, now = services.texts.say, services.clock()
    when = next_contact_time(contact, now) if contact else None
    if when is None:
        day = working_day_after(now.astimezone(BERLIN).date())
        moment = datetime.combine(day, _END_OF_DAY, tzinfo=BERLIN)
        return say("callback.expected_unknown", language, when=moment_text(moment, language))
    text = say("callback.expected", language, when=moment_text(when, language))
    state = contact_status(contact, now) if contact else None
    if isinstance(state, Closed) and state.next_opening is not None:
        opens = moment_text(state.next_opening, language)
        return say("callback.closed_until", language, when=opens) + " " + text
    return text


def german_summary(request: CallbackRequest, case: Case, language: str, services: Services) -> str:
    """Return what staff will read: German; the person's own note as it was written."""
    say = services.texts.say
    need = services.need_label(case.need, "de") if case.need else "nicht angegeben"
    lines = [
        f"Bitte um Rückruf für {request.name}, {request.reach}.",
        f"Thema: {need}. Ort: {case.place or 'nicht angegeben'}.",
        f"Spricht: {say(f'language.name_{language}', 'de')}. Zeit: {request.when}.",
    ]
    if request.wish != NO_WISH:
        lines.append(f"Wunsch: {say(f'callback.wish_{request.wish}', 'de')}.")
    if request.note:
        lines.append(f"Die Person schreibt dazu: {request.note}")
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
        wish=say(
            "callback.none" if request.wish == NO_WISH else f"callback.wish_{request.wish}",
            language,
        ),
        note=request.note or say("callback.note_none", language),
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
    letters: Letters | None = None,
) -> Callback:
    """Store a request that the person has confirmed; return it with its reference number.

    With ``letters`` what has to be sent is stored in the same transaction.
    """
    contact = responsible(case, services)
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
        note=request.note or None,
        summary=german_summary(request, case, language, services),
        interpreter=request.wish in (INTERPRETER, BOTH),
        wants_woman=request.wish in (WOMAN, BOTH),
        organization=contact.organization if contact else None,
    )
    # A callback must not go to an address that may be wrong: only a checked one is used.
    address = contact.email if contact and not contact.outdated and not contact.doubts else None
    store.add(callback, [letters(callback, address)] if letters else [])
    return callback


def responsible(case: Case, services: Services) -> Contact | None:
    """Return the contact whose organization answers for a case: the county in doubt."""
    route = services.router.route(case.need, case.municipality, case.age) if case.need else None
    if route is None or route.contact is None:
        route = services.router.general("no need or place is known")
    return route.contact
