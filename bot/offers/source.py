"""The catalogue's source form: YAML under ``data/offers/``, checked with pydantic.

All faults of all files are found in one go and reported with file, row and field. Only the
action server and the command line import this module (pydantic 2 is not in the conversation
server's environment).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from bot.errors import InvalidInputError, Problem
from bot.languages import LANGUAGES
from bot.offers import models
from bot.offers.opening_times import parse_hours
from bot.offers.yaml_source import SourceFile, read_yaml

Language = Literal["de", "en", "ar", "tr"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(@[a-z]+)?$", max_length=80)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?\d[\d ()/-]{1,24}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


def _opening_times(hours: str) -> str:
    parse_hours(hours)
    return hours


# Contacts' hours are computed with; those of offers are free text that is shown as it is.
Hours = Annotated[Text, AfterValidator(_opening_times)]

# Numbers that the regulator keeps free for film and fiction (Bundesnetzagentur, "Drama numbers"):
# Berlin 030 23125, Hamburg 040 66969, Köln 0221 4710, Frankfurt 069 90009, München 089 99998,
# each with three more digits. Sample offers may use no others.
DRAMA_NUMBER = re.compile(r"^0(3023125|4066969|2214710|6990009|8999998)\d{3}$")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _AgesRow(_Row):
    min: Annotated[int, Field(ge=0, le=120)] | None = None
    max: Annotated[int, Field(ge=0, le=120)] | None = None


class _CostRow(_Row):
    kind: Literal["free", "low", "paid"] | None = None
    note: Text | None = None


class _LocationRow(_Row):
    name: Text | None = None
    address: Text | None = None
    municipality: Identifier | None = None


class _TextRow(_Row):
    title: Annotated[str, StringConstraints(min_length=2, max_length=120)]
    summary: Text
    how: Text
    bring: Text | None = None


class _OfferRow(_Row):
    id: Identifier
    organization: Identifier
    needs: Annotated[list[Identifier], Field(min_length=1, max_length=3)]
    area: Annotated[list[Identifier], Field(min_length=1)]
    audience: Identifier | None = None
    ages: _AgesRow | None = None
    cost: _CostRow | None = None
    languages: list[str] = []
    interpreter: bool | None = None
    by_appointment: bool | None = None
    location: _LocationRow | None = None
    phone: Phone | None = None
    email: Email | None = None
    url: Url | None = None
    hours: Text | None = None
    term: Text
    texts: dict[Language, _TextRow]
    status: Literal["active", "inactive", "defunct", "temporarily closed"] = "active"
    valid_until: Day | None = None
    checked_on: Day | None
    source: Text
    outdated: bool
    verified: dict[Literal["phone", "address", "hours"], bool] = {}
    doubts: list[Text] = []
    sample: bool
    checked: bool = False


class _OrganizationRow(_Row):
    id: Identifier
    name: Text
    source_names: list[str] = []
    switchboard: Phone | None = None
    url: Url | None = None
    source: Text | None = None
    checked_on: Day | None = None
    sample: bool = False


class _ContactRow(_Row):
    id: Identifier
    organization: Identifier
    names: dict[Language, Text]
    term: Text
    role: dict[Language, Text]
    area: Annotated[list[Identifier], Field(min_length=1)]
    needs: list[Identifier]
    ages: _AgesRow | None = None
    languages: list[str] = []
    interpreter: Literal["service_books", "bring_own", "hotline", "unknown"] = "unknown"
    phone: Phone | None = None
    email: Email | None = None
    url: Url | None = None
    address: Text | None = None
    hours: Hours | None = None
    hours_for: Literal["phone", "office"] | None = None
    by_appointment: bool | None = None
    substitute: Identifier | None = None
    status: Literal["verified", "unverified"]
    outdated: bool
    checked_on: Day
    source: Text
    doubts: list[Text] = []
    merges: list[Identifier] = []
    checked: bool = False


class _NextRow(_Row):
    age: Annotated[int, Field(ge=0, le=120)]
    contact: Identifier
    note: dict[Language, Text]
    always: bool = False


class _ResponsibilityRow(_Row):
    id: Identifier
    needs: Annotated[list[Identifier], Field(min_length=1)]
    territory: Literal[
        "municipality",
        "youth_office_split",
        "county",
        "kim_region",
        "vhs_group",
        "food_bank_area",
        "employment_agency_local",
        "place_of_birth",
        "federal",
        "free_choice",
        "any_place",
    ]
    asks: list[Literal["place", "place_of_birth", "age"]] = []
    contacts: dict[str, Identifier]
    ages: _AgesRow | None = None
    next: list[_NextRow] = []
    source: Any = None
    source_date: str | None = None
    verified: bool = False


class _NeedRow(_Row):
    code: Identifier
    category: Identifier
    labels: dict[Language, Text]
    life_phases: list[str]
    contact_types: list[str]
    territory_rule: str
    urgency: Literal["normal", "soon", "crisis"]
    sensitivity: str
    goals: list[str] = []
    words: dict[Language, list[str]] = {}


class _HelplineRow(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    id: Identifier
    number: str
    tel_uri: str | None = None
    names: dict[Language, Text]
    topics: list[Identifier] = []
    hours: str | None = None
    hours_text: dict[Language, Text] = {}
    help: dict[Language, Text] = {}
    languages: list[str] = []
    shown: bool = False
    source: str | None = None
    source_date: str | None = None


_R = TypeVar("_R", bound=BaseModel)


class _Collector:
    """Gathers rows and problems of all source files."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.where: dict[tuple[str, str], tuple[SourceFile, int]] = {}

    def read(self, path: Path) -> SourceFile | None:
        """Read a file; its faults are noted, and reading goes on with the next."""
        try:
            return read_yaml(path)
        except InvalidInputError as error:
            self.problems.extend(error.problems)
            return None

    def rows(self, path: Path, key: str, row_type: type[_R], identity: str = "id") -> list[_R]:
        """Return the valid rows of the list ``key`` in a file and note what is wrong."""
        source = self.read(path)
        if source is None:
            return []
        items = source.data.get(key) if isinstance(source.data, dict) else None
        if not isinstance(items, list):
            self.problems.append(Problem(path.name, 1, key, f"a list named '{key}'"))
            return []
        result = []
        for position, item in enumerate(items):
            try:
                row = row_type.model_validate(item)
            except ValidationError as error:
                self._note(source, key, position, item, error, identity)
                continue
            name = str(getattr(row, identity))
            if (key, name) in self.where:
                first, place = self.where[(key, name)]
                line = first.line((key, place))
                expected = f"an id used once ('{name}' stands in {first.path.name}:{line} too)"
                self.problems.append(
                    Problem(path.name, source.line((key, position)), identity, expected)
                )
                continue
            self.where[(key, name)] = (source, position)
            result.append(row)
        return result

    def fault(self, key: str, name: str, field: str, expected: str) -> None:
        """Note a fault in a row that is well-formed by itself."""
        source, position = self.where[(key, name)]
        path: tuple[str | int, ...] = (key, position, *field.split("."))
        self.problems.append(
            Problem(source.path.name, source.line(path), f"{name}.{field}", expected)
        )

    def _note(
        self,
        source: SourceFile,
        key: str,
        position: int,
        item: object,
        error: ValidationError,
        identity: str,
    ) -> None:
        name = item.get(identity, f"#{position + 1}") if isinstance(item, dict) else position + 1
        for fault in error.errors():
            where: tuple[str | int, ...] = (key, position, *fault["loc"])
            field = ".".join([str(name), *map(str, fault["loc"])])
            given = fault.get("input")
            shown = "" if isinstance(given, (dict, list)) else f" (found {str(given)[:60]!r})"
            self.problems.append(
                Problem(source.path.name, source.line(where), field, f"{fault['msg']}{shown}")
            )


def load_catalogue(folder: Path, municipalities: Iterable[str]) -> models.Catalogue:
    """Read and check the whole catalogue under ``folder``.

    ``municipalities`` are the keys that areas may name. Raises :class:`InvalidInputError` with
    every fault of every file.
    """
    collect = _Collector()
    needs = collect.rows(folder / "taxonomy.yml", "needs", _NeedRow, "code")
    organizations = collect.rows(folder / "organizations.yml", "organizations", _OrganizationRow)
    contacts = collect.rows(folder / "contacts.yml", "contacts", _ContactRow)
    responsibilities = collect.rows(
        folder / "responsibilities.yml", "responsibilities", _ResponsibilityRow
    )
    helplines = collect.rows(folder / "helplines.yml", "helplines", _HelplineRow)
    offers: list[_OfferRow] = []
    for part in ("real", "samples"):
        for path in sorted((folder / part).glob("*.yml")):
            if part == "samples" and path.name == "organizations.yml":
                organizations += collect.rows(path, "organizations", _OrganizationRow)
                continue
            offers += collect.rows(path, "offers", _OfferRow)
    order = _read_order(collect, folder / "responsibilities.yml")
    areas = {*municipalities, models.COUNTY, models.FEDERAL, models.OUTSIDE}
    _check_links(collect, needs, organizations, contacts, responsibilities, offers, order, areas)
    _check_offers(collect, offers, {row.id: row for row in organizations})
    if collect.problems:
        raise InvalidInputError(collect.problems)
    return models.Catalogue(
        needs={row.code: _need(row) for row in needs},
        organizations={
            row.id: models.Organization(row.id, row.name, row.switchboard, row.url)
            for row in organizations
        },
        offers={row.id: _offer(row) for row in offers},
        contacts={row.id: _contact(row) for row in contacts},
        responsibilities={row.id: _responsibility(row) for row in responsibilities},
        order={need: tuple(ids) for need, ids in order.items()},
        helplines={row.id: _helpline(row) for row in helplines},
    )


def _read_order(collect: _Collector, path: Path) -> dict[str, list[str]]:
    source = collect.read(path)
    order = source.data.get("order") if source and isinstance(source.data, dict) else None
    if not isinstance(order, dict):
        collect.problems.append(Problem(path.name, 1, "order", "a mapping need -> ids"))
        return {}
    return {str(need): [str(i) for i in ids or []] for need, ids in order.items()}


def _check_links(
    collect: _Collector,
    needs: list[_NeedRow],
    organizations: list[_OrganizationRow],
    contacts: list[_ContactRow],
    responsibilities: list[_ResponsibilityRow],
    offers: list[_OfferRow],
    order: dict[str, list[str]],
    areas: set[str],
) -> None:
    """Note every reference to a record that does not exist, and every need nobody answers for."""
    codes = {row.code for row in needs}
    organization_ids = {row.id for row in organizations}
    contact_ids = {row.id for row in contacts}
    responsibility_ids = {row.id for row in responsibilities}

    def check(key: str, name: str, field: str, values: Iterable[str], known: set[str]) -> None:
        for value in values:
            if value not in known:
                collect.fault(key, name, field, f"a known id ('{value}' is not)")

    for kind, rows in (("offers", offers), ("contacts", contacts)):
        for row in rows:
            check(kind, row.id, "organization", [row.organization], organization_ids)
            check(kind, row.id, "needs", row.needs, codes)
            check(kind, row.id, "area", row.area, areas)
    for contact in contacts:
        if contact.substitute:
            check("contacts", contact.id, "substitute", [contact.substitute], contact_ids)
    for duty in responsibilities:
        check("responsibilities", duty.id, "needs", duty.needs, codes)
        check("responsibilities", duty.id, "contacts", duty.contacts.values(), contact_ids)
        check("responsibilities", duty.id, "contacts", duty.contacts, areas | {"*"})
        check("responsibilities", duty.id, "next", [n.contact for n in duty.next], contact_ids)
    for code in codes:
        if not [i for i in order.get(code, ()) if i in responsibility_ids]:
            collect.fault("needs", code, "code", "a responsibility in responsibilities.yml: order")


def _check_offers(
    collect: _Collector, offers: list[_OfferRow], organizations: dict[str, _OrganizationRow]
) -> None:
    """Note missing languages, impossible ages and samples that could be taken for real."""
    for row in offers:
        missing = [code for code in LANGUAGES if code not in row.texts]
        if missing and not row.sample:
            collect.fault("offers", row.id, "texts", f"all four languages ({missing} missing)")
        if row.ages and row.ages.min is not None and row.ages.max is not None:
            if row.ages.min > row.ages.max:
                collect.fault("offers", row.id, "ages", "min not above max")
        if models.COUNTY in row.area and len(row.area) > 1:
            collect.fault("offers", row.id, "area", "either 'kreis' or municipalities, not both")
        if not row.sample:
            continue
        organization = organizations.get(row.organization)
        if organization is not None and not organization.sample:
            collect.fault("offers", row.id, "organization", "a sample organization in a sample")
        if row.phone and not DRAMA_NUMBER.match(re.sub(r"\D", "", row.phone)):
            collect.fault("offers", row.id, "phone", "one of the regulator's drama numbers")
        if row.email and not row.email.endswith("example.org"):
            collect.fault("offers", row.id, "email", "an example.org address")
        if row.url and "example.org" not in row.url:
            collect.fault("offers", row.id, "url", "an example.org address")


def _ages(row: _AgesRow | None) -> models.Ages | None:
    if row is None or (row.min is None and row.max is None):
        return None
    return models.Ages(row.min, row.max)


def _texts(texts: Mapping[Any, str]) -> dict[str, str]:
    """Return texts by language, the keys as plain strings."""
    return {str(language): text for language, text in texts.items()}


def _need(row: _NeedRow) -> models.Need:
    return models.Need(
        row.code,
        row.category,
        _texts(row.labels),
        tuple(row.life_phases),
        row.territory_rule,
        row.urgency,
        row.sensitivity,
        {str(language): tuple(words) for language, words in row.words.items()},
    )


def _offer(row: _OfferRow) -> models.Offer:
    location = models.Location(**row.location.model_dump()) if row.location else None
    texts = {str(code): models.OfferText(**text.model_dump()) for code, text in row.texts.items()}
    return models.Offer(
        id=row.id,
        organization=row.organization,
        needs=tuple(row.needs),
        area=tuple(row.area),
        texts=texts,
        term=row.term,
        checked_on=row.checked_on,
        source=row.source,
        sample=row.sample,
        outdated=row.outdated,
        audience=row.audience,
        ages=_ages(row.ages),
        cost_kind=row.cost.kind if row.cost else None,
        cost_note=row.cost.note if row.cost else None,
        languages=tuple(row.languages),
        interpreter=row.interpreter,
        by_appointment=row.by_appointment,
        location=location,
        phone=row.phone,
        email=row.email,
        url=row.url,
        hours=row.hours,
        status=row.status,
        valid_until=row.valid_until,
        verified={str(key): seen for key, seen in row.verified.items()},
        doubts=tuple(row.doubts),
        checked=row.checked,
    )


def _contact(row: _ContactRow) -> models.Contact:
    data = row.model_dump(exclude={"checked", "ages"})
    for name in ("area", "needs", "languages", "doubts", "merges"):
        data[name] = tuple(data[name])
    return models.Contact(**data, ages=_ages(row.ages))


def _responsibility(row: _ResponsibilityRow) -> models.Responsibility:
    return models.Responsibility(
        id=row.id,
        needs=tuple(row.needs),
        territory=row.territory,
        asks=tuple(row.asks),
        contacts=dict(row.contacts),
        ages=_ages(row.ages),
        next=tuple(models.Transition(n.age, n.contact, _texts(n.note), n.always) for n in row.next),
        verified=row.verified,
    )


def _helpline(row: _HelplineRow) -> models.Helpline:
    return models.Helpline(
        id=row.id,
        number=row.number,
        tel_uri=row.tel_uri,
        names=_texts(row.names),
        topics=tuple(row.topics),
        hours=_texts(row.hours_text),
        help=_texts(row.help),
        languages=tuple(row.languages),
        around_the_clock=bool(row.hours and row.hours.startswith("24/7")),
        shown=row.shown,
        source=row.source or "",
        source_date=row.source_date,
    )
