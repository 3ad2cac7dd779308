"""Zammad, Chatwoot and LibreTranslate as far as we use them, on the loopback address.

They follow the documented interfaces: paths, headers, fields, what is refused and how.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-for-the-test"


class Desk:
    """What all servers share. ``faults`` are used up one by one, each for a method and a path.

    A fault is a status, a (status, headers) pair, ``lost`` (done, but the answer never arrives),
    ``cut`` (nothing done, no answer) or ``garbage``.
    """

    def __init__(self):
        self.faults = []
        self.calls = []

    def fault(self, method, path):
        for number, (wanted, pattern, fault) in enumerate(self.faults):
            if wanted == method and re.fullmatch(pattern, path):
                del self.faults[number]
                return fault
        return None


class Zammad(Desk):
    def __init__(self):
        super().__init__()
        self.tickets = []

    def allowed(self, headers):
        return headers["Authorization"] == f"Token token={TOKEN}"

    def answer(self, method, path, query, body):
        if (method, path) == ("GET", "/api/v1/users/me"):
            return 200, {"id": 3, "login": "lotse"}
        if (method, path) == ("GET", "/api/v1/tickets/search"):
            assert query["expand"] == "true"
            # The search is a full text search: it also finds what only looks like it.
            parts = query["query"].lower().split("-")
            hits = [t for t in self.tickets if any(part in t["title"].lower() for part in parts)]
            return 200, hits[: int(query["limit"])]
        if (method, path) == ("POST", "/api/v1/tickets"):
            if not {"title", "group", "customer_id", "article"} <= set(body):
                return 422, {"error": "missing"}
            if body["group"] != "Lotse":
                return 422, {"error": "No lookup value found for 'group': " + repr(body)}
            ticket = {"id": 100 + len(self.tickets), **body}
            self.tickets.append(ticket)
            return 201, ticket
        return 404, {}


class Chatwoot(Desk):
    def __init__(self):
        super().__init__()
        self.contacts = []
        self.conversations = []
        self.messages = {}

    def allowed(self, headers):
        return headers["api_access_token"] == TOKEN

    def answer(self, method, path, query, body):
        prefix = "/api/v1/accounts/1"
        if not path.startswith(prefix + "/"):
            return 404, {}
        path = path[len(prefix) :]
        if (method, path) == ("GET", "/contacts/search"):
            return 200, {"payload": [c for c in self.contacts if query["q"] in c["identifier"]]}
        if (method, path) == ("POST", "/contacts"):
            if any(c["identifier"] == body["identifier"] for c in self.contacts):
                return 422, {"message": "Identifier has already been taken"}
            contact = {"id": 10 + len(self.contacts), **body}
            self.contacts.append(contact)
            return 200, {"payload": {"contact": contact, "contact_inbox": {"source_id": "s"}}}
        if (method, path) == ("POST", "/conversations"):
            conversation = {"id": 50 + len(self.conversations), **body}
            self.conversations.append(conversation)
            self.messages[conversation["id"]] = []
            return 200, conversation
        if found := re.fullmatch(r"/contacts/(\d+)/conversations", path):
            contact = int(found[1])
            return 200, {"payload": [c for c in self.conversations if c["contact_id"] == contact]}
        if found := re.fullmatch(r"/conversations/(\d+)/messages", path):
            messages = self.messages[int(found[1])]
            if method == "GET":
                return 200, {"meta": {}, "payload": messages}
            messages.append({"id": 900 + len(messages), **body})
            return 200, messages[-1]
        return 404, {}


class Translate(Desk):
    def allowed(self, headers):
        return True

    def answer(self, method, path, query, body):
        if (method, path) != ("POST", "/translate"):
            return 404, {}
        if body.get("api_key") != TOKEN:
            return 403, {"error": "Invalid API key"}
        if body["source"] not in ("ar", "auto") or body["target"] != "de":
            return 400, {"error": "not supported"}
        return 200, {"translatedText": f"auf Deutsch: {body['q']}"}


@contextmanager
def running(desk):
    """Run a server for a desk; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self):
            address = urlsplit(self.path)
            length = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            desk.calls.append((self.command, address.path, body))
            fault = desk.fault(self.command, address.path)
            if fault == "cut":
                return self.close()
            if fault == "garbage":
                return self.send(200, None, b"<html>maintenance</html>")
            if isinstance(fault, int):
                return self.send(fault, {"error": f"fault, and your data: {body}"})
            if isinstance(fault, tuple):
                return self.send(fault[0], {"error": "fault"}, headers=fault[1])
            if not desk.allowed(self.headers):
                return self.send(401, {"error": "Invalid token"})
            status, answer = desk.answer(self.command, address.path, query, body)
            return self.close() if fault == "lost" else self.send(status, answer)

        do_GET = do_POST = handle_any

        def send(self, status, answer, raw=None, headers=None):
            content = raw if raw is not None else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def close(self):
            self.close_connection = True

        def log_message(self, *arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
