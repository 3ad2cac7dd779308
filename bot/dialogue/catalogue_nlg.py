"""Rasa's ``utter_…`` responses from the text catalogues, in the language of the conversation.

In-process, so that greetings, notices and above all the crisis reply work with the action server
down.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.bootstrap import helplines, texts
from bot.languages import LANGUAGES, is_language
from bot.messages import Message, button, text_message
from bot.safety.helplines import SWITCHBOARD
from bot.safety.reply import crisis_messages

# Questions of the form that can be answered by pressing: (text of the button, intent, entities).
_CHOICES: Dict[str, List[Tuple[str, str, Dict[str, str]]]] = {
    "callback.consent": [("button.yes", "affirm", {}), ("button.no", "deny", {})],
    "callback.wish": [
        ("button.wish_none", "choose_wish", {"wish": "none"}),
        ("button.wish_interpreter", "choose_wish", {"wish": "interpreter"}),
        ("button.wish_woman", "choose_wish", {"wish": "woman"}),
        ("button.wish_both", "choose_wish", {"wish": "both"}),
    ],
    "callback.note": [("button.skip", "deny", {})],
}
_KEYS = {
    "utter_greet": "reply.greet",
    "utter_thank": "reply.thank",
    "utter_goodbye": "reply.goodbye",
    "utter_bot_challenge": "reply.bot_challenge",
    "utter_capabilities": "reply.capabilities",
    "utter_smalltalk": "reply.smalltalk",
    "utter_out_of_scope": "reply.out_of_scope",
    "utter_injection": "reply.injection",
    "utter_ask_callback_form_callback_consent": "callback.consent",
    "utter_ask_callback_form_callback_name": "callback.name",
    "utter_ask_callback_form_callback_reach": "callback.reach",
    "utter_ask_callback_form_callback_when": "callback.when",
    "utter_ask_callback_form_callback_wish": "callback.wish",
    "utter_ask_callback_form_callback_note": "callback.note",
}
CALLBACK_DAYS = 30


class CatalogueNLG(NaturalLanguageGenerator):
    """Generates responses from :class:`bot.texts.Texts`."""

    def __init__(self, endpoint_config: EndpointConfig, domain: Domain) -> None:
        """Load the catalogues once."""
        self._texts = texts()
        self._lines = helplines()

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> Optional[Dict[str, Any]]:
        """Return the response as a custom payload that holds messages of ours."""
        language = tracker.get_slot("language")
        language = language if is_language(language) else LANGUAGES[0]
        messages = self.messages(utter_action, language, tracker)
        return {"custom": {"messages": messages}} if messages else None

    def messages(
        self, utter_action: str, language: str, tracker: DialogueStateTracker
    ) -> List[Message]:
        """Return the messages of a response; an unknown name is a bug and raises ``KeyError``."""
        switchboard = self._lines[SWITCHBOARD].number
        if utter_action == "utter_crisis":
            sign = tracker.latest_message.parse_data.get("crisis") or {}
            return crisis_messages(sign.get("kind", "general"), language, self._texts, self._lines)
        if utter_action == "utter_not_understood":
            # Nobody knows what the person reads, so all four languages say it, the likely first.
            order = [language, *(code for code in LANGUAGES if code != language)]
            return [
                text_message(
                    self._texts.say("reply.not_understood", code, switchboard=switchboard),
                    code,
                    "notice",
                )
                for code in order
            ]
        key = _KEYS[utter_action]
        values = {"switchboard": switchboard, "days": CALLBACK_DAYS}
        message = text_message(self._texts.say(key, language, **values), language)
        if key in _CHOICES:
            message["buttons"] = [
                button(self._texts.say(title, language), intent, language, **entities)
                for title, intent, entities in _CHOICES[key]
            ]
        return [message]
