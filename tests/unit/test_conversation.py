"""One question's way: every ending, with a scripted search."""

from __future__ import annotations

import pytest

from bot.conversation.answer import STEPS, answer, human, none_fit, show_more
from bot.conversation.case import Case, Question
from bot.conversation.outcomes import Outcome
from bot.conversation.present import render
from bot.places.recognition import PlaceRecognizer
from bot.understanding.ages import find_ages


@pytest.fixture(scope="module")
def recognizer(gazetteer):
    return PlaceRecognizer(gazetteer)


@pytest.fixture
def ask(services, recognizer):
    def run(text, case=Case(), needs=(), none=0.0, purpose="out_of_scope", language="de", **facts):  # noqa: B008
        services.search.needs, services.search.none = list(needs), none
        services.search.purpose = purpose
        places = tuple(recognizer.find(text))
        question = Question(text, language, places, tuple(find_ages(text)), **facts)
        return answer(question, case, services)

    return run


HOUSING = [("housing_benefit", 0.9)]
KITA = [("childcare_place", 0.8)]


def test_the_steps_are_named():
    assert [step.__name__ for step in STEPS] == [
        "learn_facts",
        "recognise_follow_up",
        "search_offers",
        "recognise_purpose",
        "clarify",
        "route_to_contact",
        "compose",
    ]


def test_place_in_the_question_is_used(ask):
    reply = ask("Kitaplatz in Nottuln", needs=KITA)
    assert reply.contact.id == "kita" and reply.case.municipality == "nottuln"


def test_the_place_is_asked_once(ask):
    first = ask("Kitaplatz", needs=KITA)
    assert first.outcome is Outcome.NEEDS_PLACE
    assert {choice.value for choice in first.choices} >= {"olfen", "senden"}
    second = ask("keine Ahnung", case=first.case, needs=KITA)
    assert second.outcome is not Outcome.NEEDS_PLACE
    assert second.contact.id == "kreis_switchboard"
    assert "find.without_place" in second.notes


def test_a_village_answers_the_question_for_the_place(ask):
    first = ask("Kitaplatz", needs=KITA)
    second = ask("in Osterwick", case=first.case, facts_only=True)
    assert second.contact.id == "kita" and second.case.municipality == "rosendahl"


def test_a_correction_keeps_the_need(ask):
    first = ask("Kitaplatz in Nottuln", needs=KITA)
    second = ask("sorry, we moved to Dülmen", case=first.case, facts_only=True, language="en")
    assert second.contact.id == "kita@duelmen"


def test_a_follow_up_with_another_age(ask):
    needs = [("migration_counselling", 0.9)]
    first = ask("Migrationsberatung für mich, 40 Jahre alt, Olfen", needs=needs)
    second = ask("und für meinen Sohn, 16?", case=first.case, facts_only=True)
    assert first.contact.id != "jmd" and second.contact.id == "jmd"


def test_a_follow_up_with_an_age_that_cannot_be_asks_for_the_need(ask):
    first = ask("Kitaplatz in Nottuln", needs=KITA)
    second = ask("und für meinen großen Sohn, 16?", case=first.case, facts_only=True)
    assert second.outcome is Outcome.NEEDS_NEED
    assert second.case.municipality == "nottuln" and second.case.age == 16


def test_an_addition_that_only_the_search_recognises_goes_on_with_the_need(ask):
    first = ask("Kitaplatz in Nottuln", needs=KITA)
    needs = [("arrival_orientation", 0.6)]
    second = ask("sorry, we moved to Dülmen", first.case, needs, none=0.97, purpose="inform")
    assert second.contact.id == "kita@duelmen"


def test_is_that_all_shows_others(ask):
    first = ask("Suchtberatung in Olfen", needs=[("addiction", 0.9)])
    second = ask("ist das alles?", case=first.case, none=0.9, purpose="show_more")
    shown = {hit.offer.id for hit in first.offers}
    assert second.outcome in {Outcome.MORE, Outcome.NO_MORE}
    assert not shown & {hit.offer.id for hit in second.offers}


def test_an_unclear_message_with_a_place_goes_on_with_the_need(ask):
    first = ask("Kitaplatz in Nottuln", needs=KITA)
    second = ask("und wie ist das in Olfen", case=first.case, needs=[("leisure", 0.05)])
    assert second.case.need == "childcare_place" and second.case.municipality == "olfen"


def test_a_new_question_forgets_the_old_one(ask):
    first = ask("Kitaplatz in Nottuln", needs=KITA)
    second = ask("und Wohngeld", case=first.case, needs=HOUSING)
    assert second.case.need == "housing_benefit" and second.case.municipality == "nottuln"


def test_clarify_once(ask):
    unclear = [("housing_benefit", 0.1), ("find_housing", 0.09)]
    first = ask("Wohnung", needs=unclear)
    assert first.outcome is Outcome.CLARIFY
    assert 2 <= len(first.choices) <= 4
    second = ask("Wohnung eben", case=first.case, needs=unclear)
    assert second.outcome is not Outcome.CLARIFY and second.contact is not None


def test_a_chosen_need_is_certain(ask):
    reply = ask("", needs=[], need="parental_allowance")
    assert reply.contact.id == "elterngeld"


def test_outside_the_county(ask):
    reply = ask("Kitaplatz in Dortmund", needs=KITA)
    assert reply.outcome is Outcome.OUTSIDE_AREA and reply.contact.id == "outside_area"
    assert reply.case.municipality is None


def test_the_county_is_not_the_town(ask):
    reply = ask("Kitaplatz im Kreis Coesfeld", needs=KITA)
    assert reply.outcome is Outcome.NEEDS_PLACE


def test_out_of_scope_never_shows_an_offer(ask):
    reply = ask("Pizza bestellen", needs=[("food_aid", 0.2)], none=0.8)
    assert reply.outcome is Outcome.OUT_OF_SCOPE and not reply.offers


def test_a_verdict_is_left_to_the_office(ask, services):
    reply = ask("Steht mir Wohngeld zu? Olfen", needs=HOUSING, wants_verdict=True)
    assert reply.outcome is Outcome.NO_VERDICT and reply.contact.id == "housing_benefit@olfen"
    assert "entscheidet" in render(reply, "de", services)[0]["text"]


def test_only_a_place_asks_for_the_need(ask):
    reply = ask("Olfen", facts_only=True)
    assert reply.outcome is Outcome.NEEDS_NEED and reply.values == {"place": "Olfen"}


def test_more_until_there_is_no_more(services, ask):
    case = ask("Suchtberatung in Olfen", needs=[("addiction", 0.9)]).case
    seen = set(case.shown)
    for _ in range(20):
        reply = show_more(case, "de", services)
        if reply.outcome is Outcome.NO_MORE:
            break
        new = {hit.offer.id for hit in reply.offers}
        assert new and not new & seen
        seen |= new
        case = reply.case
    assert reply.outcome is Outcome.NO_MORE and reply.contact is not None


def test_none_fit_offers_a_person(services, ask):
    case = ask("Suchtberatung", needs=[("addiction", 0.5), ("mental_health", 0.3)]).case
    reply = none_fit(case, "tr", services)
    assert reply.contact is not None
    assert "addiction" not in {choice.value for choice in reply.choices}


def test_a_human_without_a_need_is_the_switchboard(services):
    assert human(Case(), services).contact.id == "kreis_switchboard"


@pytest.mark.parametrize("language", ["de", "en", "ar", "tr"])
def test_every_reply_renders_with_what_is_promised(ask, services, language):
    replies = [
        ask("Kitaplatz in Nottuln", needs=KITA, language=language),
        ask("Kitaplatz", needs=KITA, language=language),
        ask("x", needs=[("housing_benefit", 0.1), ("find_housing", 0.09)], language=language),
        ask("x in Dortmund", needs=KITA, language=language),
        ask("x", none=0.9, needs=KITA, language=language),
        human(Case(), services),
    ]
    for reply in replies:
        messages = render(reply, language, services)
        assert messages and all(m["lang"] == language and m["text"] for m in messages)
        assert "{" not in str([m["text"] for m in messages])
        for message in messages:
            for item in message.get("items", ()):
                assert item["source"] if message["type"] != "crisis" else item["name"]


def test_an_outdated_offer_shows_no_unconfirmed_detail(ask, services):
    reply = ask("Suchtberatung", needs=[("addiction", 0.9)])
    cards = [c for m in render(reply, "de", services) if m["type"] == "offers" for c in m["items"]]
    outdated = [card for card in cards if card["check"]]
    assert outdated
    for card in outdated:
        assert card["contact"]["tel"] is None and card["contact"]["hours"] is None
        assert card["address"] is None
        assert "02541 18-0" in card["check"]


def test_the_case_survives_the_slot():
    case = Case("olfen", "Olfen", 7.0, "childcare_place", "Kita", ("a", "b"), True, False)
    assert Case.from_slot(case.to_slot()) == case
    assert Case.from_slot(None) == Case() and Case.from_slot({"unknown": 1}) == Case()
