"""Actions about the conversation itself: its language, its deletion, a bare yes or no."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Events, WithServices, case_of, language_of, send, send_reply
from bot import bootstrap
from bot.conversation import answer
from bot.conversation.case import Question
from bot.conversation.services import Services
from bot.languages import LANGUAGES, is_language, search_form
from bot.messages import Message, button, text_message
from bot.storage.handovers import HandoverStore

CONFIRM_DELETE = "confirm_delete"

# How the four languages are called in the four languages, as people type them.
_NAMES: dict[str, tuple[str, ...]] = {
    "de": ("deutsch", "german", "almanca", "الماني", "المانيه", "aleman"),
    "en": ("englisch", "english", "ingilizce", "انكليزي", "انجليزي", "انجليزيه", "انكليزيه"),
    "ar": ("arabisch", "arabic", "arapca", "عربي", "عربيه", "arabi"),
    "tr": ("turkisch", "tuerkisch", "turkish", "turkce", "تركي", "تركيه", "turki"),
}


class ChangeLanguage(WithServices, Action):
    """Switches the language, and repeats the last question's answer in it."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_change_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Say that the language changed; show the last answer again if there was one."""
        services = self._services()
        language = wanted_language(tracker) or language_of(tracker)
        case = case_of(tracker)
        changed = text_message(services.texts.say("language.changed", language), language)
        events: Events = [SlotSet("language", language)]
        if case.need is None:
            send(dispatcher, [changed])
            return events
        send(dispatcher, [changed])
        question = Question(case.text or "", language, facts_only=True)
        reply = answer.answer(question, case, services)
        return events + send_reply(dispatcher, reply, language, services)


def wanted_language(tracker: Tracker) -> str | None:
    """Return the language that a person chose or named, or ``None``."""
    for entity in tracker.latest_message.get("entities") or []:
        if entity.get("entity") == "language_choice" and is_language(entity.get("value")):
            return str(entity["value"])
    words = search_form(tracker.latest_message.get("text") or "")
    named = [code for code in LANGUAGES if any(search_form(name) in words for name in _NAMES[code])]
    return named[0] if len(named) == 1 else None


class AskDelete(WithServices, Action):
    """Asks whether everything is to be deleted."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_ask_delete"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Ask, with a button for yes and one for no."""
        language = language_of(tracker)
        say = self._services().texts.say
        message = text_message(say("delete.ask", language), language)
        message["buttons"] = [
            button(say("button.delete", language), "confirm_delete", language),
            button(say("button.keep", language), "keep_data", language),
        ]
        message["expects"] = CONFIRM_DELETE
        send(dispatcher, [message])
        return []


class DeleteData(WithServices, Action):
    """Deletes what the person entered, and has the channel delete the conversation."""

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
        return "action_delete_data"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Delete the callbacks; the state ``deleted`` tells the channel to delete the rest."""
        language = language_of(tracker)
        self._store().erase_conversation(tracker.sender_id)
        text = self._services().texts.say("delete.done", language)
        done: Message = text_message(text, language, "state")
        done["state"] = "deleted"
        send(dispatcher, [done])
        return [SlotSet("case", None)]


class KeepData(WithServices, Action):
    """Keeps the data after all."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_keep_data"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Say that nothing is deleted."""
        language = language_of(tracker)
        text = self._services().texts.say("delete.kept", language)
        send(dispatcher, [text_message(text, language)])
        return []


class AnswerYes(DeleteData):
    """Takes a typed yes: it counts only for the question asked in the message before."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_answer_yes"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Delete the data if that was the question; otherwise ask what is needed."""
        if expected(tracker) == CONFIRM_DELETE:
            return super().run(dispatcher, tracker, domain)
        language = language_of(tracker)
        text = self._services().texts.say("reply.greet", language)
        send(dispatcher, [text_message(text, language)])
        return []


class AnswerNo(KeepData):
    """Takes a typed no."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_answer_no"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Keep the data if that was the question; otherwise go on as when nothing fits."""
        if expected(tracker) == CONFIRM_DELETE:
            return super().run(dispatcher, tracker, domain)
        services, language, case = self._services(), language_of(tracker), case_of(tracker)
        if case.need is None:
            text = services.texts.say("reply.goodbye", language)
            send(dispatcher, [text_message(text, language)])
            return []
        return send_reply(dispatcher, answer.none_fit(case, language, services), language, services)


def expected(tracker: Tracker) -> str | None:
    """Return what the last message of the assistant asked for, as the channel noted it."""
    return (tracker.latest_message.get("metadata") or {}).get("expects")
