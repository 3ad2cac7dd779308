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

from actions.turn import Events, WithServices, case_of, language_of, question_of, send
from bot import bootstrap
from bot.conversation import answer
from bot.conversation.present import render, switchboard
from bot.conversation.services import Services
from bot.delivery.letter import callback_item
from bot.handover.callback import (
    NO_WISH,
    WISHES,
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
from bot.languages import search_form
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


# Shorter texts that begin with such a word may be a name or a time.
_QUESTION_FROM = 3
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


# How questions begin; a question mark is often left out on a phone.
_QUESTION_WORDS = frozenset(
    search_form(word)
    for word in (
        # Words that also begin an answer ("wie Sie wollen", "من الساعة ٤") are left out.
        *("wer", "wo", "warum", "wieso", "kostet", "who", "where", "how", "why"),
        *("nasil", "nerede", "neden", "kac"),
        *("شو", "ماذا", "كيف", "مين", "وين", "أين", "ليش", "لماذا", "هل", "كم"),
    )
)


def is_question(text: str) -> bool:
    """Return whether a text asks something instead of answering the form."""
    if text.rstrip().endswith(("?", "؟")):
        return True
    words = search_form(text).split()
    return len(words) >= _QUESTION_FROM and words[0] in _QUESTION_WORDS


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

    def _digression(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
        """Answer a question that came instead of an answer; the form then asks again.

        What the callback is about stays as it was.
        """
        if not is_question(tracker.latest_message.get("text") or ""):
            return False
        services = self._services()
        reply = answer.answer(question_of(tracker), case_of(tracker).new_question(), services)
        if reply.delegate is None:
            messages = render(reply, language_of(tracker), services)
            for message in messages:
                message.pop("buttons", None)  # they would lead out of the form
            send(dispatcher, messages)
        return True

    def validate_callback_name(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Accept any name that has a letter or digit."""
        if value is not None and self._digression(dispatcher, tracker):
            return {"callback_name": None}
        name = short(str(value or ""))
        return {"callback_name": name if any(c.isalnum() for c in name) else None}

    def validate_callback_reach(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Accept a telephone number or an e-mail address."""
        if value is None or (
            reach_of(str(value)) is None and self._digression(dispatcher, tracker)
        ):
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
        if value is not None and self._digression(dispatcher, tracker):
            return {"callback_when": None}
        return {"callback_when": short(str(value or "")) or None}

    def validate_callback_wish(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Read the wish that was pressed or typed; what is not understood is no wish."""
        if value is None or (value not in WISHES and self._digression(dispatcher, tracker)):
            return {"callback_wish": None}
        return {"callback_wish": wish_of(str(value))}

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
