"""What every channel checks before a message reaches Rasa: form, length, pace, payloads."""

from __future__ import annotations

import re
import time
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.languages import clean
from bot.messages import Message

LONGEST_MESSAGE = 2000
_KEPT = 4096
# A typed "/intent{...}" would reach Rasa as that intent: the slash is taken from the front.
_COMMAND = re.compile(r"^[\s/\uff0f\u2044\u2215]+")
_LANGUAGE_PAYLOAD = re.compile(r'^/change_language\{"language_choice": ?"(de|en|ar|tr)"\}$')


@dataclass
class Conversation:
    """What a channel remembers of a conversation between two messages."""

    language: str | None = None
    expects: str | None = None
    payloads: set[str] = field(default_factory=set)
    shown: int = 0
    arrivals: deque[float] = field(default_factory=deque)

    def learn(self, messages: Sequence[Message]) -> None:
        """Note language, offered payloads, what was asked and the number of sent messages."""
        self.expects = None
        self.shown += len(messages)
        for message in messages:
            self.language = message.get("lang") or self.language
            self.expects = message.get("expects") or self.expects
            for button in message.get("buttons") or ():
                self.payloads.add(button["payload"])


class Conversations:
    """The newest conversations of a channel, by id; older ones are read back from the tracker."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known: OrderedDict[str, Conversation] = OrderedDict()

    def get(self, conversation: str) -> Conversation | None:
        """Return what is remembered of a conversation, or ``None``."""
        return self._known.get(conversation)

    def keep(self, conversation: str, memory: Conversation) -> Conversation:
        """Remember a conversation."""
        self._known[conversation] = memory
        self._known.move_to_end(conversation)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return memory

    def forget(self, conversation: str) -> None:
        """Forget a conversation."""
        self._known.pop(conversation, None)


def typed(text: str) -> str:
    """Return typed text as Rasa may see it: cleaned, and never a command."""
    return _COMMAND.sub("", clean(text))


def allowed(payload: str, memory: Conversation) -> bool:
    """Return whether a payload was offered as a button, or is the page's language switch."""
    return payload in memory.payloads or bool(_LANGUAGE_PAYLOAD.match(payload))


def too_fast(memory: Conversation, limit: int, now: float | None = None) -> bool:
    """Return whether a conversation has sent more than ``limit`` messages within a minute."""
    now = time.monotonic() if now is None else now
    while memory.arrivals and memory.arrivals[0] <= now - 60:
        memory.arrivals.popleft()
    if len(memory.arrivals) >= limit:
        return True
    memory.arrivals.append(now)
    return False


def sent_messages(event: Mapping[str, Any]) -> list[Message]:
    """Return the messages in a bot event of the tracker."""
    custom = (event.get("data") or {}).get("custom") or {}
    messages = custom.get("messages")
    if isinstance(messages, list):
        return messages
    return [{"type": "text", "text": event["text"]}] if event.get("text") else []
