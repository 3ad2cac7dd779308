"""What a conversation needs, wired once by :mod:`bot.bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.offers.models import Catalogue
from bot.places.gazetteer import Gazetteer
from bot.routing import Router
from bot.routing.hours import berlin_now
from bot.search.results import Query, ResultSet
from bot.texts import Texts
from bot.thresholds import Thresholds


class Search(Protocol):
    """The search as the conversation uses it."""

    def search(self, query: Query) -> ResultSet:
        """Return offers and needs for a query."""


@dataclass(frozen=True)
class Services:
    """The parts that answer a question; ``clock`` returns the present moment, aware."""

    catalogue: Catalogue
    gazetteer: Gazetteer
    search: Search
    router: Router
    texts: Texts
    thresholds: Thresholds
    clock: Callable[[], datetime] = field(default=berlin_now)

    def place_name(self, municipality: str) -> str:
        """Return the name of a municipality, or the key itself where it has no name."""
        found = self.gazetteer.municipalities.get(municipality)
        return found.name if found else municipality

    def county_place(self, municipality: str | None) -> str | None:
        """Return a municipality of the county, or ``None`` for the county itself and elsewhere."""
        return municipality if municipality in self.gazetteer.municipalities else None

    def need_label(self, need: str, language: str) -> str:
        """Return the label of a need, with the German term behind it in other languages."""
        labels = self.catalogue.needs[need].labels
        label, german = labels.get(language, labels["de"]), labels["de"]
        return label if language == "de" or label == german else f"{label} ({german})"
