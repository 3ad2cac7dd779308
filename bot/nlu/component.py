"""What the components share: how a message is recognised as typed text, and their creation."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.fingerprints import fingerprint_of


class MessageComponent(GraphComponent):
    """A component that looks at each typed message and notes what it finds."""

    depends_on: tuple[str, ...] = ()

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageComponent:
        """Create the component (Rasa's factory)."""
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Return the hash of the code and data that this component delegates to."""
        return fingerprint_of(cls.depends_on)

    def process(self, messages: List[Message]) -> List[Message]:
        """Look at every message that a person typed; button payloads pass by."""
        for message in messages:
            if is_typed(message):
                self.look_at(message)
        return messages

    def look_at(self, message: Message) -> None:
        """Note on the message what was found in it."""
        raise NotImplementedError


def is_typed(message: Message) -> bool:
    """Return whether a person typed this message, as opposed to pressing a button."""
    text = message.get(TEXT)
    return isinstance(text, str) and not text.startswith("/")


def metadata(message: Message, key: str) -> Any:
    """Return what the channel says about the conversation, or ``None``."""
    return (message.get("metadata") or {}).get(key)


def add_entity(message: Message, entity: Dict[str, Any]) -> None:
    """Add one entity to those that earlier components found."""
    message.set(ENTITIES, [*(message.get(ENTITIES) or []), entity], add_to_output=True)
