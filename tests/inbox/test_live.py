"""Live conversations in the inbox: seen by the right staff only, taken by one, answered."""

from __future__ import annotations

import threading
import time

import pytest

from tests.inbox.serving import ARABIC, Inbox, running

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">"\'&{{7*7}}'


def test_the_overview_shows_own_organizations_only(inbox):
    ours, theirs = inbox.request("c1").number, inbox.request("c2", "org_b").number
    nobodys = inbox.request("c3", None).number
    for login, seen in (("anna", [ours]), ("ben", [theirs]), ("adam", [ours, theirs, nobodys])):
        text = inbox.client(login).get("/").text
        for number in (ours, theirs, nobodys):
            assert (f'href="/live/{number}"' in text) == (number in seen), (login, number)
    text = inbox.client("anna").get("/").text
    assert "Olfen" in text and "Wohnen" in text and "gerade eben" in text


def test_another_organizations_conversation_is_closed_to_everything(inbox):
    number = inbox.request("c2", "org_b").number
    inbox.live.say("c2", "person", ARABIC, inbox.clock(), language="ar")
    client = inbox.client("anna")
    assert client.get(f"/live/{number}").status == 403
    assert client.get(f"/live/{number}/events").status == 403
    assert client.get(f"/live/{number}/translation/1").status == 403
    for action in ("claim", "reply", "hand-back", "close", "assign"):
        answer = client.post(f"/live/{number}/{action}", {"text": "x", "login": "anna"})
        assert answer.status == 403 and ARABIC not in answer.text
    assert inbox.live.get(number).status == "waiting"
    assert client.get("/live/999").status == 404
    assert client.get("/live/x").status == 404


def test_of_two_who_claim_at_once_one_wins(inbox):
    number = inbox.request().number
    clients = [inbox.client("anna"), inbox.client("cem")]
    gate = threading.Barrier(2)
    answers = {}

    def take(client):
        gate.wait()
        answers[client] = client.post(f"/live/{number}/claim")

    threads = [threading.Thread(target=take, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers.values()) == [303, 409]
    loser = next(answer for answer in answers.values() if answer.status == 409)
    assert "hat gerade jemand anderes übernommen" in loser.text
    assert inbox.live.get(number).claimed_by in ("anna", "cem")


def test_claim_reply_hand_back(inbox):
    number = inbox.request().number
    inbox.live.say("c1", "person", ARABIC, inbox.clock(), language="ar")
    anna, cem = inbox.client("anna"), inbox.client("cem")
    assert anna.post(f"/live/{number}/reply", {"text": "Hallo"}).status == 409, "not taken yet"
    assert anna.post(f"/live/{number}/claim").location == f"/live/{number}?note=claimed"
    assert anna.post(f"/live/{number}/claim").status == 303, "pressed twice"
    page = anna.get(f"/live/{number}").text
    assert 'lang="ar" dir="rtl"' in page and ARABIC in page and "Eine Frau sucht Wohnung." in page
    assert cem.post(f"/live/{number}/reply", {"text": "Hallo"}).status == 403
    assert cem.post(f"/live/{number}/hand-back").status == 403
    assert cem.post(f"/live/{number}/close").status == 403
    assert "<textarea" in page and "<textarea" not in cem.get(f"/live/{number}").text

    answer = anna.post(f"/live/{number}/reply", {"text": "Guten Tag!\r\nWie geht es?"})
    assert answer.status == 303
    said = inbox.live.undelivered()
    assert [(m.sender, m.name, m.text) for m in said] == [
        ("staff", "Anna A.", "Guten Tag!\nWie geht es?")
    ]
    quick = {"X-Requested-With": "inbox"}
    assert anna.post(f"/live/{number}/reply", {"text": "Noch was"}, headers=quick).status == 204

    assert anna.post(f"/live/{number}/hand-back").location == "/?note=returned"
    assert inbox.live.get(number).status == "returned"
    late = anna.post(f"/live/{number}/reply", {"text": "zu spät"})
    assert late.status == 409 and "zu spät" not in [m.text for m in inbox.live.undelivered()]
    assert anna.post(f"/live/{number}/close").status == 409
    assert "Meine Gespräche (0)" in anna.get("/").text


@pytest.mark.parametrize(
    ("text", "status"), [("", 422), ("  \n ", 422), ("ü" * 2000, 303), ("x" * 2001, 422)]
)
def test_replies_have_one_to_two_thousand_characters(inbox, text, status):
    number = inbox.request().number
    anna = inbox.client("anna")
    anna.post(f"/live/{number}/claim")
    answer = anna.post(f"/live/{number}/reply", {"text": text})
    assert answer.status == status
    assert len(inbox.live.undelivered()) == (status == 303)
    if len(text) > 2000:
        assert text in answer.text, "the draft is not lost"


def test_closing(inbox):
    number = inbox.request().number
    anna = inbox.client("anna")
    assert anna.post(f"/live/{number}/close").status == 403, "take it first"
    anna.post(f"/live/{number}/claim")
    assert anna.post(f"/live/{number}/close").location == "/?note=closed"
    assert inbox.live.get(number).status == "closed"
    assert "Dieses Gespräch ist beendet." in anna.get(f"/live/{number}").text


def test_a_lead_gives_to_others_within_the_organization(inbox):
    number = inbox.request().number
    anna, lea = inbox.client("anna"), inbox.client("lea")
    anna.post(f"/live/{number}/claim")
    assert anna.post(f"/live/{number}/assign", {"login": "cem"}).status == 403
    page = lea.get(f"/live/{number}").text
    assert 'value="cem"' in page and 'value="ben"' not in page
    assert lea.post(f"/live/{number}/assign", {"login": "ben"}).status == 422
    assert lea.post(f"/live/{number}/assign", {"login": "cem"}).status == 303
    assert inbox.live.get(number).claimed_name == "Cem C."
    assert anna.post(f"/live/{number}/reply", {"text": "Hallo"}).status == 403
    assert lea.post(f"/live/{number}/close").status == 303


def test_hostile_input_is_escaped(inbox):
    number = inbox.request(summary=HOSTILE).number
    inbox.live.say("c1", "person", HOSTILE, inbox.clock(), language='"><b>')
    inbox.live.say("c1", "system", HOSTILE, inbox.clock())
    anna = inbox.client("anna")
    anna.post(f"/live/{number}/claim")
    anna.post(f"/live/{number}/reply", {"text": HOSTILE})
    for path in (f"/live/{number}", f"/live/{number}/events?after=0", "/", "/callbacks"):
        text = anna.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text and "<b>" not in text
    assert anna.get(f"/live/{number}").text.count("&lt;script&gt;alert(1)") == 4
    assert "{{7*7}}" in anna.get(f"/live/{number}").text


def test_only_messages_of_this_conversation_are_shown(inbox):
    first = inbox.request("c1", "org_b").number
    inbox.live.say("c1", "person", "für die anderen", inbox.clock())
    inbox.live.close(first, inbox.clock())
    second = inbox.request("c1", "org_a").number
    anna = inbox.client("anna")
    assert "für die anderen" not in anna.get(f"/live/{second}").text
    assert "für die anderen" not in anna.get(f"/live/{second}/events").text


def test_an_alert_stands_out(inbox):
    number = inbox.request().number
    inbox.live.say("c1", "person", "…", inbox.clock(), alert=True)
    anna = inbox.client("anna")
    assert "Zeichen einer Krise" in anna.get("/").text
    assert "Zeichen einer Krise" in anna.get(f"/live/{number}").text


def test_a_new_message_reaches_a_waiting_page_at_once(inbox):
    number = inbox.request().number
    anna = inbox.client("anna")
    first = anna.get(f"/live/{number}/events?after=0", X_Requested_With="inbox")
    mark, pending = first.headers["x-mark"], first.headers["x-pending"]
    taken = {}

    def wait():
        path = f"/live/{number}/events?after=0&mark={mark}&pending={pending}"
        taken["answer"] = anna.get(path, X_Requested_With="inbox")
        taken["at"] = time.monotonic()

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.4)
    assert "answer" not in taken
    said_at = time.monotonic()
    inbox.live.say("c1", "person", ARABIC, inbox.clock(), language="ar")
    thread.join()
    assert taken["answer"].status == 200 and ARABIC in taken["answer"].text
    assert taken["at"] - said_at < 1.0
    last = int(taken["answer"].headers["x-last"])
    path = f"/live/{number}/events?after={last}&mark={mark}&pending={pending}"
    assert anna.get(path).status == 204, "nothing new"
    inbox.live.claim(number, "cem", "Cem C.", inbox.clock())
    changed = anna.get(path)
    assert changed.status == 200 and changed.headers["x-mark"] != mark


def test_the_overview_waits_for_changes_too(inbox):
    anna = inbox.client("anna")
    seen = anna.get("/events?seen=0").headers["x-seen"]
    number = inbox.request().number
    answer = anna.get(f"/events?seen={seen}")
    assert f'href="/live/{number}"' in answer.text and "<html" not in answer.text
    assert answer.headers["x-waiting"] == "1"


class Translator:
    def __init__(self):
        self.asked = []

    def translate(self, text, source, target):
        self.asked.append((text, source, target))
        return "Hallo, <b>ich</b> brauche Hilfe" if text == ARABIC else None


def test_machine_translation_only_where_it_is_configured(tmp_path, inbox):
    number = inbox.request().number
    said = inbox.live.say("c1", "person", ARABIC, inbox.clock(), language="ar")
    anna = inbox.client("anna")
    assert "Übersetzung" not in anna.get(f"/live/{number}").text
    assert anna.get(f"/live/{number}/translation/{said.id}").status == 404

    folder = tmp_path / "other"
    translator = Translator()
    with running(Inbox(folder, translator=translator)) as inbox:
        number = inbox.request().number
        arabic = inbox.live.say("c1", "person", ARABIC, inbox.clock())
        german = inbox.live.say("c1", "person", "Guten Tag", inbox.clock(), language="de")
        failing = inbox.live.say("c1", "person", "merhaba", inbox.clock(), language="tr")
        anna = inbox.client("anna")
        page = anna.get(f"/live/{number}").text
        assert page.count("Maschinelle Übersetzung anzeigen") == 2 and not translator.asked
        path = f"/live/{number}/translation"
        assert "brauche Hilfe" in anna.get(f"{path}/{arabic.id}").text
        assert translator.asked == [(ARABIC, "ar", "de")]
        assert anna.get(f"{path}/{german.id}").status == 404
        assert anna.get(f"{path}/{failing.id}").text == '{"text":null}'
        shown = anna.get(f"/live/{number}?translate={arabic.id}").text
        assert "Hallo, &lt;b&gt;ich" in shown
