"""German names from the catalogue database, read again when it was rebuilt."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from bot.offers.models import Catalogue, in_language
from bot.places.gazetteer import Municipality
from bot.storage.catalogue import CatalogueStore
from bot.texts import Texts

UNKNOWN = "nicht angegeben"


class CatalogueNames:
    """Names of organizations, needs, contacts, municipalities and languages."""

    def __init__(
        self, store: CatalogueStore, municipalities: Mapping[str, Municipality], texts: Texts
    ) -> None:
        """Read the catalogue; ``store`` may be read-only."""
        self._store = store
        self._municipalities = municipalities
        self._texts = texts
        self._lock = threading.Lock()
        self._version = store.version()
        self._catalogue = store.read_catalogue()

    def organizations(self) -> Mapping[str, str]:
        """Return all organizations: id -> name."""
        return {key: one.name for key, one in self._current().organizations.items()}

    def organization(self, key: str | None) -> str:
        """Return an organization's name; an id that is gone stays readable as it is."""
        if key is None:
            return "Ohne Zuordnung"
        found = self._current().organizations.get(key)
        return found.name if found else key

    def need(self, key: str | None) -> str:
        """Return what a need is called."""
        if key is None:
            return UNKNOWN
        found = self._current().needs.get(key)
        return in_language(found.labels, "de")[0] if found else key

    def municipality(self, key: str | None) -> str:
        """Return a municipality's name."""
        if key is None:
            return UNKNOWN
        if key == "kreis":
            return "Kreis Coesfeld"
        found = self._municipalities.get(key)
        return found.name if found else key

    def contact(self, key: str | None) -> str:
        """Return a contact's name."""
        if key is None:
            return UNKNOWN
        found = self._current().contacts.get(key)
        return in_language(found.names, "de")[0] if found else key

    def language(self, code: str | None) -> str:
        """Return what a language is called."""
        if code is None:
            return UNKNOWN
        try:
            return self._texts.say(f"language.name_{code}", "de")
        except KeyError:
            return code

    def organization_of_contact(self, key: str | None) -> str | None:
        """Return the id of the organization that a contact belongs to."""
        found = self._current().contacts.get(key) if key else None
        return found.organization if found else None

    def _current(self) -> Catalogue:
        with self._lock:
            version = self._store.version()
            if version != self._version:
                self._catalogue = self._store.read_catalogue()
                self._version = version
            return self._catalogue
