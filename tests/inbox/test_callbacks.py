"""Callbacks, failed deliveries and accounts in the inbox."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from bot.storage.handovers import OutboxItem
from tests.inbox.serving import PASSWORD

MINE, OTHERS = "L-AAAA-BBBB", "L-CCCC-DDDD"


@pytest.fixture
def callbacks(inbox):
    """Store one callback each of two organizations; both deliveries have failed for good."""
    now = datetime.now(timezone.utc)
    for reference, organization, contact in ((MINE, "org_a", None), (OTHERS, None, "contact_b")):
        callback = inbox.callback(reference, organization, contact_id=contact)
        item = OutboxItem(f"callback:{reference}", reference, "callback", "{}", now.isoformat())
        inbox.handovers.add(callback, [item])
    for item in inbox.handovers.claim_due(now):
        inbox.handovers.failed(item.key, "Der Server sagt nein", now, permanent=True)
    return inbox.handovers


def test_lists_show_own_organizations_without_names(inbox, callbacks):
    anna = inbox.client("anna")
    for path in ("/", "/callbacks"):
        text = anna.get(path).text
        assert MINE in text and OTHERS not in text and "Samira" not in text
        assert "nicht zugestellt" in text
    text = inbox.client("ben").get("/callbacks").text
    assert OTHERS in text and MINE not in text, "by the contact's organization"
    text = inbox.client("adam").get("/callbacks").text
    assert OTHERS in text and MINE in text and "Beispielstelle B (1)" in text


def test_another_organizations_callback_is_closed_to_everything(inbox, callbacks):
    anna = inbox.client("anna")
    assert anna.get(f"/callbacks/{OTHERS}").status == 403
    for action in ("claim", "release", "done", "note"):
        answer = anna.post(f"/callbacks/{OTHERS}/{action}", {"note": "x"})
        assert answer.status == 403 and "Samira" not in answer.text
    assert callbacks.get(OTHERS).claimed_by is None
    assert anna.get("/callbacks/L-9999-9999").status == 404


def test_taking_and_finishing(inbox, callbacks):
    anna, cem, lea = (inbox.client(login) for login in ("anna", "cem", "lea"))
    page = anna.get(f"/callbacks/{MINE}").text
    assert "Samira" in page and "030 23125 111" in page
    assert anna.post(f"/callbacks/{MINE}/claim").status == 303
    assert callbacks.get(MINE).claimed_by == "anna"
    assert cem.post(f"/callbacks/{MINE}/claim").status == 409
    assert cem.post(f"/callbacks/{MINE}/done").status == 403
    assert cem.post(f"/callbacks/{MINE}/release").status == 403
    assert "bei Anna A." in cem.get("/callbacks").text
    assert lea.post(f"/callbacks/{MINE}/release").status == 303
    assert cem.post(f"/callbacks/{MINE}/claim").status == 303
    assert cem.post(f"/callbacks/{MINE}/done").location == "/callbacks?note=callback-done"
    assert callbacks.get(MINE).status == "closed"
    assert MINE not in cem.get("/callbacks").text
    assert MINE in cem.get("/callbacks?status=closed").text


def test_a_note(inbox, callbacks):
    anna = inbox.client("anna")
    hostile = "<b>angerufen</b>, niemand da"
    assert anna.post(f"/callbacks/{MINE}/note", {"note": hostile}).status == 303
    assert callbacks.get(MINE).note == hostile
    assert "<b>angerufen" not in anna.get(f"/callbacks/{MINE}").text
    assert anna.post(f"/callbacks/{MINE}/note", {"note": "x" * 1001}).status == 422
    assert anna.post(f"/callbacks/{MINE}/note", {"note": " "}).status == 303
    assert callbacks.get(MINE).note is None


def test_failed_deliveries_are_for_leads(inbox, callbacks):
    anna, lea = inbox.client("anna"), inbox.client("lea")
    assert "Erneut senden" not in anna.get("/").text
    text = lea.get("/").text
    assert text.count("Erneut senden") == 1 and "Der Server sagt nein" in text
    assert anna.post("/deliveries/retry", {"key": f"callback:{MINE}"}).status == 403
    assert lea.post("/deliveries/retry", {"key": f"callback:{OTHERS}"}).status == 404
    assert lea.post("/deliveries/retry", {"key": f"callback:{MINE}"}).location == "/?note=retry"
    assert [item.reference for item in callbacks.dead()] == [OTHERS]
    assert callbacks.pending() == 1


def test_accounts_are_for_admins(inbox):
    for login in ("anna", "lea"):
        client = inbox.client(login)
        assert client.get("/accounts").status == 403
        assert (
            client.post("/accounts", {"login": "eva", "name": "E", "role": "admin"}).status == 403
        )
    assert inbox.staff.account("eva") is None


def key_of(client, name):
    row = next(
        part
        for part in client.get("/accounts").text.split('<li class="row">')
        if f"<strong>{name}" in part
    )
    return re.search(r"/accounts/([0-9a-f]{16})", row).group(1)


def test_the_life_of_an_account(inbox):
    adam = inbox.client("adam")
    new = {"login": "Eva", "name": "Eva E.", "role": "agent", "organization": ["org_a", "made_up"]}
    answer = adam.post("/accounts", new)
    password = re.search(r"<code>([^<]+)</code>", answer.text).group(1)
    assert inbox.staff.account("eva").organizations == ("org_a",)
    assert adam.post("/accounts", new).status == 422

    eva = inbox.client()
    assert eva.login("eva", password).status == 303
    assert eva.get("/").location == "/password"
    fields = {"old": password, "new": PASSWORD, "again": PASSWORD}
    assert eva.post("/password", fields).status == 303
    eva = inbox.client("eva")
    assert eva.get("/").status == 200

    key = key_of(adam, "Eva E.")
    changed = {"name": "Eva Neu", "role": "lead", "organization": "org_b"}
    assert adam.post(f"/accounts/{key}", changed).status == 303
    assert inbox.staff.account("eva").organizations == ("org_b",)
    assert adam.post(f"/accounts/{key}", {**changed, "role": "boss"}).status == 422

    again = adam.post(f"/accounts/{key}/password")
    assert eva.get("/").status == 303, "her sessions have ended"
    assert inbox.client().login("eva").status == 401
    fresh = re.search(r"<code>([^<]+)</code>", again.text).group(1)
    assert inbox.client().login("eva", fresh).status == 303

    assert adam.post(f"/accounts/{key}/active", {"active": "0"}).status == 303
    assert inbox.client().login("eva", fresh).status == 401
    assert adam.post(f"/accounts/{key}/active", {"active": "1"}).status == 303
    assert inbox.client().login("eva", fresh).status == 303


def test_the_last_admin_cannot_shut_everybody_out(inbox):
    adam = inbox.client("adam")
    key = key_of(adam, "Adam V.")
    assert adam.post(f"/accounts/{key}/active", {"active": "0"}).status == 422
    fields = {"name": "Adam V.", "role": "agent", "organization": "org_a"}
    assert adam.post(f"/accounts/{key}", fields).status == 422
    assert adam.get("/accounts").status == 200
    assert adam.get("/accounts/0123456789abcdef").status == 404
