"""Writing with a person of the staff in the same chat: when it is offered, and how it begins."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation.case import Case
from bot.conversation.services import Services
from bot.handover.callback import responsible
from bot.storage.live import LiveConversation, LiveStore


@dataclass(frozen=True)
class LiveOffer:
    """Whose staff would take a conversation."""

    contact_id: str | None
    organization: str | None


def live_offer(case: Case, services: Services, store: LiveStore, now: float) -> LiveOffer | None:
    """Return whose staff may be written to now, or ``None`` when nobody is there.

    Nothing is promised that nobody can keep: only staff who have the inbox open count. ``now`` is
    in seconds since 1970 (UTC).
    """
    contact = responsible(case, services)
    organization = contact.organization if contact else None
    if not store.staff_online(organization, now):
        return None
    return LiveOffer(contact.id if contact else None, organization)


def live_summary(case: Case, language: str, services: Services) -> str:
    """Return what staff read first: German, without the person's own words."""
    say = services.texts.say
    need = services.need_label(case.need, "de") if case.need else "nicht angegeben"
    lines = [
        f"Thema: {need}. Ort: {case.place or 'nicht angegeben'}.",
        f"Schreibt: {say(f'language.name_{language}', 'de')}.",
    ]
    if case.age is not None and case.age >= 0:
        lines.append(f"Alter, um das es geht: {case.age:g} Jahre.")
    return "\n".join(lines)


def request_live(
    offer: LiveOffer,
    case: Case,
    conversation: str,
    channel: str,
    language: str,
    services: Services,
    store: LiveStore,
    now: float,
) -> LiveConversation:
    """Open the live conversation that the person agreed to; one that is open is kept."""
    return store.request(
        conversation,
        language,
        case.municipality,
        case.need,
        offer.contact_id,
        offer.organization,
        channel,
        live_summary(case, language, services),
        now,
    )
