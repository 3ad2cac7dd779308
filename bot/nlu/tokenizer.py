"""Tokens from spaCy's rules of the message's language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List

import spacy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.languages import LANGUAGES
from bot.nlu.component import metadata


@lru_cache(maxsize=8)
def _pipeline(language: str) -> spacy.language.Language:
    return spacy.blank(language)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpacyRulesTokenizer(Tokenizer):
    """Tokenizes with spaCy's blank pipelines, which need no downloaded model."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyRulesTokenizer:
        """Create the tokenizer (Rasa's factory)."""
        return cls({**cls.get_default_config(), **config})

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Return the settings that Rasa's tokenizer expects; intents are not split."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    @staticmethod
    def required_packages() -> List[str]:
        """Name the packages that must be there."""
        return ["spacy"]

    def tokenize(self, message: Message, attribute: str) -> List[Token]:
        """Return the tokens of one text; the conversation's language chooses the rules."""
        text = message.get(attribute)
        language = metadata(message, "language")
        if language not in LANGUAGES:
            language = "ar" if any("\u0600" <= letter <= "\u06ff" for letter in text) else "de"
        tokens = [Token(token.text, token.idx) for token in _pipeline(language)(text)]
        return [token for token in tokens if token.text.strip()]
