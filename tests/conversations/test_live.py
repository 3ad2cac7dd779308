"""Writing with the staff in the same chat: the person over HTTP, the staff over the store."""

from __future__ import annotations

import json
import threading
import time
import urllib.request

import pytest

from bot.storage.live import CLAIMED, PERSON, RETURNED, WAITING, LiveStore
from tests.conversations.conftest import text_of


@pytest.fixture
def live(assistant):
    store = LiveStore(assistant.settings.live)
    yield store
    store.staff_gone("anna")
    for found in store.list((WAITING, CLAIMED)):
        store.close(found.number, time.time())
    store.close_database()


def begin(chat, live, language="de", text="Ich brauche einen Kitaplatz in Nottuln"):
    """Let a person ask for a human while Anna is there, and press the button."""
    live.staff_seen("anna", ["*"], time.time())
    talk = chat(language)
    talk.say(text)
    talk.press_button("/request_human")
    talk.press_button("/request_live")
    return talk


def until(wanted, seconds=10):
    """Wait until a function returns something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = wanted()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("did not happen in time")


def history(talk):
    status, body = talk.assistant.call("GET", "/history?after=0", token=talk.token)
    assert status == 200
    return body["messages"]


def test_nobody_is_promised_who_is_not_there(chat, live):
    talk = chat("de")
    talk.say("Ich brauche einen Kitaplatz in Nottuln")
    talk.press_button("/request_human")
    buttons = [b["payload"] for m in talk.last for b in m.get("buttons", ())]
    assert "/request_live" not in buttons and "/request_callback" in buttons


def test_a_conversation_with_staff_from_waiting_to_the_end(chat, live):
    talk = begin(chat, live)
    assert talk.last[-1]["state"] == "human-waiting"
    found = live.list((WAITING,))[-1]
    assert "Kita" in found.summary and "Nottuln" in found.summary
    talk.say("Mein Sohn wird drei")
    assert live.messages(found.conversation)[-1].text == "Mein Sohn wird drei"
    assert live.claim(found.number, "anna", "Anna", time.time())
    until(lambda: any("Anna" in m["text"] for m in history(talk)))
    assert talk.say("Hallo Anna") == [], "the assistant is silent"
    live.reply(found.number, "anna", "Guten Tag, wie kann ich helfen?", time.time())
    until(lambda: any(m["from"] == "staff" for m in history(talk)))
    said = [m for m in history(talk) if m["from"] == "staff"][-1]
    assert said["name"] == "Anna" and said["text"].startswith("Guten Tag")
    assert [m["id"] for m in history(talk)] == sorted(m["id"] for m in history(talk))
    live.hand_back(found.number, time.time())
    until(lambda: history(talk)[-1].get("state") == "bot")
    assert "Kita" in text_of(talk.say("Wer hilft bei Kitaplatz in Nottuln?"))
    assert not [m for m in live.messages(found.conversation) if "Wer hilft" in m.text]


def test_a_crisis_is_answered_at_once_and_staff_are_alerted(chat, live):
    talk = begin(chat, live, "en", "I need a Kita place in Nottuln")
    found = live.list((WAITING,))[-1]
    live.claim(found.number, "anna", "Anna", time.time())
    replies = talk.say("I want to kill myself")
    assert any(m["type"] == "crisis" for m in replies)
    told = [m for m in live.messages(found.conversation) if m.sender == PERSON][-1]
    assert told.alert


def test_the_person_can_leave_and_a_button_of_the_assistant_leaves_too(chat, live):
    talk = begin(chat, live)
    found = live.list((WAITING,))[-1]
    assert talk.press("/leave_live")[-1]["state"] == "bot"
    assert live.get(found.number).status == RETURNED
    talk = begin(chat, live)
    found = live.list((WAITING,))[-1]
    assert "einverstanden" in text_of(talk.press("/request_callback"))
    assert live.get(found.number).status == RETURNED


def test_deleting_erases_what_the_staff_had(chat, live, assistant):
    talk = begin(chat, live)
    found = live.list((WAITING,))[-1]
    talk.say("Das geht niemanden etwas an")
    assistant.call("DELETE", "/session", token=talk.token)
    assert live.get(found.number) is None and live.messages(found.conversation) == []


def test_what_staff_write_comes_over_the_stream_at_once(chat, live, assistant):
    talk = begin(chat, live, "ar", "أحتاج مكان في الروضة في نوتولن")
    found = live.list((WAITING,))[-1]
    live.claim(found.number, "anna", "Anna", time.time())
    until(lambda: any("Anna" in m["text"] for m in history(talk)))
    after = history(talk)[-1]["id"]
    got = []

    def listen():
        request = urllib.request.Request(
            f"{assistant.chat}/events?after={after}",
            headers={"Authorization": f"Bearer {talk.token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as stream:
            for line in stream:
                if line.startswith(b'data: {"'):
                    got.append((time.monotonic(), json.loads(line[6:])))
                if line.startswith(b"event: end"):
                    return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    time.sleep(0.5)
    said = time.monotonic()
    live.reply(found.number, "anna", "مرحبا", time.time(), "ar")
    until(lambda: got)
    assert got[0][1]["text"] == "مرحبا" and got[0][1]["lang"] == "ar"
    assert got[0][0] - said < 2  # the measured figure stands in benchmarks/results
    live.close(found.number, time.time())
    listener.join(10)
    assert not listener.is_alive(), "the stream ends with the conversation"


def test_somebody_elses_stream_is_closed_to_a_guessed_token(assistant):
    status, _ = assistant.call("GET", "/events?after=0", token="A" * 43)
    assert status == 401
