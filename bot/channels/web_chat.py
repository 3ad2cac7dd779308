"""The web chat: session, message, history, delete, and the page itself.

A session's token is 256 random bits; the server keeps its hash only, which is also the
conversation's id in Rasa. So nobody who reads the database can speak in a conversation.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import secrets
import time
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, Optional

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import BotUttered
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import bootstrap
from bot.channels import gate
from bot.channels.gate import Conversation, Conversations
from bot.dialogue import patches
from bot.languages import LANGUAGES, is_language
from bot.messages import Message, button, text_message
from bot.safety.helplines import SWITCHBOARD

logger = logging.getLogger(__name__)
_WEB = Path(__file__).resolve().parent.parent / "web"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
_TOKEN = re.compile(r"^Bearer ([A-Za-z0-9_-]{43})$")
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LARGEST_BODY = 16_384
_EXPIRY_PAUSE_SECONDS = 300

Handler = Callable[[UserMessage], Awaitable[Any]]


class MessageCollector(CollectingOutputChannel):
    """Collects the messages of one turn."""

    @classmethod
    def name(cls) -> str:
        """Name the channel in the tracker."""
        return "chat"

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Take the messages of a response as they are."""
        custom = message.get("custom") or {}
        if isinstance(custom.get("messages"), list):
            self.messages.extend(custom["messages"])
        elif message.get("text"):
            self.messages.append({"type": "text", "text": message["text"]})


class WebChat(InputChannel):
    """The channel of the page. Importing it makes Rasa fast: channels load before the model."""

    def __init__(self) -> None:
        """Open the store and load the texts."""
        patches.apply()
        self._settings = bootstrap.settings()
        self._store = bootstrap.conversation_store()
        self._texts = bootstrap.texts()
        self._number = bootstrap.helplines()[SWITCHBOARD].number
        self._memories = Conversations()
        self._assets = _read_assets()

    @classmethod
    def name(cls) -> str:
        """Name the channel."""
        return "chat"

    def url_prefix(self) -> str:
        """Mount at the root: the page stands at /chat, the interface under /webhooks/chat."""
        return "/"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("lotse_chat", type(self).__name__)
        chat = "/webhooks/chat"

        @routes.get("/chat", name="page")
        async def page(request: Request) -> HTTPResponse:
            return _asset_response(self._assets["chat.html"], "no-cache")

        @routes.get("/chat/assets/<name>", name="asset")
        async def asset(request: Request, name: str) -> HTTPResponse:
            found = self._assets.get(name) if name != "chat.html" else None
            if found is None:
                return _problem(404, "not found")
            return _asset_response(found, "public, max-age=300")

        @routes.get(f"{chat}/", name="health")
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return _problem(503, "no model is loaded")
            return response.json({"status": "ok"})

        @routes.post(f"{chat}/session", name="open")
        async def open_session(request: Request) -> HTTPResponse:
            return self._open(request)

        @routes.delete(f"{chat}/session", name="close")
        async def close_session(request: Request) -> HTTPResponse:
            return self._close(request)

        @routes.get(f"{chat}/history", name="history")
        async def history(request: Request) -> HTTPResponse:
            return self._history(request)

        @routes.post(f"{chat}/message", name="message")
        async def message(request: Request) -> HTTPResponse:
            return await self._receive(request, on_new_message)

        @routes.listener("after_server_start")
        async def start_expiry(app: Any, loop: Any) -> None:
            self._expiry = asyncio.ensure_future(self._expire_forever(app))

        @routes.listener("before_server_stop")
        async def stop_expiry(app: Any, loop: Any) -> None:
            self._expiry.cancel()

        return routes

    # Sessions ------------------------------------------------------------------------------

    def _open(self, request: Request) -> HTTPResponse:
        """Open a session; the first messages say that this is a machine and where data goes."""
        body, problem = _body(request)
        if problem is not None:
            return problem
        wanted = body.get("lang")
        language = wanted if is_language(wanted) else LANGUAGES[0]
        token = secrets.token_urlsafe(32)
        conversation = conversation_of(token)
        self._store.open_session(conversation, time.time(), wanted if wanted == language else None)
        messages = self._greeting(language)
        memory = self._memories.keep(conversation, Conversation())
        memory.learn(messages)
        memory.language = wanted if is_language(wanted) else None
        return response.json(
            {
                "token": token,
                "messages": _sent(messages, 0),
                "session": {"expires_in": int(self._settings.session_hours * 3600)},
            }
        )

    def _close(self, request: Request) -> HTTPResponse:
        """Delete a session with everything that belongs to it."""
        conversation = self._conversation(request)
        if conversation is None:
            return _problem(401, "no such session")
        self._erase(request, conversation)
        bootstrap.handover_store().erase_conversation(conversation)
        return response.json({"deleted": True})

    def _history(self, request: Request) -> HTTPResponse:
        """Return the messages of a session after a number, in the order they were shown."""
        conversation = self._conversation(request)
        if conversation is None:
            return _problem(401, "no such session")
        after = request.args.get("after", "0")
        if not after.isdigit() or len(after) > 9:
            return _problem(400, "after: expected a number")
        session = self._store.session(conversation)
        language = session.language if session else None
        messages = _sent(self._greeting(language or LANGUAGES[0]), 0)
        messages += _replayed(self._store.events(conversation), len(messages))
        return response.json({"messages": [m for m in messages if m["id"] > int(after)]})

    # Messages ------------------------------------------------------------------------------

    async def _receive(self, request: Request, on_new_message: Handler) -> HTTPResponse:
        """Take one message and answer with the replies to it."""
        conversation = self._conversation(request)
        if conversation is None:
            return _problem(401, "no such session")
        body, problem = _body(request)
        if problem is not None:
            return problem
        memory = self._memory(conversation)
        language = memory.language or LANGUAGES[0]
        text, problem = self._text_of(body, memory, language)
        if problem is not None:
            return problem
        if gate.too_fast(memory, self._settings.messages_per_minute):
            return self._notice(429, "error.too_many", language)
        collector = MessageCollector()
        metadata = {"language": memory.language, "expects": memory.expects}
        message = UserMessage(
            text, collector, conversation, input_channel=self.name(), metadata=metadata
        )
        await on_new_message(message)
        replies: List[Message] = collector.messages
        if not replies:
            replies = [self._down(language)]
            self._note_down(conversation, replies)
        number = memory.shown + 1  # the person's own message has a number too
        memory.shown = number
        memory.learn(replies)
        self._store.touch(conversation, time.time(), memory.language)
        if any(reply.get("state") == "deleted" for reply in replies):
            self._erase(request, conversation)
        return response.json({"messages": _sent(replies, number)})

    def _text_of(
        self, body: Dict[str, Any], memory: Conversation, language: str
    ) -> tuple[str, Optional[HTTPResponse]]:
        """Return the text for Rasa, or what is wrong with the message."""
        payload, text = body.get("payload"), body.get("text")
        if isinstance(payload, str):
            if not gate.allowed(payload, memory):
                return "", _problem(400, "payload: expected one that was offered")
            return payload, None
        if not isinstance(text, str):
            return "", _problem(400, "expected text or payload")
        if len(text) > gate.LONGEST_MESSAGE:
            return "", self._notice(413, "error.too_long", language, limit=gate.LONGEST_MESSAGE)
        # An empty message still gets an answer: the notice for what cannot be read.
        return gate.typed(text) or "…", None

    def _memory(self, conversation: str) -> Conversation:
        """Return what is remembered; after a restart it is read back from the events."""
        memory = self._memories.get(conversation)
        if memory is not None:
            return memory
        session = self._store.session(conversation)
        memory = Conversation(language=session.language if session else None)
        memory.learn(self._greeting(memory.language or LANGUAGES[0]))
        for data in self._store.events(conversation):
            event = json.loads(data)
            if event.get("event") == "bot":
                memory.learn(gate.sent_messages(event))
            elif event.get("event") == "user" and event.get("text"):
                memory.shown += 1
        memory.language = session.language if session else None
        return self._memories.keep(conversation, memory)

    def _note_down(self, conversation: str, messages: List[Message]) -> None:
        """Keep the notice in the history, so that it is still there after a reload."""
        event = BotUttered(data={"custom": {"messages": messages}})
        data = json.dumps(event.as_dict(), ensure_ascii=False)
        self._store.append(conversation, [(event.timestamp, data)])

    # Parts ---------------------------------------------------------------------------------

    def _greeting(self, language: str) -> List[Message]:
        """Return the first messages: who this is, that it is a machine, where data goes."""
        hours = f"{self._settings.session_hours:g}"
        messages = [text_message(self._texts.say("session.greeting", language), language)]
        for key in ("session.machine", "session.data"):
            text = self._texts.say(key, language, switchboard=self._number, hours=hours)
            messages.append(text_message(text, language, "notice"))
        messages.append(text_message(self._texts.say("session.invite", language), language))
        return messages

    def _down(self, language: str) -> Message:
        """Return the notice for a turn that got no answer."""
        text = self._texts.say("error.actions_down", language, switchboard=self._number)
        message = text_message(text, language, "notice")
        title = self._texts.say("button.human", language)
        return {**message, "buttons": [button(title, "request_human", language)]}

    def _notice(self, status: int, key: str, language: str, **values: Any) -> HTTPResponse:
        """Return an error that the page can show as it is."""
        text = self._texts.say(key, language, **values)
        body = {"error": text, "messages": [text_message(text, language, "notice")]}
        return response.json(body, status=status)

    def _conversation(self, request: Request) -> Optional[str]:
        """Return the conversation of a request's token; ``None`` for a wrong or old one."""
        found = _TOKEN.match(request.headers.get("authorization") or "")
        if found is None:
            return None
        conversation = conversation_of(found.group(1))
        session = self._store.session(conversation)
        if session is None:
            return None
        if session.seen_at < time.time() - self._settings.session_hours * 3600:
            self._erase(request, conversation)
            return None
        return conversation

    def _erase(self, request: Request, conversation: str) -> None:
        """Delete a conversation from memory and disk."""
        self._memories.forget(conversation)
        tracker_store = getattr(request.app.ctx.agent, "tracker_store", None)
        forget = getattr(tracker_store, "forget", None)
        if forget is not None:
            forget(conversation)
        self._store.delete(conversation)

    # Expiry --------------------------------------------------------------------------------

    async def _expire_forever(self, app: Any) -> None:
        """Delete conversations that were not used for the set time, every few minutes."""
        while True:
            before = time.time() - self._settings.session_hours * 3600
            for conversation in self._store.expire(before):
                self._memories.forget(conversation)
                tracker_store = getattr(getattr(app.ctx, "agent", None), "tracker_store", None)
                if tracker_store is not None:
                    tracker_store.forget(conversation)
            await asyncio.sleep(_EXPIRY_PAUSE_SECONDS)


def conversation_of(token: str) -> str:
    """Return the conversation's id for a token: its SHA-256, so that the token is not stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def _body(request: Request) -> tuple[Dict[str, Any], Optional[HTTPResponse]]:
    """Return the JSON object of a request, or what is wrong with it."""
    if len(request.body) > _LARGEST_BODY:
        return {}, _problem(413, f"body: expected at most {_LARGEST_BODY} bytes")
    if not request.body:
        return {}, None
    if not (request.headers.get("content-type") or "").startswith("application/json"):
        return {}, _problem(415, "content-type: expected application/json")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}, _problem(400, "body: expected JSON")
    if not isinstance(body, dict):
        return {}, _problem(400, "body: expected a JSON object")
    return body, None


def _sent(messages: List[Message], after: int) -> List[Message]:
    """Return messages in the form that the page expects, numbered from ``after`` + 1."""
    now = time.time()
    return [
        {"from": "bot", **message, "id": after + i, "ts": message.get("ts") or now, "v": 1}
        for i, message in enumerate(messages, start=1)
    ]


def _replayed(events: List[str], after: int) -> List[Message]:
    """Return what was said in a conversation, from its events."""
    messages: List[Message] = []
    for data in events:
        event = json.loads(data)
        if event.get("event") == "user" and event.get("text"):
            messages.append({"from": "user", "type": "text", "text": event["text"]})
        elif event.get("event") == "bot":
            messages.extend(gate.sent_messages(event))
        else:
            continue
        messages[-1] = {**messages[-1], "ts": event.get("timestamp")}
    return _sent(messages, after)


def _read_assets() -> Dict[str, tuple[str, bytes]]:
    """Return the page's files: name -> (content type, bytes). Nothing else can be asked for."""
    return {
        path.name: (_TYPES[path.suffix], path.read_bytes())
        for path in sorted(_WEB.iterdir())
        if path.suffix in _TYPES
    }


def _asset_response(asset: tuple[str, bytes], cache: str) -> HTTPResponse:
    content_type, body = asset
    headers = {**_SECURITY, "Cache-Control": cache}
    return response.raw(body, content_type=content_type, headers=headers)


def _problem(status: int, error: str) -> HTTPResponse:
    return response.json({"error": error}, status=status, headers=_SECURITY)
