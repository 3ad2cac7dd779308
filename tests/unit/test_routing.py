"""The right contact by need, place and age."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.offers.models import OUTSIDE
from bot.routing import Missing, Router


@pytest.fixture(scope="module")
def router(catalogue):
    return Router(catalogue)


@pytest.mark.parametrize(
    "need, place, contact",
    [
        ("maintenance_advance", "nottuln", "kreisjugendamt_coesfeld"),
        ("maintenance_advance", "coesfeld", "jugendamt_stadt_coesfeld"),
        ("maintenance_advance", "duelmen", "jugendamt_stadt_duelmen"),
        ("separation_custody", "rosendahl", "kreisjugendamt_coesfeld"),
        # the trap: the youth office is split, Elterngeld is not
        ("parental_allowance", "duelmen", "elterngeld"),
        ("parental_allowance", "coesfeld", "elterngeld"),
        ("parental_allowance", None, "elterngeld"),
        ("basic_income_support", "olfen", "jobcenter@olfen"),
        ("basic_income_support", "senden", "jobcenter@senden"),
        ("residence_permit", "ascheberg", "foreigners_office"),
        ("residence_registration", "havixbeck", "town_hall@havixbeck"),
        ("child_benefit", None, "family_benefits"),
        ("child_benefit", OUTSIDE, "family_benefits"),
        ("basic_income_support", OUTSIDE, OUTSIDE),
        ("childcare_place", "duelmen", "kita@duelmen"),
        ("childcare_place", "nottuln", "kita"),
    ],
)
def test_contact(router, need, place, contact):
    route = router.route(need, place)
    assert route.contact is not None and route.contact.id == contact


@pytest.mark.parametrize("place", [None, "kreis"])
def test_the_place_is_asked_only_where_it_decides(router, place):
    assert router.route("basic_income_support", place).missing is Missing.PLACE
    assert router.route("birth_registration", place).missing is Missing.PLACE_OF_BIRTH
    assert router.route("residence_permit", place).missing is None


def test_everybody_gets_somebody(router, catalogue, gazetteer):
    for need in catalogue.needs:
        for place in gazetteer.municipalities:
            for age in (None, 0.5, 7.0, 15.0, 20.0, 40.0, 80.0):
                route = router.route(need, place, age)
                assert route.contact is not None, (need, place, age)
                chain = [route.contact, *route.substitutes]
                assert chain[-1].id == "authority_115", (need, place, chain[-1].id)


def test_crisis_needs_never_ask(router, catalogue):
    for need in catalogue.needs.values():
        if need.urgency == "crisis":
            assert router.route(need.code, None).missing is None, need.code


def test_age_chooses_between_services(router):
    young = router.route("migration_counselling", "olfen", 16)
    grown = router.route("migration_counselling", "olfen", 45)
    assert young.contact.id == "jmd" and grown.contact.id != "jmd"


def test_transitions_are_named_near_their_age(router):
    assert router.route("childcare_place", "nottuln", 5.5).transitions
    assert not router.route("childcare_place", "nottuln", 2).transitions


def _with_languages(catalogue, **spoken):
    contacts = dict(catalogue.contacts)
    for key, languages in spoken.items():
        contacts[key] = replace(contacts[key], languages=languages, outdated=False)
    return Router(replace(catalogue, contacts=contacts))


def test_a_contact_who_speaks_the_language_comes_first_where_one_may_choose(catalogue):
    router = _with_languages(catalogue, women_duelmen=("de", "ar"))
    assert router.route("domestic_violence", "olfen").contact.id == "women"
    assert router.route("domestic_violence", "olfen", language="ar").contact.id == "women_duelmen"
    assert router.route("domestic_violence", "olfen", language="tr").contact.id == "women"


def test_the_language_never_changes_who_is_responsible(catalogue):
    router = _with_languages(catalogue, parenting_counselling=("ar",), ki=("ar",))
    for need in ("separation_custody", "german_course"):
        plain = router.route(need, "duelmen")
        spoken = router.route(need, "duelmen", language="ar")
        assert plain.contact == spoken.contact, need


@pytest.mark.parametrize(
    ("need", "place", "age", "following"),
    [
        ("pregnancy_counselling", None, None, "early_help"),
        ("early_help_0_3", "nottuln", 3, "parenting_counselling"),
        ("childcare_place", "nottuln", 6, "school"),
        ("all_day_school_ogs", "olfen", 10, "school_counselling"),
        ("newcomer_school_place", None, 16, "employment_agency"),
    ],
)
def test_a_transition_names_who_comes_next(catalogue, need, place, age, following):
    route = Router(catalogue).route(need, place, age)
    assert following in {step.contact for step in route.transitions}


def test_no_transition_is_named_in_between(catalogue):
    assert Router(catalogue).route("all_day_school_ogs", "olfen", 7).transitions == ()


@pytest.mark.parametrize("age", [3, 6, 10, 16, 18, 21, 28])
def test_every_transition_age_has_somebody_who_comes_next(catalogue, age):
    steps = [
        step
        for duty in catalogue.responsibilities.values()
        for step in duty.next
        if step.age == age
    ]
    assert steps and all(set(step.note) == {"de", "en", "ar", "tr"} for step in steps)
