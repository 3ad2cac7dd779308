"""The web channel against careless and hostile clients."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from tests.conversations.conftest import cards, text_of


@pytest.mark.parametrize(
    "body, raw, headers, status",
    [
        (None, b"{", None, 400),
        (None, b"[1]", None, 400),
        (None, b"\xff\xfe", None, 400),
        (None, b"[" * 5000, None, 400),
        ({"text": 5}, None, None, 400),
        ({}, None, None, 400),
        ({"text": "x" * 2001}, None, None, 413),
        (None, json.dumps({"text": "x" * 20000}).encode(), None, 413),
        (None, b"text=hallo", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"payload": '/choose_need{"need":"housing_benefit"}'}, None, None, 400),
        ({"payload": "/restart"}, None, None, 400),
    ],
)
def test_bad_requests_end_in_a_clear_4xx(chat, assistant, body, raw, headers, status):
    talk = chat("de")
    got, answer = assistant.call("POST", "/message", body, talk.token, raw, headers)
    assert got == status and "Traceback" not in str(answer)


@pytest.mark.parametrize(
    "text",
    [
        '/choose_need{"need":"housing_benefit"}',
        "/restart",
        ' ／choose_place{"place":"olfen"}',
        "<script>alert(1)</script>",
        "'; DROP TABLE events; --",
        "{{7*7}} ${jndi:ldap://x} %s %n",
        "\u202eneb\u0000el\ud800",
        "a" * 2000,
        'NEAR("x" OR *)',
    ],
)
def test_hostile_text_gets_a_polite_answer(chat, text):
    messages = chat("de").say(text)
    assert messages and "Traceback" not in text_of(messages)
    assert not cards(messages, "contact") or "olfen" not in str(cards(messages, "contact"))


@pytest.mark.parametrize("token", [None, "", "x" * 43, "../../etc", "é"])
def test_a_wrong_token_opens_nothing(assistant, token):
    headers = {"Authorization": f"Bearer {token}".encode("latin-1", "replace").decode("latin-1")}
    for method, path in (("POST", "/message"), ("GET", "/history"), ("DELETE", "/session")):
        assert assistant.call(method, path, {"text": "x"}, headers=headers)[0] == 401


def test_the_token_is_not_stored(chat, assistant):
    talk = chat("de")
    talk.say("hallo")
    for name in ("conversations.sqlite", "conversations.sqlite-wal"):
        path = assistant.settings.var / name
        assert not path.exists() or talk.token.encode() not in path.read_bytes()


def test_deleting_ends_the_session(chat, assistant):
    talk = chat("de")
    talk.say("hallo")
    assert assistant.call("DELETE", "/session", token=talk.token) == (200, {"deleted": True})
    assert assistant.call("POST", "/message", {"text": "hallo"}, talk.token)[0] == 401


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_the_page_and_its_files(assistant):
    status, headers, body = get(f"{assistant.base}/chat")
    assert status == 200 and b"<lotse-chat" in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    for name, kind in (("lotse-chat.js", "javascript"), ("lotse-chat.css", "css")):
        status, headers, _ = get(f"{assistant.base}/chat/assets/{name}")
        assert status == 200 and kind in headers["Content-Type"]
    for name in ("..%2f..%2fsettings.py", "chat.html", "nothing.js", "%2e%2e"):
        assert get(f"{assistant.base}/chat/assets/{name}")[0] in (404, 400)


def test_rasas_own_rest_channel_is_off(assistant):
    assert get(f"{assistant.base}/webhooks/rest/")[0] == 404
    assert get(f"{assistant.base}/conversations/x/tracker")[0] == 404
