"""Ages in a message."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import MessageComponent, add_entity
from bot.understanding.ages import find_ages
from bot.understanding.reading import to_plain


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AgeExtractor(MessageComponent):
    """Notes every age; see :mod:`bot.understanding.ages`."""

    depends_on = ("bot/understanding/ages.py", "bot/languages")

    def look_at(self, message: Message) -> None:
        """Set ``ages`` and one ``age`` entity for each age that is known in years."""
        mentions = find_ages(message.get(TEXT))
        message.set("ages", to_plain(mentions), add_to_output=True)
        for mention in mentions:
            if mention.min_years is not None:
                add_entity(
                    message,
                    {
                        "entity": "age",
                        "value": mention.min_years,
                        "start": mention.start,
                        "end": mention.end,
                        "extractor": type(self).__name__,
                    },
                )
