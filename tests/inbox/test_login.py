"""Who gets in, who stays out, and what every answer carries."""

from __future__ import annotations

import threading

import pytest

from bot.inbox.accounts import AccountError, add_account
from bot.inbox.auth import Throttle
from bot.storage.staff import IDLE_SECONDS, LOCK_SECONDS, SESSION_SECONDS
from tests.inbox.serving import PASSWORD, QUICK, Inbox, running

PAGES = ["/", "/events", "/live/1", "/live/1/events", "/callbacks", "/callbacks/L-1", "/accounts"]


def test_login_gives_a_guarded_cookie_and_the_overview(inbox):
    client = inbox.client()
    client.csrf = client.get("/login").csrf()
    answer = client.post("/login", {"login": " Anna ", "password": PASSWORD})
    assert (answer.status, answer.location) == (303, "/")
    cookie = next(c for c in answer.headers.get_all("set-cookie") if c.startswith("lotse-staff="))
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    page = client.get("/")
    assert page.status == 200 and "Anna A." in page.text
    assert client.cookies["lotse-staff"] not in page.text


def test_behind_https_the_cookies_are_secure(tmp_path):
    with running(Inbox(tmp_path, secure=True)) as inbox:
        client = inbox.client("anna")
        assert set(client.cookies) == {"__Host-lotse-staff"}
        answer = client.get("/login")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("path", PAGES)
def test_without_login_every_page_leads_to_the_login(inbox, path):
    answer = inbox.client().get(path)
    assert (answer.status, answer.location) == (303, "/login")
    assert inbox.client().get(path, X_Requested_With="inbox").status == 401


def test_wrong_passwords_lock_known_and_unknown_logins_alike(inbox):
    told = {}
    for login in ("anna", "nobody"):
        client = inbox.client()
        answers = [client.login(login, "falsches Passwort") for _ in range(6)]
        assert [answer.status for answer in answers] == [401] * 5 + [429]
        told[login] = [answer.text.split("<main")[1].split('name="csrf"')[0] for answer in answers]
    assert told["anna"] == told["nobody"]
    assert inbox.client().login("anna").status == 429, "even the right password has to wait"
    inbox.clock.ahead = LOCK_SECONDS + 1
    assert inbox.client().login("anna").status == 303


def test_nobody_takes_as_long_as_somebody(monkeypatch):
    checked = []
    monkeypatch.setattr(
        type(QUICK._hasher), "verify", lambda self, stored, password: checked.append(stored)
    )
    QUICK.matches(None, "x")
    QUICK.matches("stored", "x")
    assert checked == [QUICK._nobody, "stored"]


def test_one_address_cannot_try_many_names():
    throttle = Throttle(3, 60.0)
    assert [throttle.allows("a", 100.0 + i) for i in range(4)] == [True, True, True, False]
    assert throttle.allows("b", 103.0)
    assert throttle.allows("a", 161.0)


@pytest.mark.parametrize("fields", [{}, {"csrf": "wrong"}, {"csrf": "ü"}])
def test_a_form_without_the_right_token_is_refused(inbox, fields):
    client = inbox.client("anna")
    number = inbox.request().number
    for path in (f"/live/{number}/claim", "/logout", "/password", "/callbacks/L-1/done"):
        assert client.post(path, fields, csrf=False).status == 403
    assert inbox.live.get(number).status == "waiting"
    other = inbox.client()
    other.get("/login")
    answer = other.post("/login", {"login": "anna", "password": PASSWORD, **fields}, csrf=False)
    assert answer.status == 403 and "lotse-staff" not in other.cookies


def test_the_token_of_another_session_does_not_fit(inbox):
    anna, cem = inbox.client("anna"), inbox.client("cem")
    number = inbox.request().number
    anna.csrf = cem.csrf
    assert anna.post(f"/live/{number}/claim").status == 403


def test_a_foreign_origin_is_refused(inbox):
    client = inbox.client("anna")
    number = inbox.request().number
    for origin in ("https://example.org", "null"):
        answer = client.post(f"/live/{number}/claim", headers={"Origin": origin})
        assert answer.status == 403
    own = {"Origin": f"http://127.0.0.1:{inbox.port}"}
    assert client.post(f"/live/{number}/claim", headers=own).status == 303


def test_only_forms_of_a_sensible_size(inbox):
    client = inbox.client("anna")
    number = inbox.request().number
    path = f"/live/{number}/reply"
    assert client.post(path, {"text": "x" * 40_000}).status == 413
    assert client.send("POST", path, b"{}", {"Content-Type": "application/json"}).status == 415
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.send("POST", path, b"a=%FF&b=\xff", form).status == 400
    assert client.send("POST", path, b"&".join(b"a=1" for _ in range(900)), form).status == 400


def test_sessions_end_by_idling_by_age_and_by_logout(inbox):
    client = inbox.client("anna")
    inbox.clock.ahead = IDLE_SECONDS - 10
    assert client.get("/").status == 200
    inbox.clock.ahead += IDLE_SECONDS - 10
    assert client.get("/").status == 200, "the page before was activity"
    inbox.clock.ahead += IDLE_SECONDS + 1
    assert client.get("/").status == 303
    client = inbox.client("anna")
    for _ in range(int(SESSION_SECONDS // 1200)):
        inbox.clock.ahead += 1200
        client.get("/")
    assert client.get("/").status == 303
    client = inbox.client("anna")
    kept = dict(client.cookies)
    assert client.post("/logout").location == "/login?note=logout"
    assert "lotse-staff" not in client.cookies
    client.cookies = kept
    assert client.get("/").status == 303
    assert not inbox.live.staff_online("org_a", inbox.clock())


def test_polling_alone_does_not_keep_a_session_alive(inbox):
    client = inbox.client("anna")

    def poll(active):
        return client.get("/events?seen=0", X_Requested_With="inbox", X_Active=active).status

    inbox.clock.ahead += IDLE_SECONDS - 60
    assert poll("1") == 200
    inbox.clock.ahead += IDLE_SECONDS - 60
    assert poll("0") == 200
    inbox.clock.ahead += 120
    assert poll("0") == 401


def test_each_login_gets_a_new_token_and_ends_the_old_session(inbox):
    client = inbox.client("anna")
    old = client.cookies["lotse-staff"]
    client.login("anna")
    assert client.cookies["lotse-staff"] != old
    client.cookies["lotse-staff"] = old
    assert client.get("/").status == 303


def test_headers_on_every_kind_of_answer(inbox):
    client = inbox.client("anna")
    for path in ("/", "/login", "/nowhere", "/accounts", "/static/inbox.css", "/health"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        kept = "no-cache" if path.startswith("/static") else "no-store"
        assert headers["cache-control"] == kept
        assert "server" not in headers
    assert "content-security-policy" in client.post("/live/1/reply", {"text": "x" * 40_000}).headers


def test_no_open_redirects(inbox):
    client = inbox.client()
    client.csrf = client.get("/login?next=https://example.org").csrf()
    fields = {"login": "anna", "password": PASSWORD, "next": "https://example.org"}
    assert client.post("/login?next=//example.org", fields).location == "/"
    assert client.get("//example.org/..").status in (303, 404)


def test_the_note_after_a_redirect_cannot_be_chosen(inbox):
    client = inbox.client("anna")
    assert "Das Gespräch ist beendet." in client.get("/?note=closed").text
    assert "boese" not in client.get("/?note=boese").text


def test_ones_own_password(inbox):
    client = inbox.client("anna")
    new = "noch ein Testwort 8"

    def change(old, new, again):
        return client.post("/password", {"old": old, "new": new, "again": again})

    assert change(PASSWORD, new, "anders").status == 422
    assert change(PASSWORD, "kurz", "kurz").status == 422
    assert change(PASSWORD, "anna ist lang genug", "anna ist lang genug").status == 422
    assert change("falsch", new, new).status == 422
    assert change(PASSWORD, new, new).status == 303
    assert client.get("/").status == 303
    assert inbox.client().login("anna").status == 401
    assert inbox.client().login("anna", new).status == 303


def test_staff_are_present_with_their_organizations(inbox):
    assert not inbox.live.staff_online("org_a", inbox.clock())
    inbox.client("anna").get("/")
    assert inbox.live.staff_online("org_a", inbox.clock())
    assert not inbox.live.staff_online("org_b", inbox.clock())
    assert not inbox.live.staff_online("org_a", inbox.clock() + 91)


def test_the_first_account_from_the_command_line(inbox):
    password = add_account(inbox.staff, "Eva", "Eva E.", None, "lead", ["org_a"], QUICK)
    client = inbox.client()
    assert client.login("eva", password).status == 303
    assert client.get("/").location == "/password"
    assert not inbox.live.staff_online("org_a", inbox.clock())
    for wrong in (
        ("eva", "Eva", None, "lead", ["org_a"]),
        ("a b", "Eva", None, "lead", ["org_a"]),
        ("eve", "", None, "lead", ["org_a"]),
        ("eve", "Eva", "kurz", "lead", ["org_a"]),
        ("eve", "Eva", None, "boss", ["org_a"]),
        ("eve", "Eva", None, "lead", []),
    ):
        with pytest.raises(AccountError):
            add_account(inbox.staff, *wrong, QUICK)


def test_many_wrong_logins_at_once_are_all_counted(inbox):
    statuses = []
    clients = [inbox.client() for _ in range(12)]

    def attempt(client):
        statuses.append(client.login("anna", "falsches Passwort").status)

    threads = [threading.Thread(target=attempt, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 5 + [429] * 7
