"""Crisis, checked on every message before its intent."""

from __future__ import annotations

from dataclasses import asdict

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.bootstrap import crisis_detector
from bot.nlu.component import MessageComponent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CrisisComponent(MessageComponent):
    """Notes signs of a crisis; see :mod:`bot.safety.crisis`."""

    depends_on = ("bot/safety", "bot/languages")

    def __init__(self) -> None:
        """Load the rules."""
        self._detector = crisis_detector()

    def look_at(self, message: Message) -> None:
        """Set ``crisis`` when there is a sign of one."""
        sign = self._detector.detect(message.get(TEXT))
        if sign is not None:
            message.set("crisis", asdict(sign), add_to_output=True)
