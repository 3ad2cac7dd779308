"""The web chat: session, message, history, events, delete, and the page itself.

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
import sqlite3
import time
from typing import Any, Awaitable, Callable, Dict, List, Optional

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import BotUttered
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import bootstrap
from bot.channels import gate
from bot.channels.gate import Conversation, Conversations
from bot.channels.limits import AddressLimit, client_address
from bot.channels.pages import answer, asset_response, problem, read_assets
from bot.channels.takeover import LEAVE, Takeover, last_state
from bot.dialogue import patches
from bot.languages import LANGUAGES, is_language
from bot.messages import Message, button, text_message
from bot.safety.helplines import SWITCHBOARD

logger = logging.getLogger(__name__)
_TOKEN = re.compile(r"^Bearer ([A-Za-z0-9_-]{43})$")
_LARGEST_BODY = 16_384
_EXPIRY_PAUSE_SECONDS = 300
# How often the staff's side is looked at, and how long an idle stream stays silent.
_WATCH_SECONDS = 0.1
_HEARTBEAT_SECONDS = 15.0
# Families, schools and shelters share one address; a single device asks far less.
_MESSAGES_PER_ADDRESS = 10
_STREAMS_PER_CONVERSATION = 3

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
        self._assets = read_assets()
        self._sessions_limit = AddressLimit(self._settings.sessions_per_minute)
        self._messages_limit = AddressLimit(
            self._settings.messages_per_minute * _MESSAGES_PER_ADDRESS
        )
        self._takeover = Takeover(
            bootstrap.live_store(),
            self.name(),
            self._texts,
            bootstrap.helplines(),
            bootstrap.crisis_detector(),
        )
        self._streams: Dict[str, List[asyncio.Event]] = {}

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
        self._add_pages(routes)
        self._add_tasks(routes)
        self._add_events(routes, chat)

        @routes.get(f"{chat}/", name="health")
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return problem(503, "no model is loaded")
            return answer({"status": "ok"})

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

        return routes

    def _add_pages(self, routes: Blueprint) -> None:
        """Add the page and its files."""

        @routes.get("/chat", name="page")
        async def page(request: Request) -> HTTPResponse:
            return asset_response(self._assets["chat.html"], "no-cache")

        @routes.get("/chat/assets/<name>", name="asset")
        async def asset(request: Request, name: str) -> HTTPResponse:
            found = self._assets.get(name) if name != "chat.html" else None
            if found is None:
                return problem(404, "not found")
            return asset_response(found, "public, max-age=300")

    def _add_events(self, routes: Blueprint, chat: str) -> None:
        """Add the stream of what staff write."""

        @routes.get(f"{chat}/events", name="events")
        async def events(request: Request) -> Optional[HTTPResponse]:
            return await self._events(request)

    def _add_tasks(self, routes: Blueprint) -> None:
        """Add what runs beside the requests: expiry, and the watch over the staff's side."""

        @routes.listener("after_server_start")
        async def start_expiry(app: Any, loop: Any) -> None:
            self._expiry = asyncio.ensure_future(self._expire_forever(app))
            self._watch = asyncio.ensure_future(self._watch_forever())

        @routes.listener("before_server_stop")
        async def stop_expiry(app: Any, loop: Any) -> None:
            self._expiry.cancel()
            self._watch.cancel()

    # Sessions ------------------------------------------------------------------------------

    def _open(self, request: Request) -> HTTPResponse:
        """Open a session; the first messages say that this is a machine and where data goes."""
        body, wrong = _body(request)
        if wrong is not None:
            return wrong
        if not self._sessions_limit.passes(self._address(request)):
            return self._notice(429, "error.too_many", LANGUAGES[0])
        wanted = body.get("lang")
        language = wanted if is_language(wanted) else LANGUAGES[0]
        token = secrets.token_urlsafe(32)
        conversation = conversation_of(token)
        self._store.open_session(conversation, time.time(), wanted if wanted == language else None)
        messages = self._greeting(language)
        memory = self._memories.keep(conversation, Conversation())
        memory.learn(messages)
        memory.language = wanted if is_language(wanted) else None
        return answer(
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
            return problem(401, "no such session")
        self._erase(request, conversation)
        bootstrap.handover_store().erase_conversation(conversation)
        return answer({"deleted": True})

    def _history(self, request: Request) -> HTTPResponse:
        """Return the messages of a session after a number, in the order they were shown."""
        conversation = self._conversation(request)
        if conversation is None:
            return problem(401, "no such session")
        after = _after(request)
        if after is None:
            return problem(400, "after: expected a number")
        return answer({"messages": self._messages(conversation, after)})

    def _messages(self, conversation: str, after: int) -> List[Message]:
        """Return what was said in a conversation after a number."""
        session = self._store.session(conversation)
        language = session.language if session else None
        messages = _sent(self._greeting(language or LANGUAGES[0]), 0)
        messages += _replayed(self._store.events(conversation), len(messages))
        return [message for message in messages if message["id"] > after]

    # Messages ------------------------------------------------------------------------------

    async def _receive(self, request: Request, on_new_message: Handler) -> HTTPResponse:
        """Take one message and answer with the replies to it."""
        conversation = self._conversation(request)
        if conversation is None:
            return problem(401, "no such session")
        body, wrong = _body(request)
        if wrong is not None:
            return wrong
        memory = self._memory(conversation)
        language = memory.language or LANGUAGES[0]
        text, wrong = self._text_of(body, memory, language)
        if wrong is not None:
            return wrong
        if gate.too_fast(memory, self._settings.messages_per_minute) or not (
            self._messages_limit.passes(self._address(request))
        ):
            return self._notice(429, "error.too_many", language)
        replies = self._taken_over(conversation, text, language)
        if replies is None:
            collector = MessageCollector()
            metadata = {"language": memory.language, "expects": memory.expects}
            message = UserMessage(
                text, collector, conversation, input_channel=self.name(), metadata=metadata
            )
            await on_new_message(message)
            replies = collector.messages
            if not replies:
                replies = [self._down(language)]
                self._note_down(conversation, replies)
        number = memory.shown + 1  # the person's own message has a number too
        memory.shown = number
        memory.learn(replies)
        self._store.touch(conversation, time.time(), memory.language)
        if any(reply.get("state") == "deleted" for reply in replies):
            self._erase(request, conversation)
        return answer({"messages": _sent(replies, number)})

    def _taken_over(self, conversation: str, text: str, language: str) -> Optional[List[Message]]:
        """Return the replies while staff are in the conversation; ``None``: Rasa answers."""
        live = self._takeover.open_for(conversation)
        if live is None:
            # The button of a live conversation that has just ended: nothing is left to leave.
            return [] if text == LEAVE else None
        if text.startswith("/") and text != LEAVE:
            # A button of the assistant was pressed: the person goes on with the assistant.
            if not text.startswith("/change_language"):
                self._takeover.leave(live, language)
            return None
        own: List[Message] = []
        if text == LEAVE:
            replies = self._takeover.leave(live, language)
        else:
            own = [{"from": "user", "type": "text", "text": text}]
            replies = self._takeover.receive(live, text, language)
        if own or replies:
            self._note_down(conversation, [*own, *replies])
        return replies

    def _text_of(
        self, body: Dict[str, Any], memory: Conversation, language: str
    ) -> tuple[str, Optional[HTTPResponse]]:
        """Return the text for Rasa, or what is wrong with the message."""
        payload, text = body.get("payload"), body.get("text")
        if isinstance(payload, str):
            if not gate.allowed(payload, memory):
                return "", problem(400, "payload: expected one that was offered")
            return payload, None
        if not isinstance(text, str):
            return "", problem(400, "expected text or payload")
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

    # What the staff write -------------------------------------------------------------------

    async def _events(self, request: Request) -> Optional[HTTPResponse]:
        """Send new messages as they come, as long as staff are in the conversation.

        Server-sent events over ``fetch``, so that the token stays in a header and out of the
        address.
        """
        conversation = self._conversation(request)
        if conversation is None:
            return problem(401, "no such session")
        after = _after(request)
        if after is None:
            return problem(400, "after: expected a number")
        woken = asyncio.Event()
        streams = self._streams.setdefault(conversation, [])
        if len(streams) >= _STREAMS_PER_CONVERSATION:
            return problem(429, "too many streams of this session")
        streams.append(woken)
        try:
            stream = await request.respond(
                content_type="text/event-stream; charset=utf-8",
                headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            )
            while True:
                # Ended is looked at first: what came until then is still sent below.
                ended = self._takeover.open_for(conversation) is None
                for message in self._messages(conversation, after):
                    after = message["id"]
                    if message["from"] != "user":
                        data = json.dumps(message, ensure_ascii=False)
                        await stream.send(f"data: {data}\n\n")
                if ended:
                    await stream.send("event: end\ndata: {}\n\n")
                    break
                try:
                    await asyncio.wait_for(woken.wait(), _HEARTBEAT_SECONDS)
                    woken.clear()
                except asyncio.TimeoutError:
                    await stream.send(": still here\n\n")
            await stream.eof()
        finally:
            streams.remove(woken)
            if not streams:
                self._streams.pop(conversation, None)
        return None

    async def _watch_forever(self) -> None:
        """Bring what staff write into the conversations, about ten times a second."""
        while True:
            try:
                if self._takeover.due():
                    for delivery in self._takeover.scan(self._told):
                        self._deliver(delivery.conversation, delivery.messages)
                        self._takeover.delivered(delivery)
            except sqlite3.Error:
                # Locked or full: what is undelivered stays so and comes with a later round.
                logger.warning("the live conversations could not be read; trying again")
                await asyncio.sleep(1)
            await asyncio.sleep(_WATCH_SECONDS)

    def _deliver(self, conversation: str, messages: List[Message]) -> None:
        """Keep messages in a conversation's history and wake whoever listens."""
        if not messages or self._store.session(conversation) is None:
            return
        memory = self._memory(conversation)
        self._note_down(conversation, messages)
        memory.learn(messages)
        for woken in self._streams.get(conversation, ()):
            woken.set()

    def _told(self, conversation: str) -> str:
        """Return who speaks in a conversation as far as the person was told."""
        return last_state(_replayed(self._store.events(conversation), 0))

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
        return answer(body, status=status)

    def _address(self, request: Request) -> str:
        """Return the address of the person's device."""
        return client_address(
            request.ip,
            request.headers.get("x-forwarded-for"),
            self._settings.trusted_proxies,
        )

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
        self._takeover.erase(conversation)
        tracker_store = getattr(request.app.ctx.agent, "tracker_store", None)
        forget = getattr(tracker_store, "forget", None)
        if forget is not None:
            forget(conversation)
        self._store.delete(conversation)

    # Expiry --------------------------------------------------------------------------------

    async def _expire_forever(self, app: Any) -> None:
        """Delete conversations that were not used for the set time, every few minutes."""
        while True:
            try:
                self._expire(app)
            except sqlite3.Error:
                logger.warning("expired conversations could not be deleted; trying again")
            await asyncio.sleep(_EXPIRY_PAUSE_SECONDS)

    def _expire(self, app: Any) -> None:
        """Delete conversations that were not used for the set time, with all that belongs."""
        keep = self._settings.session_hours * 3600
        for conversation in self._store.expire(time.time() - keep):
            self._memories.forget(conversation)
            self._takeover.erase(conversation)
            tracker_store = getattr(getattr(app.ctx, "agent", None), "tracker_store", None)
            if tracker_store is not None:
                tracker_store.forget(conversation)
        self._takeover.expire(keep)


def conversation_of(token: str) -> str:
    """Return the conversation's id for a token: its SHA-256, so that the token is not stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def _body(request: Request) -> tuple[Dict[str, Any], Optional[HTTPResponse]]:
    """Return the JSON object of a request, or what is wrong with it."""
    if len(request.body) > _LARGEST_BODY:
        return {}, problem(413, f"body: expected at most {_LARGEST_BODY} bytes")
    if not request.body:
        return {}, None
    if not (request.headers.get("content-type") or "").startswith("application/json"):
        return {}, problem(415, "content-type: expected application/json")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}, problem(400, "body: expected JSON")
    if not isinstance(body, dict):
        return {}, problem(400, "body: expected a JSON object")
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


def _after(request: Request) -> Optional[int]:
    """Return the number after which messages are wanted; ``None`` when it is no number."""
    after = request.args.get("after", "0")
    return int(after) if re.fullmatch("[0-9]{1,9}", after) else None
