"""Places in a message, for the slots and the forms."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.bootstrap import place_recognizer
from bot.nlu.component import MessageComponent, add_entity, metadata
from bot.understanding.reading import to_plain


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(MessageComponent):
    """Notes every place with its municipality; see :mod:`bot.places.recognition`."""

    depends_on = ("bot/places", "bot/languages", "data/offers/places.yml")

    def __init__(self) -> None:
        """Load the gazetteer."""
        self._recognizer = place_recognizer()

    def look_at(self, message: Message) -> None:
        """Set ``places`` and one ``place`` entity for each place in the county."""
        expected = metadata(message, "expects") == "place"
        mentions = self._recognizer.find(message.get(TEXT), expected=expected)
        message.set("places", to_plain(mentions), add_to_output=True)
        for mention in mentions:
            if mention.municipality:
                add_entity(
                    message,
                    {
                        "entity": "place",
                        "value": mention.municipality,
                        "start": mention.start,
                        "end": mention.end,
                        "confidence_entity": 1.0 if mention.certain else 0.5,
                        "extractor": type(self).__name__,
                    },
                )
