"""Actions that lead to a human: the responsible office, or somebody who writes in this chat."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Events, WithServices, case_of, language_of, send, send_reply
from bot import bootstrap
from bot.conversation import answer
from bot.conversation.present import switchboard
from bot.conversation.services import Services
from bot.handover.live import live_offer, request_live
from bot.messages import Message, button, text_message
from bot.storage.live import LiveStore


class RequestHuman(WithServices, Action):
    """Names a person or office to talk to, and offers to write with somebody who is there."""

    def __init__(
        self,
        services: Callable[[], Services] = bootstrap.services,
        store: Callable[[], LiveStore] = bootstrap.live_store,
    ) -> None:
        """``services`` returns the current services, ``store`` the live conversations' store."""
        super().__init__(services)
        self._store = store

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_request_human"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Answer and keep the case; say what staff would read before it is agreed to."""
        services, language = self._services(), language_of(tracker)
        case = case_of(tracker)
        events = send_reply(dispatcher, answer.human(case, services), language, services)
        if live_offer(case, services, self._store(), time.time()) is not None:
            say = services.texts.say
            message = text_message(say("live.offer", language), language)
            message["buttons"] = [button(say("button.live", language), "request_live", language)]
            send(dispatcher, [message])
        return events


class RequestLive(RequestHuman):
    """Opens the live conversation that the person agreed to by pressing the button."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_request_live"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Let the staff know; when they have gone in the meantime, offer a callback instead."""
        services, language = self._services(), language_of(tracker)
        send(dispatcher, [self._opened(tracker, language, services)])
        return []

    def _opened(self, tracker: Tracker, language: str, services: Services) -> Message:
        say, case, now = services.texts.say, case_of(tracker), time.time()
        offer = live_offer(case, services, self._store(), now)
        if offer is None:
            message = text_message(say("live.nobody_there", language), language)
            title = say("button.callback", language)
            message["buttons"] = [button(title, "request_callback", language)]
            return message
        channel = tracker.get_latest_input_channel() or "chat"
        try:
            request_live(
                offer, case, tracker.sender_id, channel, language, services, self._store(), now
            )
        except (sqlite3.Error, OSError):
            text = say("live.failed", language, switchboard=switchboard(services))
            return text_message(text, language)
        message = text_message(say("live.waiting", language), language, "state")
        message["state"] = "human-waiting"
        message["buttons"] = [button(say("button.leave_live", language), "leave_live", language)]
        return message
