"""What is shown in a crisis: what to do now, the numbers, a sentence to show to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.messages import Message, text_message
from bot.offers.models import Helpline, in_language
from bot.safety.helplines import lines_for_crisis
from bot.texts import Texts


def crisis_messages(
    kind: str, language: str, texts: Texts, lines: Mapping[str, Helpline]
) -> list[Message]:
    """Return the messages for a crisis of a kind, in the order of their importance."""
    key = f"crisis.{kind}" if f"crisis.{kind}" in texts.keys() else "crisis.general"
    numbers = lines_for_crisis(kind, language, lines)
    opening = lines_message(texts.say(key, language), numbers, language)
    show = texts.say("crisis.show", language)
    after = texts.say("crisis.after", language)
    return [opening, text_message(f"{show}\n{after}", language)]


def lines_message(text: str, lines: Iterable[Helpline], language: str) -> Message:
    """Return a message with help lines as items."""
    return {
        "type": "crisis",
        "lang": language,
        "text": text,
        "items": [line_item(line, language) for line in lines],
    }


def line_item(line: Helpline, language: str) -> Message:
    """Return one help line in the form that the channels show."""
    name, name_language = in_language(line.names, language)
    item: Message = {
        "id": line.id,
        "name": name,
        "lang": name_language,
        "tel": line.number,
        "hours": in_language(line.hours, language)[0] if line.hours else None,
        "help": in_language(line.help, language)[0] if line.help else None,
    }
    if not any(character.isdigit() for character in line.number):
        item["tel"] = None
        item["note"] = line.number
    return item
