"""Questions about needs, through the running assistant, in four languages."""

from __future__ import annotations

import pytest

from bot.languages import LANGUAGES
from tests.conversations.conftest import cards, text_of


def needs_of(assistant_messages):
    return [item["id"] for item in cards(assistant_messages, "contact")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_says_that_this_is_a_machine(chat, language):
    words = {
        "de": "Computerprogramm (KI)",
        "en": "computer program (AI)",
        "ar": "برنامج حاسوب",
        "tr": "bilgisayar programıyım",
    }
    greeting = chat(language).greeting
    assert words[language] in text_of(greeting) and "02541 18-0" in text_of(greeting)
    assert all(m["lang"] == language and m["from"] == "bot" and m["id"] for m in greeting)


@pytest.mark.parametrize(
    "text, language, contact",
    [
        ("Ich bin alleinerziehend und brauche einen Kitaplatz in Nottuln", "de", "kita"),
        ("I need a kindergarten place for my daughter, we live in Nottuln", "en", "kita"),
        ("أحتاج مكان في الروضة لابنتي، نسكن في نوتولن", "ar", "kita"),
        ("kızım için kreş yeri arıyorum, Nottuln'da oturuyoruz", "tr", "kita"),
        ("Wohngeld in Olfen", "de", "housing_benefit@olfen"),
        ("Elterngeld beantragen, wir wohnen in Dülmen", "de", "elterngeld"),
    ],
)
def test_a_question_with_its_place_gets_the_contact(chat, text, language, contact):
    messages = chat().say(text)
    assert {m["lang"] for m in messages} == {language}
    shown = cards(messages, "contact")
    assert [card["id"] for card in shown] == [contact], text_of(messages)
    assert shown[0]["updated"] and shown[0]["term"]
    assert shown[0]["tel"] or shown[0]["mail"] or shown[0]["url"] or shown[0]["substitute"]


def test_the_place_is_asked_once_and_a_village_is_enough(chat):
    talk = chat("de")
    first = talk.say("Ich brauche einen Kitaplatz")
    assert "Ort" in text_of(first) and not cards(first, "contact")
    second = talk.say("Osterwick")
    assert cards(second, "contact")[0]["id"] == "kita"
    assert "Rosendahl" in text_of(second) or "Osterwick" in text_of(second)


@pytest.mark.parametrize("place", ["48249", "٤٨٢٤٩", "دولمن", "Dülmen'de oturuyoruz", "Buldern"])
def test_any_spelling_of_the_place_answers(chat, place):
    talk = chat("de")
    talk.say("Ich brauche einen Kitaplatz")
    assert cards(talk.say(place), "contact")[0]["id"] == "kita@duelmen"


def test_a_correction_of_the_place(chat):
    talk = chat("en")
    talk.say("I need a kindergarten place, we live in Nottuln")
    assert cards(talk.say("sorry, we moved to Dülmen"), "contact")[0]["id"] == "kita@duelmen"


def test_a_follow_up_for_another_child(chat):
    talk = chat("en")
    talk.say("We are new here and need someone who advises us about our papers, I am 40, in Olfen")
    messages = talk.say("and for my older son, 16?")
    assert cards(messages, "contact"), text_of(messages)


def test_more_then_none_fits(chat):
    talk = chat("de")
    talk.say("Jugendtreff in Dülmen für meinen Sohn")
    seen = {card["id"] for card in cards(talk.last, "offers")}
    more = talk.press_button("/show_more")
    assert not seen & {card["id"] for card in cards(more, "offers")}
    messages = talk.say("none of these fit")
    assert cards(messages, "contact") and {m["lang"] for m in messages} == {"en"}


def test_another_language_in_mid_conversation(chat):
    talk = chat("de")
    talk.say("Ich brauche einen Kitaplatz in Nottuln")
    messages = talk.say("Wohngeld için nereye başvurmam gerekiyor?")
    assert {m["lang"] for m in messages} == {"tr"}
    messages = talk.say("48301")
    assert {m["lang"] for m in messages} == {"tr"}


def test_switching_the_language_by_hand_repeats_the_answer(chat):
    talk = chat("de")
    talk.say("Ich brauche einen Kitaplatz in Nottuln")
    messages = talk.press('/change_language{"language_choice":"ar"}')
    assert {m["lang"] for m in messages} == {"ar"}
    assert cards(messages, "contact")[0]["id"] == "kita"


def test_asking_for_another_language_in_words(chat):
    assert {m["lang"] for m in chat("de").say("türkçe lütfen")} == {"tr"}


@pytest.mark.parametrize(
    "text, language, part",
    [
        ("danke schön", "de", "Gern"),
        ("thank you so much", "en", "welcome"),
        ("شكرا جزيلا", "ar", "على الرحب"),
        ("çok teşekkürler", "tr", "Rica ederim"),
        ("bist du ein Roboter?", "de", "Computerprogramm"),
        ("are you a robot?", "en", "computer program"),
        ("هل أنت روبوت؟", "ar", "برنامج حاسوب"),
        ("sen robot musun?", "tr", "bilgisayar programıyım"),
        ("wie wird das Wetter morgen?", "de", "115"),
        ("can you order a pizza for me", "en", "115"),
    ],
)
def test_small_talk_and_what_is_out_of_scope(chat, text, language, part):
    messages = chat(language).say(text)
    assert part in text_of(messages) and {m["lang"] for m in messages} == {language}
    assert not cards(messages, "offers")


@pytest.mark.parametrize("text", ["", "😀😀😀", "asdfghjkl", "???", "Добрий день, допоможіть мені"])
def test_what_cannot_be_read_gets_the_notice_in_four_languages(chat, text):
    messages = chat().say(text)
    assert {m["lang"] for m in messages} == set(LANGUAGES)
    assert all("02541 18-0" in m["text"] for m in messages)


def test_place_outside_the_county(chat):
    messages = chat("de").say("Ich brauche einen Kitaplatz in Dortmund")
    assert "Dortmund" in text_of(messages) and "115" in text_of(messages)
    assert not cards(messages, "offers")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_human_is_named(chat, language):
    words = {
        "de": "ich will mit einem Menschen sprechen",
        "en": "I want to talk to a human",
        "ar": "أريد التحدث مع شخص حقيقي",
        "tr": "bir insanla konuşmak istiyorum",
    }
    messages = chat(language).say(words[language])
    assert cards(messages, "contact")[0]["tel"] == "02541 18-0"
