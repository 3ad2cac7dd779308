"""The callback form, crisis in every state, deletion, and life without the action server."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest

from bot.languages import LANGUAGES
from tests.conversations.conftest import cards, text_of

CRISIS = {
    "de": "ich will nicht mehr leben",
    "en": "I want to kill myself",
    "ar": "بدي موت ما بدي عيش",
    "tr": "kendimi öldürmek istiyorum",
}


def rows(assistant, table):
    with sqlite3.connect(assistant.settings.handovers) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def fill(talk):
    talk.say("Ich brauche einen Kitaplatz in Nottuln")
    assert "einverstanden" in text_of(talk.press_button("/request_callback"))
    talk.press_button("/affirm")
    talk.say("Samira")
    assert "Telefonnummer" in text_of(talk.say("weiß nicht"))
    talk.say("0151 23456789")
    assert "Wunsch" in text_of(talk.say("ab 16 Uhr"))
    assert "freiwillig" in text_of(talk.press_button("woman"))
    return talk.say("Mein Sohn ist drei")


def test_a_callback_is_stored_after_two_times_yes(chat, assistant):
    talk = chat("de")
    before = len(rows(assistant, "callbacks"))
    preview = text_of(fill(talk))
    assert "Samira" in preview and "0151 23456789" in preview and "Kita-Platz" in preview
    assert "Wunsch: Eine Frau soll anrufen" in preview and "Mein Sohn ist drei" in preview
    assert len(rows(assistant, "callbacks")) == before
    done = text_of(talk.press_button("/affirm"))
    assert "L-" in done and "Anruf bis" in done
    stored = rows(assistant, "callbacks")
    assert len(stored) == before + 1 and "kita" in stored[-1]
    letters = rows(assistant, "outbox")
    assert "0151 23456789" in str(letters[-1]), "the letter is stored with the callback"


@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 5, 6])
def test_stopping_at_any_step_stores_nothing(chat, assistant, step):
    talk = chat("en")
    before = len(rows(assistant, "callbacks"))
    answers = ["/affirm", "Ali", "ali@example.org", "mornings", "an interpreter", "/deny"]
    talk.say("please call me back")
    for answer in answers[:step]:
        talk.press_button(answer) if answer.startswith("/") else talk.say(answer)
    if step in (0, 6):
        assert "stored nothing" in text_of(talk.press_button("/deny"))
    assert len(rows(assistant, "callbacks")) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_crisis_is_answered_at_once(chat, language):
    messages = chat(language).say(CRISIS[language])
    assert messages[0]["type"] == "crisis" and messages[0]["lang"] == language
    assert any(card["tel"] == "112" for card in cards(messages, "crisis"))


def test_a_question_in_mid_form_is_answered_and_the_form_goes_on(chat, assistant):
    talk = chat("de")
    before = len(rows(assistant, "callbacks"))
    talk.say("Ich brauche einen Kitaplatz in Nottuln")
    talk.press_button("/request_callback")
    talk.press_button("/affirm")
    said = text_of(talk.say("Wer hilft bei Schulden?"))
    assert "Schuldnerberatung" in said and "Wie heißen Sie" in said
    talk.say("Samira")
    assert "Telefonnummer" in text_of(talk.say("Wo bekomme ich Wohngeld in Olfen?"))
    talk.say("0151 23456789")
    talk.say("vormittags")
    said = text_of(talk.say("Was kostet die Schuldnerberatung?"))
    assert "Wunsch" in said
    talk.press_button("interpreter")
    preview = text_of(talk.press_button("/deny"))
    assert "Samira" in preview and "Kita-Platz" in preview and "Übersetzung" in preview
    talk.press_button("/affirm")
    assert len(rows(assistant, "callbacks")) == before + 1


@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_crisis_ends_the_form_at_every_step(chat, assistant, language, step):
    talk = chat(language)
    before = len(rows(assistant, "callbacks"))
    talk.say("please call me back")
    for answer in ["/affirm", "Ali", "ali@example.org", "morgens", "interpreter"][:step]:
        talk.press_button(answer) if answer.startswith("/") else talk.say(answer)
    messages = talk.say(CRISIS[language])
    assert messages[0]["type"] == "crisis"
    assert not [b for m in messages for b in m.get("buttons", ()) if "affirm" in b["payload"]]
    talk.say("danke")
    assert talk.last[0]["type"] == "text" and len(rows(assistant, "callbacks")) == before


def test_a_crisis_with_a_place_is_no_answer_to_the_question_for_the_place(chat):
    talk = chat("de")
    talk.say("Ich brauche einen Kitaplatz")
    messages = talk.say("ich wohne in Olfen und will nicht mehr leben")
    assert messages[0]["type"] == "crisis"


def test_delete_my_data(chat, assistant):
    talk = chat("de")
    fill(talk)
    talk.press_button("/affirm")
    before = len(rows(assistant, "callbacks"))
    assert "löschen" in text_of(talk.say("lösche meine Daten"))
    assert talk.say("ja")[0]["state"] == "deleted"
    assert len(rows(assistant, "callbacks")) == before - 1
    assert assistant.call("GET", "/history", token=talk.token)[0] == 401
    with sqlite3.connect(assistant.settings.conversations) as connection:
        conversation = hashlib.sha256(talk.token.encode()).hexdigest()
        for table in ("events", "sessions"):
            query = f"SELECT count(*) FROM {table} WHERE conversation = ?"
            assert connection.execute(query, [conversation]).fetchone()[0] == 0


def test_a_late_yes_deletes_nothing(chat, assistant):
    talk = chat("de")
    talk.say("lösche meine Daten")
    talk.say("danke")
    talk.say("ja")
    assert assistant.call("GET", "/history", token=talk.token)[0] == 200


def test_history_resumes_in_order(chat, assistant):
    talk = chat("de")
    talk.say("Ich brauche einen Kitaplatz")
    talk.say("Olfen")
    status, body = assistant.call("GET", "/history", token=talk.token)
    numbers = [m["id"] for m in body["messages"]]
    assert status == 200 and numbers == sorted(set(numbers))
    said = [m["text"] for m in body["messages"] if m["from"] == "user"]
    assert said == ["Ich brauche einen Kitaplatz", "Olfen"]
    assert body["messages"][-1]["id"] == talk.last[-1]["id"]
    status, rest = assistant.call("GET", f"/history?after={numbers[-2]}", token=talk.token)
    assert [m["id"] for m in rest["messages"]] == numbers[-1:]


def test_without_the_action_server_and_after_it_is_back(chat, assistant):
    actions = assistant.servers[0]
    talk = chat("tr")
    talk.say("merhaba")
    actions.stop()
    try:
        messages = talk.say("Wohngeld için yardım lazım, Olfen")
        assert "112" in text_of(messages) and "02541 18-0" in text_of(messages)
        assert talk.say(CRISIS["tr"])[0]["type"] == "crisis"
        assert "Rica ederim" in text_of(talk.say("teşekkürler"))
        _, body = assistant.call("GET", "/history", token=talk.token)
        assert any("112" in m["text"] and m["type"] == "notice" for m in body["messages"])
    finally:
        actions.start()
        assistant.wait_for(actions)
    messages = talk.say("Wohngeld için yardım lazım, Olfen")
    assert cards(messages, "contact")[0]["id"] == "housing_benefit@olfen"
