"""All servers, really running, on ports and data of their own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request

import pytest

from bot import launch
from bot.settings import Settings


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Assistant:
    """The running assistant as a test sees it."""

    def __init__(self, settings, servers):
        self.settings, self.servers = settings, servers
        self.base = f"http://127.0.0.1:{settings.port}"
        self.chat = f"{self.base}/webhooks/chat"

    def call(self, method, path, body=None, token=None, raw=None, headers=None):
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.chat + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def start(self):
        for server in self.servers:
            server.start()
        for server in self.servers:
            self.wait_for(server)

    def wait_for(self, server, seconds=90):
        until = time.monotonic() + seconds
        while not server.ready():
            assert server.running() and time.monotonic() < until, server.log.read_text()[-3000:]
            time.sleep(0.2)


class Conversation:
    """One person's chat."""

    def __init__(self, assistant, language=None):
        self.assistant = assistant
        status, body = assistant.call("POST", "/session", {"lang": language} if language else {})
        assert status == 200
        self.token, self.greeting = body["token"], body["messages"]
        self.last = body["messages"]

    def say(self, text):
        return self._send({"text": text})

    def press(self, payload):
        return self._send({"payload": payload})

    def press_button(self, part):
        buttons = [b for m in self.last for b in m.get("buttons", ())]
        found = [b for b in buttons if part in b["title"] or part in b["payload"]]
        assert found, f"no button {part!r} among {[b['title'] for b in buttons]}"
        return self.press(found[0]["payload"])

    def _send(self, body):
        status, answer = self.assistant.call("POST", "/message", body, self.token)
        assert status == 200, answer
        self.last = answer["messages"]
        return self.last


def text_of(messages):
    return "\n".join(m["text"] for m in messages)


def cards(messages, kind):
    return [item for m in messages if m["type"] == kind for item in m["items"]]


@pytest.fixture(scope="session")
def assistant(tmp_path_factory):
    """Start the assistant once for all conversation tests."""
    built = Settings.from_environment({})
    launch.prepare(built)
    var = tmp_path_factory.mktemp("var")
    (var / "log").mkdir()
    shutil.copy(built.catalogue, var / "catalogue.sqlite")
    shutil.copytree(built.classifiers, var / "classifiers")
    environment = {
        "LOTSE_VAR": str(var),
        "LOTSE_PORT": str(free_port()),
        "LOTSE_ACTIONS_PORT": str(free_port()),
        "LOTSE_MESSAGES_PER_MINUTE": "10000",
        "LOTSE_SESSIONS_PER_MINUTE": "10000",
        "LOTSE_INBOX_PORT": str(free_port()),
    }
    os.environ.update(environment)  # the servers inherit it
    settings = Settings.from_environment()
    servers = [
        launch.action_server(settings),
        launch.conversation_server(settings),
        launch.staff_server(settings),
    ]
    running = Assistant(settings, servers)
    try:
        running.start()
        yield running
    finally:
        for server in reversed(servers):
            server.stop()
        for name in environment:
            os.environ.pop(name, None)


@pytest.fixture
def chat(assistant):
    """Return a function that opens a new conversation."""
    return lambda language=None: Conversation(assistant, language)
