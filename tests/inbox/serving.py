"""The real inbox, run by uvicorn in a thread, and a small client made of the standard library."""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from contextlib import contextmanager
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import uvicorn
from argon2 import PasswordHasher

from bot.inbox.accounts import add_account
from bot.inbox.app import create_app
from bot.inbox.deps import Deps
from bot.inbox.passwords import Passwords
from bot.storage.handovers import OPEN, Callback, HandoverStore
from bot.storage.live import LiveStore
from bot.storage.staff import StaffStore

PASSWORD = "ein langes Testwort 7"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
ARABIC = "مرحبا، أحتاج إلى مساعدة في السكن"


class Names:
    """Names of two invented organizations."""

    def organizations(self):
        return {"org_a": "Beispielstelle A", "org_b": "Beispielstelle B"}

    def organization(self, key):
        return self.organizations().get(key, "Ohne Zuordnung")

    def need(self, key):
        return {"housing": "Wohnen", None: "nicht angegeben"}.get(key, key)

    def municipality(self, key):
        return {"olfen": "Olfen", None: "nicht angegeben"}.get(key, key)

    def contact(self, key):
        return key or "nicht angegeben"

    def language(self, code):
        return {"ar": "Arabisch", "de": "Deutsch"}.get(code, code)

    def organization_of_contact(self, key):
        return "org_b" if key == "contact_b" else None


class Clock:
    """The time, which tests may put forward."""

    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return time.time() + self.ahead


class Inbox:
    """A running inbox with its stores and four accounts."""

    def __init__(self, folder, **more):
        self.clock = Clock()
        self.live = LiveStore(folder / "live.sqlite")
        self.staff = StaffStore(folder / "staff.sqlite")
        self.handovers = HandoverStore(folder / "handovers.sqlite")
        for login, name, role, organizations in (
            ("anna", "Anna A.", "agent", ("org_a",)),
            ("ben", "Ben B.", "agent", ("org_b",)),
            ("cem", "Cem C.", "agent", ("org_a",)),
            ("lea", "Lea L.", "lead", ("org_a",)),
            ("adam", "Adam V.", "admin", ()),
        ):
            add_account(self.staff, login, name, PASSWORD, role, organizations, QUICK)
        more.setdefault("poll_seconds", 2.0)
        self.deps = Deps(
            self.live,
            self.staff,
            self.handovers,
            Names(),
            clock=self.clock,
            passwords=QUICK,
            **more,
        )
        self.port = 0

    def request(self, conversation="c1", organization="org_a", summary="Eine Frau sucht Wohnung."):
        return self.live.request(
            conversation,
            "ar",
            "olfen",
            "housing",
            None,
            organization,
            "web",
            summary,
            self.clock(),
        )

    def callback(self, reference="L-AAAA-BBBB", organization="org_a", **more):
        values = {
            "reference": reference,
            "conversation": "c1",
            "created_at": "2026-11-20T10:00:00+00:00",
            "delete_after": "2099-01-01T10:00:00+00:00",
            "status": OPEN,
            "contact_id": None,
            "language": "ar",
            "municipality": "olfen",
            "need": "housing",
            "name": "Samira",
            "reach": "030 23125 111",
            "when_to_call": "vormittags",
            "note": None,
            "summary": "Bitte um Rückruf.",
            "organization": organization,
        }
        return Callback(**{**values, **more})

    def client(self, login=None):
        client = Client(self.port)
        if login:
            answer = client.login(login)
            assert answer.status == 303, answer.text
        return client


@contextmanager
def running(inbox):
    """Serve an inbox on a free port."""
    config = uvicorn.Config(
        create_app(inbox.deps),
        port=0,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    inbox.port = server.servers[0].sockets[0].getsockname()[1]
    yield inbox
    server.should_exit = True
    thread.join(5)


class Answer:
    """An answer of the server."""

    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.text = answer.read().decode()

    @property
    def location(self):
        return self.headers.get("location")

    def csrf(self):
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found, self.text
        return html.unescape(found.group(1))


class Client:
    """One browser: keeps cookies and the CSRF token, follows nothing."""

    def __init__(self, port):
        self.port = port
        self.cookies = {}
        self.csrf = ""

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = dict(headers or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        connection.request(method, path, body, headers)
        answer = Answer(connection.getresponse())
        for line in answer.headers.get_all("set-cookie", []):
            for name, cookie in SimpleCookie(line).items():
                if cookie.value and cookie["max-age"] != "0":
                    self.cookies[name] = cookie.value
                else:
                    self.cookies.pop(name, None)
        connection.close()
        return answer

    def get(self, path, **headers):
        return self.send("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path, fields=None, csrf=True, headers=None):
        pairs = list((fields or {}).items())
        if csrf:
            pairs.append(("csrf", self.csrf))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(pairs, doseq=True), {**kind, **(headers or {})})

    def login(self, login, password=PASSWORD):
        self.csrf = self.get("/login").csrf()
        answer = self.post("/login", {"login": login, "password": password})
        if answer.status == 303:
            self.csrf = self.get("/password").csrf()
        return answer
