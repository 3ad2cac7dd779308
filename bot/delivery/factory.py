"""From the settings to the one way in which this installation delivers."""

from __future__ import annotations

from bot.delivery.chatwoot import ChatwootNotifier
from bot.delivery.mail import MailNotifier
from bot.delivery.notifier import Notifier
from bot.delivery.translation import Translator
from bot.delivery.zammad import ZammadNotifier
from bot.offers.models import Catalogue
from bot.settings import Settings


def notifier_for(settings: Settings) -> Notifier | None:
    """Return the notifier: the helpdesk if one is set, else the mail server, else ``None``.

    With ``None`` callbacks stay in the outbox and are seen in the staff inbox only. One way, not
    two: each item has one receiver, so "delivered" has one meaning. Settings that cannot work are
    a ``ConfigurationError``.
    """
    helpdesk = helpdesk_for(settings)
    if helpdesk is not None:
        return helpdesk
    return MailNotifier(settings.mail) if settings.mail.host else None


def helpdesk_for(settings: Settings) -> ZammadNotifier | ChatwootNotifier | None:
    """Return the helpdesk, for its ``reply_from``; ``None`` if there is none."""
    if settings.helpdesk.kind == "zammad":
        return ZammadNotifier(settings.helpdesk)
    if settings.helpdesk.kind == "chatwoot":
        return ChatwootNotifier(settings.helpdesk)
    return None


def translator_for(settings: Settings) -> Translator:
    """Return the translator; it is off without ``LOTSE_TRANSLATE_URL``."""
    return Translator(settings.translation)


def address_of(catalogue: Catalogue, contact_id: str | None) -> str | None:
    """Return the e-mail address of a contact for ``callback_item``, or ``None``.

    Only one that somebody has checked: a callback must not go to an address that may be wrong.
    """
    contact = catalogue.contacts.get(contact_id) if contact_id else None
    if contact is None or contact.outdated or contact.doubts:
        return None
    return contact.email
