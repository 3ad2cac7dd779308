"""Actions about needs: find support, show more, none fits."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.turn import Events, WithServices, case_of, language_of, question_of, send_reply
from bot.conversation import answer

# Which action answers what the conversation leaves to another one.
_DELEGATES = {"delete_data": "action_ask_delete", "change_language": "action_change_language"}


class FindSupport(WithServices, Action):
    """Answers a question about a need, or one that a place or an age was added to."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_find_support"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Answer and keep the case."""
        services = self._services()
        reply = answer.answer(question_of(tracker), case_of(tracker), services)
        if reply.delegate is not None:
            return [FollowupAction(_DELEGATES[reply.delegate])]
        return send_reply(dispatcher, reply, language_of(tracker), services)


class ShowMore(WithServices, Action):
    """Shows further offers for the last question."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_show_more"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Answer and keep the case."""
        services, language = self._services(), language_of(tracker)
        reply = answer.show_more(case_of(tracker), language, services)
        return send_reply(dispatcher, reply, language, services)


class NoneFit(WithServices, Action):
    """Offers a person and other topics when nothing shown fits."""

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_none_fit"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Answer and keep the case."""
        services, language = self._services(), language_of(tracker)
        reply = answer.none_fit(case_of(tracker), language, services)
        return send_reply(dispatcher, reply, language, services)
