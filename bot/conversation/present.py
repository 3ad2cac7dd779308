"""Puts a reply into words: messages with cards and buttons in the person's language."""

from __future__ import annotations

from urllib.parse import quote_plus

from bot.conversation.outcomes import OPENING, Outcome
from bot.conversation.reply import Reply
from bot.conversation.services import Services
from bot.messages import Message, button, text_message, with_buttons
from bot.offers.models import COUNTY, FEDERAL, Contact, Offer, in_language
from bot.routing.hours import Closed, contact_status, hours_text, reachable_now, status_text
from bot.routing.router import GENERAL
from bot.safety.reply import lines_message

_MAP = "https://www.openstreetmap.org/search?query="
_ENDINGS_WITH_MORE = {Outcome.FOUND, Outcome.FOUND_UNSURE, Outcome.MORE, Outcome.NO_VERDICT}
_ENDINGS_WITHOUT_HUMAN = {Outcome.NEEDS_PLACE, Outcome.NEEDS_BIRTH_PLACE, Outcome.PLACE_UNCLEAR}


def render(reply: Reply, language: str, services: Services) -> list[Message]:
    """Return the messages of a reply, in the order in which they are read."""
    texts = services.texts
    messages: list[Message] = []
    if reply.lines:
        messages.append(lines_message(texts.say("find.soon", language), reply.lines, language))
    opening = _opening(reply, language, services)
    if reply.contact is not None and reply.contact_first:
        messages.extend(_contact_messages(reply, language, services))
    if reply.offers:
        items = [offer_item(hit.offer, language, services) for hit in reply.offers]
        messages.append({"type": "offers", "lang": language, "text": opening, "items": items})
    else:
        messages.append(text_message(opening, language))
    for note in reply.notes:
        messages.append(text_message(texts.say(note, language), language))
    if reply.contact is not None and not reply.contact_first:
        messages.extend(_contact_messages(reply, language, services))
    for transition in reply.transitions:
        note = in_language(transition.note, language)[0]
        messages.append(text_message(texts.say("find.transition", language, note=note), language))
    if reply.outcome is Outcome.HUMAN:
        messages.append(text_message(texts.say("human.callback", language), language))
    if reply.outcome in _ENDINGS_WITHOUT_HUMAN:
        messages[-1]["expects"] = "place"
    return with_buttons(messages, _buttons(reply, language, services))


def _opening(reply: Reply, language: str, services: Services) -> str:
    """Return the first sentence of the reply."""
    key = OPENING[reply.outcome]
    if reply.outcome is Outcome.NEEDS_NEED and "place" in reply.values:
        key = "reply.ask_need_place"
    needed = services.texts.placeholders(key)
    values = {name: value for name, value in reply.values.items() if name in needed}
    if "switchboard" in needed:
        values["switchboard"] = switchboard(services)
    return services.texts.say(key, language, **values)


def switchboard(services: Services) -> str:
    """Return the county's general telephone number."""
    return services.catalogue.contacts[GENERAL].phone or "115"


def _contact_messages(reply: Reply, language: str, services: Services) -> list[Message]:
    """Return the responsible contact as a card, and what to do next."""
    contact, texts = reply.contact, services.texts
    assert contact is not None
    local = not {COUNTY, FEDERAL}.intersection(contact.area)
    if reply.case.place and reply.case.municipality and local:
        text = texts.say("find.contact_in_place", language, place=reply.case.place)
    else:
        text = texts.say("find.contact", language)
    item = contact_item(contact, reply.substitutes, language, services)
    card: Message = {"type": "contact", "lang": language, "text": text, "items": [item]}
    reachable = item["tel"] or item["mail"] or item.get("substitute")
    closing = "find.next" if reachable else "find.next_no_phone"
    return [card, text_message(texts.say(closing, language), language)]


def _buttons(reply: Reply, language: str, services: Services) -> list[Message]:
    """Return what the person can do next by pressing."""
    say = services.texts.say
    buttons: list[Message] = []
    for choice in reply.choices:
        if choice.kind == "need":
            label = services.need_label(choice.value, language)
            buttons.append(button(label, "choose_need", language, need=choice.value))
        else:
            name = services.place_name(choice.value)
            buttons.append(button(name, "choose_place", language, place=choice.value))
    if reply.outcome is Outcome.CLARIFY:
        buttons.append(button(say("button.something_else", language), "none_fit", language))
    if reply.outcome in _ENDINGS_WITH_MORE:
        buttons.append(button(say("button.more", language), "show_more", language))
        buttons.append(button(say("button.none_fit", language), "none_fit", language))
    if reply.contact is not None:
        buttons.append(button(say("button.callback", language), "request_callback", language))
    if reply.outcome not in _ENDINGS_WITHOUT_HUMAN and reply.outcome is not Outcome.HUMAN:
        buttons.append(button(say("button.human", language), "request_human", language))
    return buttons


def offer_item(offer: Offer, language: str, services: Services) -> Message:
    """Return an offer as a card.

    Of an outdated offer only what it is and where it belongs is shown, with a notice and a
    confirmed number: its own phone, hours and address may be wrong today.
    """
    say = services.texts.say
    text, text_language = in_language(offer.texts, language)
    organization = services.catalogue.organizations[offer.organization]
    trusted = not offer.outdated
    location = offer.location if trusted else None
    address = location.address if location else None
    where = ", ".join(part for part in (location.name, address) if part) if location else None
    item: Message = {
        "id": offer.id,
        "title": text.title,
        "summary": text.summary,
        "lang": text_language,
        "organization": organization.name,
        "place": _place(offer, language, services),
        "cost": _cost(offer, language, services) if trusted or offer.cost_kind else None,
        "ages": _ages(offer, language, services),
        "languages": _language_names(offer.languages, language, services),
        "how": text.how if trusted else None,
        "bring": text.bring if trusted else None,
        "term": offer.term,
        "sample": offer.sample,
        "labels": [],
        "check": None if trusted else _check("offer.check", offer, language, services),
        "contact": {
            "name": organization.name,
            "tel": offer.phone if trusted else None,
            "mail": offer.email if trusted else None,
            "hours": offer.hours if trusted else None,
        },
        "address": where or None,
        "map": _MAP + quote_plus(address) if address and not offer.sample else None,
        "url": offer.url or organization.url,
        "updated": say("offer.updated", language, date=_date(offer.checked_on, language, services)),
        "source": offer.source,
    }
    if offer.by_appointment and trusted:
        item["labels"].append(say("offer.appointment", language))
    if text_language != language:
        item["labels"].append(say("find.fallback_language", language))
    return item


def contact_item(
    contact: Contact, substitutes: tuple[Contact, ...], language: str, services: Services
) -> Message:
    """Return a contact as a card: ``hours_now`` says whether it can be reached now.

    A stand-in to call is named when the contact has no number, or is closed while another answers.
    """
    say = services.texts.say
    trusted = not contact.outdated
    name, name_language = in_language(contact.names, language)
    item: Message = {
        "id": contact.id,
        "name": name,
        "lang": name_language,
        "role": in_language(contact.role, language)[0],
        "term": contact.term,
        "tel": contact.phone if trusted else None,
        "mail": contact.email if trusted else None,
        "url": contact.url,
        "address": contact.address if trusted else None,
        "hours": hours_text(contact.hours, language) if contact.hours and trusted else None,
        "hours_now": _open_now(contact, language, services),
        "languages": _language_names(contact.languages, language, services),
        "interpreter": _interpreter(contact, language, services),
        "check": None,
        "updated": say("offer.updated", language, date=contact.checked_on),
        "source": contact.source,
    }
    if item["hours"] and contact.hours_for == "phone":
        item["hours"] = say("contact.hours_phone", language, hours=item["hours"])
    if contact.by_appointment and trusted:
        item["labels"] = [say("contact.appointment", language)]
    if not trusted or contact.status == "unverified":
        item["check"] = _check("contact.check", contact, language, services)
    stand_in = _stand_in(contact, substitutes, services)
    if stand_in is not None:
        substitute = in_language(stand_in.names, language)[0]
        item["substitute"] = {"name": substitute, "tel": stand_in.phone}
    return item


def _open_now(contact: Contact, language: str, services: Services) -> str | None:
    """Return whether the contact is open now, in words; ``None`` where nobody told us."""
    moment = services.clock()
    state = contact_status(contact, moment)
    text = status_text(state, moment, language, services.texts)
    if text is not None and contact.hours is not None and contact.hours_for == "phone":
        return services.texts.say("contact.open_phone", language, status=text)
    return text


def _stand_in(
    contact: Contact, substitutes: tuple[Contact, ...], services: Services
) -> Contact | None:
    """Return whom to call instead: one who answers now, or any where there is no other number."""
    moment = services.clock()
    callable_itself = bool(contact.phone) and not contact.outdated
    if callable_itself and not isinstance(contact_status(contact, moment), Closed):
        return None
    answers = reachable_now(substitutes, moment)
    if answers is not None or callable_itself:
        return answers
    return next((c for c in substitutes if c.phone and not c.outdated), None)


def _check(key: str, record: Offer | Contact, language: str, services: Services) -> str:
    """Return the notice for details nobody confirmed lately, with a number that is confirmed."""
    organization = services.catalogue.organizations[record.organization]
    name, phone = organization.name, organization.switchboard
    if not phone:
        name = in_language(services.catalogue.contacts[GENERAL].names, language)[0]
        phone = switchboard(services)
    date = _date(record.checked_on, language, services)
    return services.texts.say(key, language, date=date, name=name, phone=phone)


def _date(date: str | None, language: str, services: Services) -> str:
    return date or services.texts.say("offer.date_unknown", language)


def _place(offer: Offer, language: str, services: Services) -> str:
    if offer.location and offer.location.municipality:
        return services.place_name(offer.location.municipality)
    if offer.everywhere:
        return services.texts.say("offer.everywhere", language)
    return ", ".join(services.place_name(key) for key in offer.area)


def _cost(offer: Offer, language: str, services: Services) -> str | None:
    if offer.cost_kind is None:
        return offer.cost_note
    text = services.texts.say(f"cost.{offer.cost_kind}", language)
    return f"{text} ({offer.cost_note})" if offer.cost_note and language == "de" else text


def _ages(offer: Offer, language: str, services: Services) -> str | None:
    ages = offer.ages
    if ages is None:
        return None
    if ages.min is not None and ages.max is not None:
        return services.texts.say("ages.range", language, min=ages.min, max=ages.max)
    if ages.min is not None:
        return services.texts.say("ages.from", language, min=ages.min)
    return services.texts.say("ages.to", language, max=ages.max)


def _language_names(codes: tuple[str, ...], language: str, services: Services) -> str | None:
    names = [
        services.texts.say(key, language) if key in services.texts.keys() else code
        for code, key in ((code, f"language.name_{code}") for code in codes)
    ]
    return ("، " if language == "ar" else ", ").join(names) or None


def _interpreter(contact: Contact, language: str, services: Services) -> str | None:
    """Return how to be understood at the office; only for people who do not write German.

    The German sentence in it is to be said, shown or sent. Where nobody told us how interpreting
    is arranged, the sentence asks for it.
    """
    if language == "de" or language in contact.languages:
        return None
    if contact.interpreter == "unknown" and not (contact.phone or contact.email or contact.address):
        return None
    # The sentence is for a German desk, so the language's name is German in it.
    german = services.texts.say(f"language.name_{language}", "de")
    return services.texts.say(
        f"contact.interpreter_{contact.interpreter}", language, language=german
    )
