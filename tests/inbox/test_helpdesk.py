"""Answers from an existing helpdesk: signed, passed on once, to the right chat."""

from __future__ import annotations

import json

import pytest

from bot.delivery.reply import Reply
from bot.errors import SignatureError
from tests.inbox.serving import Inbox, running


class Helpdesk:
    """A helpdesk whose signature is the word "right"."""

    def reply_from(self, body, headers):
        if headers.get("x-signature") != "right":
            raise SignatureError("wrong")
        found = json.loads(body)
        if found.get("internal"):
            return None
        return Reply("zammad:12", found["id"], found.get("reference"), found["text"], "Frau Muster")


@pytest.fixture
def inbox(tmp_path):
    with running(Inbox(tmp_path, helpdesk=Helpdesk())) as served:
        served.handovers.add(served.callback())
        yield served


def send(inbox, signature="right", **body):
    headers = {"X-Signature": signature, "Content-Type": "application/json"}
    body = {"id": "7", "reference": "L-AAAA-BBBB", "text": "Guten Tag", **body}
    return inbox.client().send("POST", "/helpdesk/reply", json.dumps(body), headers)


def said(inbox):
    return [(m.name, m.text) for m in inbox.live.undelivered()]


def test_an_answer_reaches_the_chat_once(inbox):
    assert send(inbox).status == 200
    assert send(inbox).status == 200, "the helpdesk repeats what it thinks was lost"
    assert said(inbox) == [("Frau Muster", "Guten Tag")]
    assert inbox.live.undelivered()[0].conversation == "c1"


def test_a_wrong_signature_is_refused(inbox):
    assert send(inbox, signature="wrong").status == 401
    assert said(inbox) == []


@pytest.mark.parametrize("body", [{"internal": True}, {"reference": "L-ZZZZ-ZZZZ"}])
def test_notes_and_unknown_references_reach_nobody(inbox, body):
    assert send(inbox, **body).status == 200
    assert said(inbox) == []


def test_what_cannot_be_read_is_a_clear_400(inbox):
    answer = inbox.client().send("POST", "/helpdesk/reply", "{", {"X-Signature": "right"})
    assert answer.status == 400


def test_without_a_helpdesk_there_is_no_such_page(tmp_path):
    with running(Inbox(tmp_path)) as served:
        assert served.client().send("POST", "/helpdesk/reply", "{}").status == 404
