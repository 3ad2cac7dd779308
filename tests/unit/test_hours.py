"""Opening hours: the written form, holidays, the change of the clock, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from bot.conversation.present import contact_item
from bot.errors import InvalidInputError
from bot.languages import LANGUAGES
from bot.offers.opening_times import parse_hours
from bot.offers.source import load_catalogue
from bot.routing.hours import (
    BERLIN,
    ByAppointment,
    Closed,
    OpenNow,
    Schedule,
    Unknown,
    contact_status,
    holiday_on,
    is_working_day,
    next_contact_time,
    reachable_now,
    status,
    status_text,
    working_day_after,
)
from bot.texts import Texts
from tests.unit.conftest import OFFERS

OFFICE = Schedule.parse("Mo-Fr 08:30-12:00; Tu 14:00-16:00")
ALWAYS = Schedule.parse("Mo,Tu,We,Th,Fr,Sa,Su 00:00-24:00")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)


# --- the written form ---


def test_parts_add_up():
    assert parse_hours("Mo-We 08:30-12:00; Tu 14:00-16:00") == {
        0: ((510, 720),),
        1: ((510, 720), (840, 960)),
        2: ((510, 720),),
    }


def test_slots_that_touch_are_one():
    assert parse_hours("Mo 08:00-12:00,12:00-13:00") == {0: ((480, 780),)}


@pytest.mark.parametrize(
    "text",
    [
        "", "Di 9-12", "Mo 9-12", "Mo 12:00-09:00", "Mo 09:00-09:00", "Mo 22:00-25:00",
        "Mo 09:70-10:00", "Fr-Mo 09:00-12:00", "Mo", "Mo 09:00-12:00;", "nach Vereinbarung",
        "Mo 09:00–12:00", "PH off",
    ],
)  # fmt: skip
def test_other_forms_are_refused(text):
    with pytest.raises(ValueError, match="hours such as"):
        parse_hours(text)


def test_all_hours_of_the_catalogue_are_understood(catalogue):
    known = [contact for contact in catalogue.contacts.values() if contact.hours]
    assert len(known) >= 10
    for contact in known:
        assert parse_hours(contact.hours), contact.id


def test_bad_hours_are_reported_with_file_and_row(tmp_path, gazetteer):
    for path in OFFERS.rglob("*.yml"):
        target = tmp_path / path.relative_to(OFFERS)
        target.parent.mkdir(exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(text.replace("hours: Th 16:00-18:00", "hours: Do 16-18"), "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        load_catalogue(tmp_path, gazetteer.municipalities)
    (problem,) = [one for one in caught.value.problems if one.field.endswith(".hours")]
    assert problem.file == "contacts.yml" and problem.row
    assert "found 'Do 16-18'" in problem.expected


# --- open or closed ---


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(2026, 11, 23, 8, 30), OpenNow(at(2026, 11, 23, 12, 0))),
        (at(2026, 11, 23, 11, 59), OpenNow(at(2026, 11, 23, 12, 0))),
        (at(2026, 11, 23, 12, 0), Closed(at(2026, 11, 24, 8, 30))),
        (at(2026, 11, 24, 13, 0), Closed(at(2026, 11, 24, 14, 0))),
        (at(2026, 11, 24, 15, 0), OpenNow(at(2026, 11, 24, 16, 0))),
        (at(2026, 11, 27, 12, 0), Closed(at(2026, 11, 30, 8, 30))),
        # Fronleichnam is a holiday in North Rhine-Westphalia
        (at(2026, 6, 4, 9, 0), Closed(at(2026, 6, 5, 8, 30), "Fronleichnam")),
        # after the hours it would have been closed anyway
        (at(2026, 6, 4, 18, 0), Closed(at(2026, 6, 5, 8, 30))),
        # the day before a holiday
        (at(2026, 5, 13, 20, 0), Closed(at(2026, 5, 15, 8, 30))),
        # 24 and 31 December are no public holidays; Christmas is, then comes a weekend
        (at(2026, 12, 24, 9, 0), OpenNow(at(2026, 12, 24, 12, 0))),
        (at(2026, 12, 24, 13, 0), Closed(at(2026, 12, 28, 8, 30))),
        (at(2026, 12, 31, 9, 0), OpenNow(at(2026, 12, 31, 12, 0))),
    ],
)
def test_status(moment, expected):
    assert status(OFFICE, moment) == expected


def test_the_moment_may_come_from_any_time_zone():
    assert status(OFFICE, datetime(2026, 11, 23, 7, 29, tzinfo=timezone.utc)) == Closed(
        at(2026, 11, 23, 8, 30)
    )
    assert isinstance(status(OFFICE, datetime(2026, 7, 6, 6, 30, tzinfo=timezone.utc)), OpenNow)
    with pytest.raises(ValueError, match="time zone"):
        status(OFFICE, datetime(2026, 11, 23, 9, 0))


def test_the_change_of_the_clock():
    # 29 March 2026, 2:00 becomes 3:00; 25 October, 3:00 becomes 2:00
    night = Schedule.parse("Su 01:00-05:00")
    start = datetime(2026, 3, 29, 0, 0, tzinfo=timezone.utc)
    hours = [status(night, start + timedelta(minutes=30 * step)) for step in range(8)]
    assert [isinstance(state, OpenNow) for state in hours] == [True] * 6 + [False] * 2
    start = datetime(2026, 10, 24, 23, 0, tzinfo=timezone.utc)
    hours = [status(night, start + timedelta(minutes=30 * step)) for step in range(12)]
    assert [isinstance(state, OpenNow) for state in hours] == [True] * 10 + [False] * 2
    # over the weekend of the change the office still opens at 8:30 by the clock on the wall
    assert status(OFFICE, at(2026, 3, 28, 12, 0)) == Closed(at(2026, 3, 30, 8, 30))
    first = status(night, at(2026, 10, 25, 2, 30).replace(fold=0))
    second = status(night, at(2026, 10, 25, 2, 30).replace(fold=1))
    assert first == second == OpenNow(at(2026, 10, 25, 5, 0))


def test_openings_over_midnight_are_one():
    weekend = Schedule.parse("Sa 10:00-24:00; Su 00:00-06:00")
    assert status(weekend, at(2026, 11, 28, 23, 0)) == OpenNow(at(2026, 11, 29, 6, 0))
    assert status(weekend, at(2026, 11, 29, 5, 0)) == OpenNow(at(2026, 11, 29, 6, 0))


def test_what_never_closes_is_open_on_holidays():
    assert status(ALWAYS, at(2026, 12, 25, 3, 0)) == OpenNow(None)


def test_by_appointment_is_not_closed():
    assert status(Schedule.parse("Mo 09:00-12:00", True), at(2026, 11, 29, 3, 0)) == ByAppointment()
    assert status(None, at(2026, 11, 29, 3, 0)) == Unknown()


def test_holidays_of_the_state():
    assert holiday_on(date(2026, 11, 1)) == "Allerheiligen"
    assert holiday_on(date(2026, 12, 24)) is None and holiday_on(date(2026, 12, 31)) is None
    assert holiday_on(date(2026, 10, 31)) is None  # Reformation day: not in this state
    assert not is_working_day(date(2026, 12, 24))
    assert working_day_after(date(2026, 12, 23)) == date(2026, 12, 28)


# --- contacts ---


@pytest.fixture
def office(catalogue):
    return replace(
        catalogue.contacts["kita"], hours="Mo-Fr 08:30-12:00; Tu 14:00-16:00", phone="115",
        hours_for="office", by_appointment=None, outdated=False,
    )  # fmt: skip


def test_telephone_hours_count_although_visits_need_an_appointment(catalogue):
    foreigners = catalogue.contacts["foreigners_office"]
    assert foreigners.by_appointment and foreigners.hours_for == "phone"
    assert isinstance(contact_status(foreigners, at(2026, 11, 23, 10, 0)), OpenNow)
    assert isinstance(contact_status(foreigners, at(2026, 11, 24, 10, 0)), Closed)


def test_unknown_and_outdated_hours_stay_unknown(office):
    night = at(2026, 11, 24, 3, 0)
    assert contact_status(replace(office, hours=None), night) == Unknown()
    assert contact_status(replace(office, outdated=True), night) == Unknown()
    assert contact_status(replace(office, hours=None, by_appointment=True), night) == (
        ByAppointment()
    )


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(2026, 11, 23, 9, 0), at(2026, 11, 24, 16, 0)),  # open: by the end of tomorrow
        (at(2026, 11, 23, 13, 0), at(2026, 11, 25, 12, 0)),  # opens tomorrow: the day after
        (at(2026, 11, 28, 13, 0), at(2026, 12, 1, 16, 0)),
        (at(2026, 12, 23, 13, 0), at(2026, 12, 28, 12, 0)),
    ],
)
def test_by_when_to_expect_a_call(office, moment, expected):
    assert next_contact_time(office, moment) == expected


def test_no_time_is_promised_without_known_hours(office):
    assert next_contact_time(replace(office, hours=None), at(2026, 11, 23, 9, 0)) is None


def test_a_stand_in_answers_now(catalogue, office):
    unknown = catalogue.contacts["kreis_switchboard"]
    always = catalogue.contacts["child_youth_emergency"]
    night, day = at(2026, 11, 24, 3, 0), at(2026, 11, 24, 10, 0)
    assert reachable_now((unknown, always), day) is always
    assert reachable_now((unknown,), day) is unknown
    assert reachable_now((unknown,), night) is None
    assert reachable_now((office, unknown), at(2026, 11, 24, 13, 0)) is unknown
    assert reachable_now((unknown,), at(2026, 6, 4, 10, 0)) is None


# --- on the card ---


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(2026, 11, 23, 11, 0), "jetzt geöffnet bis 12:00"),
        (at(2026, 11, 23, 13, 0), "geschlossen, öffnet wieder Di, 24.11., 8:30"),
        (at(2026, 11, 24, 13, 0), "geschlossen, öffnet heute um 14:00"),
        (at(2026, 6, 4, 9, 0),
         "heute geschlossen (Feiertag: Fronleichnam), öffnet wieder Fr, 5.6., 8:30"),
    ],
)  # fmt: skip
def test_the_status_in_words(moment, said):
    assert status_text(status(OFFICE, moment), moment, "de", Texts.load()) == said


def test_every_status_has_words_in_every_language():
    texts, moment = Texts.load(), at(2026, 11, 23, 13, 0)
    states = [
        OpenNow(None), OpenNow(moment), Closed(None), Closed(moment),
        Closed(at(2026, 11, 24, 8, 30)), Closed(at(2026, 11, 24, 8, 30), "Neujahr"),
        ByAppointment(),
    ]  # fmt: skip
    for language in LANGUAGES:
        said = [status_text(state, moment, language, texts) for state in states]
        assert len(set(said)) == len(said) and all(said)
    assert status_text(Unknown(), moment, "de", texts) is None


def test_the_card_names_who_answers_while_the_office_is_closed(services, catalogue, office):
    stand_ins = (catalogue.contacts["kreis_switchboard"],)
    open_at = replace(services, clock=lambda: at(2026, 11, 23, 9, 0))
    item = contact_item(office, stand_ins, "de", open_at)
    assert item["hours_now"] == "jetzt geöffnet bis 12:00" and "substitute" not in item
    closed_at = replace(services, clock=lambda: at(2026, 11, 24, 13, 0))
    item = contact_item(office, stand_ins, "de", closed_at)
    assert item["hours_now"] == "geschlossen, öffnet heute um 14:00"
    assert item["substitute"]["tel"] == stand_ins[0].phone
    at_night = replace(services, clock=lambda: at(2026, 11, 24, 3, 0))
    assert "substitute" not in contact_item(office, stand_ins, "de", at_night)
    assert item["updated"]


def test_the_card_says_that_hours_are_for_the_telephone(services, catalogue):
    at_work = replace(services, clock=lambda: at(2026, 11, 23, 9, 0))
    item = contact_item(catalogue.contacts["foreigners_office"], (), "tr", at_work)
    assert item["hours_now"] == "Telefon: şu an açık, kapanış 12:00"


def test_unknown_hours_say_nothing(services, catalogue):
    assert contact_item(catalogue.contacts["kita"], (), "de", services)["hours_now"] is None


def test_the_interpreters_sentence_is_german_in_every_language(services, office):
    for language, german in (("ar", "Arabisch"), ("tr", "Türkisch"), ("en", "Englisch")):
        for kind in ("service_books", "bring_own", "hotline", "unknown"):
            said = contact_item(replace(office, interpreter=kind), (), language, services)
            assert f"„Ich spreche {german}" in said["interpreter"], (language, kind)
    spoken = replace(office, languages=("de", "ar"))
    assert contact_item(spoken, (), "ar", services)["interpreter"] is None
    assert contact_item(office, (), "de", services)["interpreter"] is None
