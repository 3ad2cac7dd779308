"""Zammad, Chatwoot and the translation service, against servers that follow their documents."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import logging
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.chatwoot import ChatwootNotifier
from bot.delivery.factory import address_of, helpdesk_for, notifier_for, translator_for
from bot.delivery.letter import callback_item
from bot.delivery.mail import MailNotifier
from bot.delivery.translation import Translated, Translator
from bot.delivery.worker import DeliveryWorker
from bot.delivery.zammad import ZammadNotifier
from bot.errors import ConfigurationError, PermanentFailure, SignatureError, TemporaryFailure
from bot.offers.models import Catalogue, Contact
from bot.settings import Helpdesk, Settings, Translation
from bot.storage.handovers import HandoverStore
from tests.delivery.helpdesk_servers import TOKEN, Chatwoot, Translate, Zammad, running
from tests.unit.test_outbox import NAME, NOW, callback, later

SECRET = "signing-secret"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def zammad(url, **changes):
    values = {"kind": "zammad", "url": url, "token": TOKEN, "secret": SECRET, "group": "Lotse"}
    return ZammadNotifier(Helpdesk(**{**values, **changes}))


def chatwoot(url, clock=NOW.timestamp, **changes):
    values = {"kind": "chatwoot", "url": url, "token": TOKEN, "secret": SECRET}
    values |= {"account": "1", "inbox": "4"}
    return ChatwootNotifier(Helpdesk(**{**values, **changes}), clock)


MAKE = {"zammad": (Zammad, zammad), "chatwoot": (Chatwoot, chatwoot)}


@pytest.fixture(params=["zammad", "chatwoot"])
def kind(request):
    return request.param


@pytest.fixture
def desk(kind):
    server, make = MAKE[kind]
    desk = server()
    with running(desk) as url:
        desk.url = url
        desk.notifier = make(url)
        yield desk


def arrived(desk):
    """What staff see: one (reference, text) for each ticket or conversation with its messages."""
    if isinstance(desk, Zammad):
        return [(ticket["title"].split()[-1], ticket["article"]["body"]) for ticket in desk.tickets]
    return [
        (one["custom_attributes"]["lotse_reference"], message["content"])
        for one in desk.conversations
        for message in desk.messages[one["id"]]
    ]


def item(number=1, **changes):
    return callback_item(callback(number, **changes))


CREATE = {
    "zammad": ["/api/v1/tickets"],
    "chatwoot": [
        "/api/v1/accounts/1/contacts",
        "/api/v1/accounts/1/conversations",
        r"/api/v1/accounts/1/conversations/\d+/messages",
    ],
}
STEPS = [(kind, path) for kind, paths in CREATE.items() for path in paths]


# What arrives


def test_a_callback_becomes_one_ticket_with_its_text(desk, kind):
    external = desk.notifier.deliver(item())
    assert external == {"zammad": "zammad:100", "chatwoot": "chatwoot:50"}[kind]
    ((reference, text),) = arrived(desk)
    assert reference == "L-AAAA-0001"
    assert f"Bitte um Rückruf für {NAME}." in text
    desk.notifier.deliver(item(2))
    assert len(arrived(desk)) == 2


def test_zammad_gets_no_account_for_the_person_and_mails_nobody():
    desk = Zammad()
    with running(desk) as url:
        zammad(url).deliver(item(reach="amira@example.org"))
    (ticket,) = desk.tickets
    assert ticket["customer_id"] == 3
    assert ticket["title"] == "Bitte um Rückruf L-AAAA-0001"
    article = ticket["article"]
    assert (article["type"], article["sender"], article["internal"]) == ("note", "Customer", False)


def test_chatwoot_gets_no_profile_of_the_person():
    desk = Chatwoot()
    with running(desk) as url:
        chatwoot(url).deliver(item(reach="amira@example.org"))
    (contact,) = desk.contacts
    assert NAME not in json.dumps(contact) and "amira" not in json.dumps(contact)
    assert [one["status"] for one in desk.conversations] == ["open"]
    assert desk.conversations[0]["inbox_id"] == 4
    ((message,),) = desk.messages.values()
    assert message["message_type"] == "incoming" and message["private"] is False


# Nothing twice


def test_delivering_again_creates_nothing_new(desk, kind):
    first = desk.notifier.deliver(item())
    again = MAKE[kind][1](desk.url).deliver(item())
    assert first == again
    assert len(arrived(desk)) == 1


def test_a_ticket_that_only_looks_similar_is_not_ours(desk):
    desk.notifier.deliver(item(11))
    desk.notifier.deliver(item(1))
    assert sorted(reference for reference, _ in arrived(desk)) == ["L-AAAA-0001", "L-AAAA-0011"]


@pytest.mark.parametrize(("kind", "step"), STEPS)
@pytest.mark.parametrize("fault", ["lost", "cut", 500, 503, "garbage"])
def test_after_an_unclear_answer_the_second_try_does_not_duplicate(desk, step, fault):
    desk.faults = [("POST", step, fault)]
    with pytest.raises(TemporaryFailure):
        desk.notifier.deliver(item())
    assert desk.faults == []
    desk.notifier.deliver(item())
    assert [reference for reference, _ in arrived(desk)] == ["L-AAAA-0001"]
    if isinstance(desk, Chatwoot):
        assert len(desk.contacts) == len(desk.conversations) == 1


def test_a_contact_made_at_the_same_moment_is_used():
    desk = Chatwoot()
    with running(desk) as url:
        desk.contacts.append({"id": 77, "identifier": "lotse-L-AAAA-0001"})
        # The first search does not see it yet.
        answer = desk.answer
        desk.answer = lambda method, path, query, body: (
            (200, {"payload": []})
            if path.endswith("/search") and not any(call[0] == "POST" for call in desk.calls)
            else answer(method, path, query, body)
        )
        chatwoot(url).deliver(item())
    assert [one["contact_id"] for one in desk.conversations] == [77]


# Faults


@pytest.mark.parametrize(("kind", "step"), STEPS)
@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (429, TemporaryFailure),
        (502, TemporaryFailure),
        (401, TemporaryFailure),
        (403, TemporaryFailure),
        (404, TemporaryFailure),
        ((302, {"Location": "http://127.0.0.1:1/elsewhere"}), TemporaryFailure),
        (400, PermanentFailure),
        (422, PermanentFailure),
    ],
)
def test_faults_are_sorted_and_name_no_person(desk, step, fault, failure):
    desk.faults = [("POST", step, fault)]
    with pytest.raises(failure) as raised:
        desk.notifier.deliver(item())
    assert type(raised.value) is failure
    assert NAME not in str(raised.value)
    assert str(fault if isinstance(fault, int) else 302) in str(raised.value)


def test_the_wish_to_wait_is_passed_on(desk, kind):
    fault = (429, {"Retry-After": "120"})
    desk.faults = [("POST", CREATE[kind][0], fault)]
    with pytest.raises(TemporaryFailure) as raised:
        desk.notifier.deliver(item())
    assert raised.value.retry_after == 120
    desk.faults = [
        ("POST", CREATE[kind][0], (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}))
    ]
    with pytest.raises(TemporaryFailure) as raised:
        desk.notifier.deliver(item())
    assert raised.value.retry_after is None


def test_a_wrong_token_creates_nothing_and_is_not_in_the_error(desk, kind):
    with pytest.raises(TemporaryFailure, match="401") as raised:
        MAKE[kind][1](desk.url, token="wrong-token").deliver(item())
    assert arrived(desk) == []
    assert "wrong-token" not in str(raised.value)


def test_nobody_there_is_a_temporary_failure(kind):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(TemporaryFailure):
        MAKE[kind][1](f"http://127.0.0.1:{port}").deliver(item())


def test_through_the_outbox_a_failing_helpdesk_gets_each_callback_once(desk, kind, tmp_path):
    """Every second creation fails, half of them after it was done."""
    store = HandoverStore(tmp_path / "handovers.sqlite")
    for number in range(1, 9):
        store.add(callback(number), [item(number)])
    faults = ["lost", 503] * 8
    desk.faults = [("POST", path, fault) for path in CREATE[kind] for fault in faults]
    minutes = itertools.count(step=10)
    worker = DeliveryWorker(
        store, desk.notifier, lambda: later(minutes=next(minutes)), lease_seconds=1e6
    )
    for _ in range(200):
        worker.run_once()
        for dead in store.dead():
            store.retry(dead.key)
        if not store.pending():
            break
    assert store.pending() == 0
    references = [reference for reference, _ in arrived(desk)]
    assert sorted(references) == [f"L-AAAA-{number:04d}" for number in range(1, 9)]
    assert all(one.delivered_at for one in store.all())


# Answers of staff


def zammad_hook(secret=SECRET, **changes):
    article = {
        "id": 7,
        "body": "<p>Guten Tag,<br>rufen&nbsp;Sie an:</p><style>p{}</style><p>02541 0 &amp; 1</p>",
        "content_type": "text/html",
        "internal": False,
        "sender": "Agent",
        "created_by": {"login": "erika", "firstname": "Erika", "lastname": "Muster"},
    }
    ticket = {"id": 100, "title": "Bitte um Rückruf L-AAAA-0001"}
    body = json.dumps({"ticket": ticket, "article": {**article, **changes}}).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return body, {"x-hub-signature": f"sha1={digest}"}


def chatwoot_hook(secret=SECRET, at=NOW, **changes):
    values = {
        "event": "message_created",
        "id": 31,
        "content": "Guten Tag, rufen Sie an.",
        "message_type": "outgoing",
        "private": False,
        "sender": {"id": 2, "type": "user", "name": "Erika"},
        "conversation": {
            "id": 50,
            "inbox_id": 4,
            "custom_attributes": {"lotse_reference": "L-AAAA-0001"},
        },
    }
    body = json.dumps({**values, **changes}).encode()
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, {"X-Chatwoot-Signature": f"sha256={digest}", "X-Chatwoot-Timestamp": stamp}


HOOKS = {
    "zammad": (zammad("http://127.0.0.1:1"), zammad_hook),
    "chatwoot": (chatwoot("http://127.0.0.1:1"), chatwoot_hook),
}


def test_an_answer_in_zammad_is_read_as_plain_text():
    reply = HOOKS["zammad"][0].reply_from(*zammad_hook())
    assert reply.text == "Guten Tag,\nrufen Sie an:\n\n02541 0 & 1"
    assert (reply.external, reply.message) == ("zammad:100", "7")
    assert (reply.reference, reply.name) == ("L-AAAA-0001", "Erika Muster")
    assert reply.text not in repr(reply)


def test_plain_text_in_zammad_is_left_as_it_is():
    body, headers = zammad_hook(body="a < b\nc", content_type="text/plain")
    assert HOOKS["zammad"][0].reply_from(body, headers).text == "a < b\nc"


def test_an_answer_in_chatwoot_is_read():
    reply = HOOKS["chatwoot"][0].reply_from(*chatwoot_hook())
    assert (reply.external, reply.message) == ("chatwoot:50", "31")
    assert (reply.reference, reply.name) == ("L-AAAA-0001", "Erika")
    assert reply.text == "Guten Tag, rufen Sie an."


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("zammad", {"internal": True}),
        ("zammad", {"internal": None}),
        ("zammad", {"internal": "false"}),
        ("zammad", {"sender": "Customer"}),
        ("zammad", {"sender": "System"}),
        ("zammad", {"body": "<p> </p>"}),
        ("zammad", {"body": None}),
        ("chatwoot", {"private": True}),
        ("chatwoot", {"private": None}),
        ("chatwoot", {"message_type": "incoming"}),
        ("chatwoot", {"message_type": "activity"}),
        ("chatwoot", {"message_type": "template"}),
        ("chatwoot", {"event": "message_updated"}),
        ("chatwoot", {"sender": {"type": "agent_bot", "name": "Bot"}}),
        ("chatwoot", {"sender": None}),
        ("chatwoot", {"conversation": {"id": 50, "inbox_id": 5}}),
        ("chatwoot", {"content": None}),
        ("chatwoot", {"content": " "}),
    ],
)
def test_notes_and_what_is_not_for_the_person_are_left_out(kind, changes):
    desk, hook = HOOKS[kind]
    assert desk.reply_from(*hook()) is not None
    assert desk.reply_from(*hook(**changes)) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"ticket": 5, "article": []}'])
def test_a_signed_body_that_is_something_else_is_left_out(kind, body):
    stamp = str(int(NOW.timestamp())).encode()
    sha1 = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    sha256 = hmac.new(SECRET.encode(), stamp + b"." + body, hashlib.sha256).hexdigest()
    headers = {
        "X-Hub-Signature": f"sha1={sha1}",
        "X-Chatwoot-Signature": f"sha256={sha256}",
        "X-Chatwoot-Timestamp": stamp.decode(),
    }
    assert HOOKS[kind][0].reply_from(body, headers) is None


def broken(body, headers, fault):
    name = next(key for key in headers if key.lower().endswith("signature"))
    return {
        "body changed": (body.replace(b"Guten", b"Guter"), headers),
        "no signature": (body, {k: v for k, v in headers.items() if k != name}),
        "empty": (body, {**headers, name: ""}),
        "no prefix": (body, {**headers, name: headers[name].partition("=")[2]}),
        "not ascii": (body, {**headers, name: "sha1=ü\udcff"}),
    }[fault]


@pytest.mark.parametrize(
    "fault", ["body changed", "no signature", "empty", "no prefix", "not ascii"]
)
def test_what_is_not_signed_rightly_is_refused(kind, fault):
    desk, hook = HOOKS[kind]
    with pytest.raises(SignatureError):
        desk.reply_from(*broken(*hook(), fault))


def test_another_secret_is_refused(kind):
    desk, hook = HOOKS[kind]
    with pytest.raises(SignatureError):
        desk.reply_from(*hook(secret="guessed"))


def test_without_a_secret_nothing_is_believed(kind):
    _, hook = HOOKS[kind]
    desk = MAKE[kind][1]("http://127.0.0.1:1", secret=None)
    with pytest.raises(SignatureError, match="LOTSE_HELPDESK_SECRET"):
        desk.reply_from(*hook(secret=""))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_message_cannot_be_sent_again(seconds):
    desk, hook = HOOKS["chatwoot"]
    assert desk.reply_from(*hook(at=later(seconds=seconds * 0.9))) is not None
    with pytest.raises(SignatureError, match="long ago"):
        desk.reply_from(*hook(at=later(seconds=seconds)))


def test_a_fresh_timestamp_on_an_old_message_is_refused():
    desk, hook = HOOKS["chatwoot"]
    body, headers = hook(at=later(hours=-2))
    fresh = str(int(NOW.timestamp()))
    with pytest.raises(SignatureError, match="wrong"):
        desk.reply_from(body, {**headers, "X-Chatwoot-Timestamp": fresh})
    with pytest.raises(SignatureError):
        desk.reply_from(body, {k: v for k, v in headers.items() if "Timestamp" not in k})


# Translation


def test_a_translation_says_that_a_machine_made_it():
    with running(Translate()) as url:
        translator = Translator(Translation(url, TOKEN))
        assert translator.on
        expected = Translated("auf Deutsch: مرحبا", "ar", "de", machine=True)
        assert translator.translate("مرحبا", "ar", "de") == expected
        assert translator.translate("مرحبا", None, "de").source == "auto"


def test_without_an_address_translation_is_off():
    translator = Translator(Translation())
    assert not translator.on
    assert translator.translate("مرحبا", "ar", "de") is None


def test_what_needs_no_translation_is_not_sent_away():
    desk = Translate()
    with running(desk) as url:
        translator = Translator(Translation(url, TOKEN))
        assert translator.translate("Hallo", "de", "de") is None
        assert translator.translate("  ", "ar", "de") is None
    assert desk.calls == []


@pytest.mark.parametrize("fault", ["cut", "garbage", 429, 500, (302, {"Location": "/x"}), None])
def test_a_failing_service_is_no_error_for_the_caller(fault, caplog):
    desk = Translate()
    desk.faults = [("POST", "/translate", fault)] if fault else []
    with running(desk) as url, caplog.at_level(logging.WARNING):
        translator = Translator(Translation(url, TOKEN if fault else "wrong"))
        assert translator.translate(NAME, "ar", "de") is None
    assert len(desk.calls) == 1
    assert "no translation" in caplog.text and NAME not in caplog.text


def test_a_service_that_does_not_answer_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert Translator(Translation(url), timeout=0.3).translate("مرحبا", "ar", "de") is None


# From the settings


def settings(**env):
    return Settings.from_environment({"LOTSE_ROOT": str(Path(__file__).parent), **env})


def test_the_settings_name_one_way_of_delivery():
    mail = {"LOTSE_SMTP_HOST": "mail.example.org"}
    desk = {"LOTSE_HELPDESK_URL": "https://desk.example.org", "LOTSE_HELPDESK_TOKEN": "t"}
    numbers = {"LOTSE_CHATWOOT_ACCOUNT": "1", "LOTSE_CHATWOOT_INBOX": "4"}
    assert notifier_for(settings()) is None and helpdesk_for(settings()) is None
    with pytest.raises(ConfigurationError, match="LOTSE_MAIL_FROM"):
        notifier_for(settings(**mail, LOTSE_MAIL_FROM="nobody"))
    assert isinstance(notifier_for(settings(**mail)), MailNotifier)
    with_zammad = settings(**mail, **desk, LOTSE_HELPDESK="zammad")
    assert isinstance(notifier_for(with_zammad), ZammadNotifier)
    with_chatwoot = settings(**desk, **numbers, LOTSE_HELPDESK="chatwoot")
    assert isinstance(notifier_for(with_chatwoot), ChatwootNotifier)
    with pytest.raises(ConfigurationError, match="numbers"):
        notifier_for(replace(with_chatwoot, helpdesk=replace(with_chatwoot.helpdesk, inbox="a/b")))
    assert not translator_for(settings()).on
    assert translator_for(settings(LOTSE_TRANSLATE_URL="http://127.0.0.1:1")).on


def test_only_an_address_without_doubts_gets_callbacks():
    contact = Contact(
        id="c",
        organization="o",
        names={},
        term="",
        role={},
        area=(),
        needs=(),
        substitute=None,
        status="active",
        outdated=False,
        checked_on="2026-01-01",
        source="",
        email="amt@example.org",
    )
    contacts = {
        "sure": contact,
        "doubt": replace(contact, doubts=("email",)),
        "old": replace(contact, outdated=True),
    }
    catalogue = Catalogue({}, {}, {}, contacts, {}, {}, {})
    assert address_of(catalogue, "sure") == "amt@example.org"
    for name in ("doubt", "old", "unknown", None):
        assert address_of(catalogue, name) is None
