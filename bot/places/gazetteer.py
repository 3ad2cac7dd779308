"""The county's municipalities, villages and postcodes, and the spellings people use for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.errors import InvalidInputError, MissingArtefactError, Problem
from bot.languages import search_form
from bot.yaml_text import read_yaml_text

COUNTY = "kreis"
OUTSIDE = "outside_area"

_DECISIONS = {"name", "cue", "cue_or_question", "second_signal"}


@dataclass(frozen=True)
class Municipality:
    """One of the county's towns and communities, with the regions its offices belong to."""

    key: str
    name: str
    type: str
    ags: str
    postcodes: tuple[str, ...]
    bulk_postcodes: tuple[str, ...]
    dialling_codes: tuple[str, ...]
    town_hall: str
    website: str
    villages: tuple[str, ...]
    regions: Mapping[str, str | None]
    verified: Mapping[str, bool]


@dataclass(frozen=True)
class Place:
    """Something that can be named: a municipality, village, postcode, the county, or outside.

    ``municipality`` is the key of the municipality, :data:`COUNTY`, :data:`OUTSIDE`, or ``None``
    where the name alone does not say which. ``decide`` says how much it takes to believe the
    name: ``name`` (nothing more), ``cue`` (a word such as "in" or "we live"), ``cue_or_question``
    or ``second_signal`` (another sign of the municipality in the same message).
    """

    name: str
    kind: str
    municipality: str | None
    spellings: tuple[str, ...] = ()
    decide: str = "name"
    verified: bool = True
    block_before: frozenset[str] = frozenset()
    also_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Gazetteer:
    """All places of one file; spellings are looked up in their folded form."""

    municipalities: Mapping[str, Municipality]
    places: tuple[Place, ...]
    not_places: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def load(cls, path: Path) -> Gazetteer:
        """Read ``places.yml``.

        Raises :class:`MissingArtefactError` where there is no such file and
        :class:`InvalidInputError` where it is not what is expected.
        """
        try:
            data = read_yaml_text(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise MissingArtefactError(f"{path}: the list of places is missing") from error
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise InvalidInputError([Problem(path.name, None, "file", str(error))]) from error
        if not isinstance(data, dict):
            raise InvalidInputError([Problem(path.name, None, "file", "a mapping")])
        try:
            municipalities = {row["key"]: _municipality(row) for row in data["municipalities"]}
            places = tuple(_places(data))
        except (KeyError, TypeError) as error:
            raise InvalidInputError([Problem(path.name, None, str(error), "the key")]) from error
        problems = [
            Problem(path.name, None, place.name, f"one of {sorted(_DECISIONS)}")
            for place in places
            if place.decide not in _DECISIONS
        ]
        if problems:
            raise InvalidInputError(problems)
        stop = frozenset(search_form(word) for word in data.get("not_places", ()))
        return cls(municipalities, places, stop)

    def name_of(self, key: str) -> str:
        """Return the name to show for a municipality's key."""
        return self.municipalities[key].name

    def by_postcode(self, postcode: str) -> Place | None:
        """Return the place of a postcode of the county, or ``None``."""
        for place in self.places:
            if place.kind == "postcode" and postcode in place.spellings:
                return place
        return None


def _municipality(row: Mapping[str, Any]) -> Municipality:
    rural = [place["name"] for place in row["localities"]]
    villages = [place["name"] for place in row["districts"] if place["name"] != row["name"]]
    return Municipality(
        key=row["key"],
        name=row["name"],
        type=row["type"],
        ags=row["ags"],
        postcodes=tuple(row["postcodes"]),
        bulk_postcodes=tuple(row["bulk_postcodes"]),
        dialling_codes=tuple(row["dialling_codes"]),
        town_hall=row["town_hall"],
        website=row["website"],
        villages=tuple(villages + rural),
        regions=dict(row["regions"]),
        verified=dict(row["verified"]),
    )


def _places(data: Mapping[str, Any]) -> Iterator[Place]:
    """Yield every place of the file, the ambiguous ones with what it takes to believe them."""
    ambiguous = {search_form(row["word"]): row for row in data["ambiguous"]}
    owners: dict[str, set[str]] = {}
    for row in data["municipalities"]:
        for place in (*row["districts"], *row["localities"]):
            owners.setdefault(search_form(place["name"]), set()).add(row["key"])

    yield Place(data["kreis"]["name"], "county", COUNTY, tuple(_flat(data["kreis"]["aliases"])))
    for row in data["municipalities"]:
        key = row["key"]
        yield from _believed(
            (row["name"], *_flat(row["aliases"])),
            row["name"],
            ambiguous,
            owners,
            kind="municipality",
            key=key,
        )
        for kind, group in (("village", row["districts"]), ("locality", row["localities"])):
            for place in group:
                if place["name"] != row["name"]:
                    spellings = (place["name"], *_flat(place.get("aliases", {})))
                    yield from _believed(
                        spellings,
                        place["name"],
                        ambiguous,
                        owners,
                        kind=kind,
                        key=key,
                        verified=place["verified"],
                    )
        yield Place(row["name"], "postcode", key, tuple(row["postcodes"]))
        yield Place(row["name"], "postcode", key, tuple(row["bulk_postcodes"]), "cue_or_question")
    yield Place(data["kreis"]["name"], "county", COUNTY, tuple(data["kreis"]["postcodes"]))
    for row in data["outside"]:
        spellings = (row["name"], *row.get("aliases", ()))
        yield from _believed(spellings, row["name"], ambiguous, owners, kind="outside", key=OUTSIDE)


def _believed(
    spellings: tuple[str, ...],
    name: str,
    ambiguous: Mapping[str, Mapping[str, Any]],
    owners: Mapping[str, set[str]],
    *,
    kind: str,
    key: str,
    verified: bool = True,
) -> Iterator[Place]:
    """Yield one place for its plain spellings and one for each ambiguous spelling of it."""
    plain = tuple(word for word in spellings if search_form(word) not in ambiguous)
    if plain:
        yield Place(name, kind, key, plain, verified=verified)
    for word in spellings:
        row = ambiguous.get(search_form(word))
        if row is None:
            continue
        also = frozenset(owners.get(search_form(name), {key}) | {key})
        means = row["means"] if row["decide"] == "second_signal" else key
        yield Place(
            name,
            kind,
            means,
            (word,),
            row["decide"],
            verified,
            frozenset(search_form(block) for block in row.get("block_before", ())),
            also,
        )


def _flat(aliases: Mapping[str, list[str]]) -> list[str]:
    return [spelling for group in aliases.values() for spelling in group]
