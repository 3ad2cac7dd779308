"""The form of a message between the assistant and its channels.

``{type, lang, text, buttons, items, state}``; the channel adds ``id``, ``ts``, ``v`` and ``from``.
Types: ``text``, ``offers``, ``contact``, ``crisis``, ``notice``, ``state``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Message = dict[str, Any]


def text_message(text: str, language: str, kind: str = "text") -> Message:
    """Return a message that is only text."""
    return {"type": kind, "lang": language, "text": text}


def button(title: str, intent: str, language: str, **entities: str) -> Message:
    """Return a button; its payload is an intent with entities in Rasa's notation."""
    facts = json.dumps(entities, ensure_ascii=False) if entities else ""
    return {"title": title, "payload": f"/{intent}{facts}", "lang": language}


def with_buttons(messages: Sequence[Message], buttons: Sequence[Message]) -> list[Message]:
    """Return the messages with buttons under the last one."""
    if not messages or not buttons:
        return list(messages)
    last = {**messages[-1], "buttons": [*messages[-1].get("buttons", []), *buttons]}
    return [*messages[:-1], last]


def plain_text(message: Mapping[str, Any]) -> str:
    """Return a message as plain text, for channels and logs that know no cards."""
    lines = [str(message.get("text") or "")]
    for item in message.get("items") or []:
        lines.append(" – ".join(str(item[k]) for k in ("title", "name", "tel") if item.get(k)))
    return "\n".join(line for line in lines if line)
