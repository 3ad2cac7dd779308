"""The callback form: consent, name, how to reach the person, when, preview, send."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Events, WithServices, case_of, language_of, send
from bot import bootstrap
from bot.conversation.present import switchboard
from bot.conversation.services import Services
from bot.delivery.letter import callback_item
from bot.handover.callback import (
    NO_WISH,
    CallbackRequest,
    expected_text,
    note_of,
    preview,
    reach_of,
    responsible,
    short,
    store_callback,
    wish_of,
)
from bot.messages import button, text_message
from bot.storage.handovers import HandoverStore

SLOTS = (
    "callback_consent",
    "callback_name",
    "callback_reach",
    "callback_when",
    "callback_wish",
    "callback_note",
    "callback_confirmed",
)


# A slot of a form must hold something, so "no note" has a value of its own.
NOTHING = "-"


def forget(tracker: Tracker) -> Events:
    """Return the events that empty the form's slots.

    Slots that are empty already are left alone: the form would take a slot that was just set,
    even to nothing, for an answer to be checked.
    """
    return [SlotSet(slot, None) for slot in SLOTS if tracker.get_slot(slot) is not None]


def request_of(tracker: Tracker) -> CallbackRequest:
    """Return what the person entered into the form."""
    return CallbackRequest(
        tracker.get_slot("callback_name") or "",
        tracker.get_slot("callback_reach") or "",
        tracker.get_slot("callback_when") or "",
        tracker.get_slot("callback_wish") or NO_WISH,
        ""
        if tracker.get_slot("callback_note") in (None, NOTHING)
        else tracker.get_slot("callback_note"),
    )


class BeginCallback(Action):
    """Empties the form before it starts, so that nothing of an earlier one is left."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_begin_callback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Return the events that empty the form."""
        return forget(tracker)


class ValidateCallbackForm(WithServices, FormValidationAction):
    """Checks each entry as it comes."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "validate_callback_form"

    async def required_slots(
        self,
        domain_slots: list[str],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: DomainDict,
    ) -> list[str]:
        """Ask nothing more once the person has refused."""
        if tracker.get_slot("callback_consent") is False:
            return []
        return domain_slots

    def validate_callback_name(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Accept any name that has a letter or digit."""
        name = short(str(value or ""))
        return {"callback_name": name if any(c.isalnum() for c in name) else None}

    def validate_callback_reach(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Accept a telephone number or an e-mail address."""
        if value is None:
            return {"callback_reach": None}
        reach = reach_of(str(value))
        if reach is None:
            language = language_of(tracker)
            text = self._services().texts.say("callback.reach_invalid", language)
            send(dispatcher, [text_message(text, language)])
        return {"callback_reach": reach}

    def validate_callback_when(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Accept any time in words."""
        return {"callback_when": short(str(value or "")) or None}

    def validate_callback_wish(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Read the wish that was pressed or typed; what is not understood is no wish."""
        return {"callback_wish": wish_of(str(value)) if value is not None else None}

    def validate_callback_note(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Accept any note; the button and a plain "no" mean that there is none."""
        if value is None:
            return {"callback_note": None}
        refused = (tracker.latest_message.get("intent") or {}).get("name") == "deny"
        return {"callback_note": NOTHING if refused else note_of(str(value)) or NOTHING}


class AskCallbackConfirmed(WithServices, Action):
    """Shows what will be stored and asks whether to send it."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_ask_callback_form_callback_confirmed"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Show the preview in the person's language and in German."""
        services, language = self._services(), language_of(tracker)
        say = services.texts.say
        message = text_message(
            preview(request_of(tracker), case_of(tracker), language, services), language, "form"
        )
        message["buttons"] = [
            button(say("button.send", language), "affirm", language),
            button(say("button.cancel", language), "deny", language),
        ]
        send(dispatcher, [message])
        return []


class FinishCallback(WithServices, Action):
    """Stores the request if the person agreed twice; otherwise stores nothing and says so."""

    def __init__(
        self,
        services: Callable[[], Services] = bootstrap.services,
        store: Callable[[], HandoverStore] = bootstrap.handover_store,
    ) -> None:
        """``services`` returns the current services, ``store`` the callbacks' store."""
        super().__init__(services)
        self._store = store

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_finish_callback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Store, answer, and empty the form."""
        services, language = self._services(), language_of(tracker)
        number = switchboard(services)
        if tracker.get_slot("callback_consent") is not True:
            text = services.texts.say("callback.refused", language, switchboard=number)
        elif tracker.get_slot("callback_confirmed") is not True:
            text = services.texts.say("callback.stopped", language)
        else:
            text = self._keep(tracker, language, services, number)
        send(dispatcher, [text_message(text, language)])
        return forget(tracker)

    def _keep(self, tracker: Tracker, language: str, services: Services, number: str) -> str:
        """Store the request and return what to say; a full disk must not look like success."""
        try:
            callback = store_callback(
                request_of(tracker),
                case_of(tracker),
                tracker.sender_id,
                language,
                services,
                self._store(),
                datetime.now(timezone.utc),
                callback_item,
            )
        except (sqlite3.Error, OSError):
            return services.texts.say("callback.failed", language, switchboard=number)
        expected = expected_text(responsible(case_of(tracker), services), language, services)
        return services.texts.say(
            "callback.sent",
            language,
            reference=callback.reference,
            expected=expected,
            switchboard=number,
        )
