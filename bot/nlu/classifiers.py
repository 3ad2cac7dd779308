"""The two trained components: language and intent.

Both are trained from ``data/nlu`` by :mod:`bot.understanding.training`, which keeps its result, so
that the command line and Rasa do not train twice. The trained file travels in Rasa's model.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.bootstrap import intent_recognizer, language_identifier, train_understanding_files
from bot.nlu.component import MessageComponent, add_entity, metadata
from bot.nlu.fingerprints import fingerprint_of
from bot.understanding.reading import ages_from, facts_only, named, places_from
from bot.understanding.training import INTENT_FILE, LANGUAGE_FILE

_DATA = ("data/nlu", "bot/understanding", "bot/languages", "bot/ngrams.py", "bot/thresholds.yml")


class TrainedComponent(MessageComponent):
    """A component whose classifier is one file in Rasa's model."""

    file_name = ""
    depends_on = _DATA

    def __init__(self, model_storage: ModelStorage, resource: Resource) -> None:
        """Keep where the model is stored."""
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TrainedComponent:
        """Create an untrained component (Rasa's factory)."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TrainedComponent:
        """Load the trained component (Rasa's factory)."""
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.read(Path(folder) / cls.file_name)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Train (or take the kept result of) the classifier and store it in the model."""
        source = train_understanding_files() / self.file_name
        with self._model_storage.write_to(self._resource) as folder:
            shutil.copyfile(source, Path(folder) / self.file_name)
        self.read(source)
        return self._resource

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Return the hash of the examples and the code that is trained from them."""
        return fingerprint_of(cls.depends_on)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the training data as it is; nothing later in the pipeline is trained on it."""
        return training_data

    def read(self, path: Path) -> None:
        """Read the classifier from a file."""
        raise NotImplementedError


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LanguageComponent(TrainedComponent):
    """Notes the language to answer in; see :mod:`bot.languages.identification`."""

    file_name = LANGUAGE_FILE

    def read(self, path: Path) -> None:
        """Read the language classifier."""
        self._identifier = language_identifier(path)

    def look_at(self, message: Message) -> None:
        """Set ``language`` (with whether it is foreign to us) and the entity of that name."""
        places = named(places_from(message.get("places")))
        conversation = metadata(message, "language")
        guess = self._identifier.identify(message.get(TEXT), conversation, places)
        message.set(
            "language",
            {"code": guess.code, "foreign": guess.foreign, "sure": guess.sure},
            add_to_output=True,
        )
        add_entity(
            message,
            {"entity": "language", "value": guess.code, "extractor": type(self).__name__},
        )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentComponent(TrainedComponent):
    """Notes the intent; see :mod:`bot.understanding.intents`."""

    file_name = INTENT_FILE

    def read(self, path: Path) -> None:
        """Read the intent classifier."""
        self._recognizer = intent_recognizer(path)

    def look_at(self, message: Message) -> None:
        """Set the intent with its confidence and the ranking."""
        text = message.get(TEXT)
        foreign = bool((message.get("language") or {}).get("foreign"))
        facts = facts_only(text, places_from(message.get("places")), ages_from(message.get("ages")))
        guess = self._recognizer.recognize(text, foreign, facts)
        ranking: List[Dict[str, Any]] = [
            {"name": name, "confidence": confidence} for name, confidence in guess.ranking
        ]
        message.set(
            INTENT, {"name": guess.name, "confidence": guess.confidence}, add_to_output=True
        )
        message.set("intent_ranking", ranking, add_to_output=True)
