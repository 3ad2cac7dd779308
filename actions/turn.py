"""What every action needs: reading the tracker and sending messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot import bootstrap
from bot.conversation.case import Case, Question
from bot.conversation.present import render
from bot.conversation.reply import Reply
from bot.conversation.services import Services
from bot.languages import is_language
from bot.messages import Message
from bot.understanding.intents import INFORM
from bot.understanding.reading import ages_from, places_from

Events = list[EventType]


class WithServices:
    """What an action inherits that needs the services; a test may pass its own.

    A mixin, because the action server registers every subclass of ``Action``.
    """

    def __init__(self, services: Callable[[], Services] = bootstrap.services) -> None:
        """``services`` returns the current services."""
        self._services = services


def language_of(tracker: Tracker) -> str:
    """Return the language to answer in."""
    language = tracker.get_slot("language")
    return language if is_language(language) else "de"


def case_of(tracker: Tracker) -> Case:
    """Return what the conversation knows."""
    return Case.from_slot(tracker.get_slot("case"))


def question_of(tracker: Tracker) -> Question:
    """Return the message as a question, with everything that was recognised in it."""
    message: dict[str, Any] = tracker.latest_message
    intent = (message.get("intent") or {}).get("name")
    confidence = (message.get("intent") or {}).get("confidence")
    entities = {row["entity"]: row.get("value") for row in message.get("entities") or []}
    crisis = message.get("crisis") or {}
    return Question(
        text=message.get("text") or "",
        language=language_of(tracker),
        places=places_from(message.get("places")),
        ages=ages_from(message.get("ages")),
        need=entities.get("need") if intent == "choose_need" else None,
        municipality=entities.get("place") if intent == "choose_place" else None,
        facts_only=intent == "choose_place" or (intent == INFORM and confidence == 1.0),
        adds_facts=intent == INFORM,
        wants_verdict=intent == "ask_entitlement",
        worried=crisis.get("kind"),
    )


def send(dispatcher: CollectingDispatcher, messages: list[Message]) -> None:
    """Send messages to the person, all in one so that their order is kept."""
    dispatcher.utter_message(json_message={"messages": messages})


def send_reply(
    dispatcher: CollectingDispatcher, reply: Reply, language: str, services: Services
) -> Events:
    """Send a reply and return the events that keep its case."""
    send(dispatcher, render(reply, language, services))
    return [SlotSet("case", reply.case.to_slot())]
