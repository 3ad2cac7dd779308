"""Finds the places in a message and says what each one is to the person who writes."""

from __future__ import annotations

from collections.abc import Sequence

from bot.places.belief import decide, is_street_or_person, signals_of
from bot.places.choosing import choose, settle
from bot.places.gazetteer import Gazetteer
from bot.places.matching import NameMatcher
from bot.places.mentions import Found, PlaceMention, tokens_of
from bot.places.roles import with_role

__all__ = ["PlaceMention", "PlaceRecognizer", "choose"]


class PlaceRecognizer:
    """Recognises the places of one gazetteer; made once, used by many threads."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        """Index every spelling of the gazetteer; takes some tens of milliseconds."""
        self._matcher = NameMatcher(gazetteer)

    def find(self, text: str, *, expected: bool = False) -> list[PlaceMention]:
        """Return the places named in ``text`` in the order of their position.

        ``expected`` says that the assistant has just asked for the place: then a name that is
        also an ordinary word (``senden``) counts as the place.
        """
        tokens = list(tokens_of(text))
        found = self._matcher.candidates(tokens)
        if not found:
            return []
        found = [item for item in found if not is_street_or_person(tokens, item)]
        signals = signals_of(found)
        mentions: list[PlaceMention] = []
        spans: list[Found] = []
        for item in found:
            mention = decide(text, tokens, item, found, signals, expected)
            if mention is not None:
                mentions.append(mention)
                spans.append(item)
        roles = [
            with_role(mention, tokens, spans[index], spans)
            for index, mention in enumerate(mentions)
        ]
        return settle(text, roles)

    @staticmethod
    def choose(mentions: Sequence[PlaceMention], rule: str = "home") -> PlaceMention | None:
        """Return the mention that counts for a rule; see :func:`choose`."""
        return choose(mentions, rule)
