"""While a person of the staff is in a conversation: the channel's side, for every channel.

The assistant is silent then. What the person writes goes to the staff, what the staff write comes
back, and whoever joins or leaves is said to the person. A crisis is still checked first: its reply
comes from here, because Rasa predicts nothing in a conversation that it is not asked about.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Protocol

from bot.messages import Message, button, text_message
from bot.offers.models import Helpline
from bot.safety.crisis import IMMEDIATE, CrisisSign
from bot.safety.reply import crisis_messages
from bot.storage.live import (
    CLAIMED,
    CLOSED,
    OPEN_STATUSES,
    PERSON,
    RETURNED,
    STAFF,
    WAITING,
    LiveConversation,
    LiveStore,
)
from bot.texts import Texts

LEAVE = "/leave_live"
# Who waits longer is offered a callback; a promise that nobody keeps is worse than none.
WAIT_SECONDS = 180.0
SILENCE_SECONDS = 15 * 60.0
_SCAN_AT_LEAST_EVERY = 2.0
_LATELY = 3600.0

BOT, HUMAN_WAITING, HUMAN = "bot", "human-waiting", "human"


class Detector(Protocol):
    """Finds signs of a crisis."""

    def detect(self, text: str) -> Optional[CrisisSign]:
        """Return the most urgent sign, or ``None``."""


@dataclass(frozen=True)
class Delivery:
    """Messages for one conversation, and what to call once they are kept."""

    conversation: str
    messages: List[Message]
    staff_ids: List[int]


class Takeover:
    """The person's side of live conversations of one channel."""

    def __init__(
        self,
        store: LiveStore,
        channel: str,
        texts: Texts,
        helplines: Mapping[str, Helpline],
        detector: Detector,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``channel`` names the channel whose conversations are looked after here."""
        self._store = store
        self._channel = channel
        self._texts = texts
        self._helplines = helplines
        self._detector = detector
        self._clock = clock
        self._version: Optional[int] = None
        self._scanned = 0.0
        # What the person was last told, by the number of the live conversation.
        self._told: Dict[int, str] = {}
        self._started = False

    def open_for(self, conversation: str) -> Optional[LiveConversation]:
        """Return the live conversation that a person is in or waits for."""
        return self._store.open_for(conversation)

    def receive(self, live: LiveConversation, text: str, language: str) -> List[Message]:
        """Pass a person's message to the staff; return what the assistant says itself.

        That is nothing while the staff answer, a word about waiting before that, and in a crisis
        the help lines, at once.
        """
        sign = self._detector.detect(text)
        urgent = sign is not None and sign.level == IMMEDIATE
        now = self._clock()
        self._store.say(
            live.conversation, PERSON, text, now, language=language, alert=sign is not None
        )
        if sign is not None and urgent:
            return crisis_messages(sign.kind, language, self._texts, self._helplines)
        if live.status == WAITING:
            return [self._waiting("live.still_waiting", language)]
        return []

    def leave(self, live: LiveConversation, language: str) -> List[Message]:
        """End a live conversation because the person wants the assistant back."""
        self._store.hand_back(live.number, self._clock())
        self._told[live.number] = BOT
        return [self._state("live.left", language, BOT)]

    def erase(self, conversation: str) -> None:
        """Delete what was said in live conversations of a person."""
        self._store.erase_conversation(conversation)

    def expire(self, keep_seconds: float) -> None:
        """Delete live conversations that ended, or were last touched, so long ago."""
        self._store.expire(self._clock(), keep_seconds)

    # What comes from the staff --------------------------------------------------------------

    def due(self) -> bool:
        """Return whether a scan may find something; cheap enough for ten times a second."""
        version, now = self._store.changed(), self._clock()
        if version == self._version and now - self._scanned < _SCAN_AT_LEAST_EVERY:
            return False
        self._version, self._scanned = version, now
        return True

    def scan(self, told: Callable[[str], str]) -> Iterator[Delivery]:
        """Yield what has to reach persons now, conversation by conversation.

        ``told`` returns the state that a conversation's history ends with; it is asked once per
        live conversation, so that after a restart nothing is said twice and nothing is left out.
        """
        self._end_silent()
        waiting: Dict[str, List[int]] = {}
        texts: Dict[str, List[Message]] = {}
        for message in self._store.undelivered():
            waiting.setdefault(message.conversation, []).append(message.id)
            if message.sender == STAFF:
                shown = text_message(message.text, message.language or "de")
                shown.update({"from": "staff", "name": message.name})
                texts.setdefault(message.conversation, []).append(shown)
        current = {live.conversation: live for live in self._live()}
        for conversation in {*waiting, *current}:
            live = current.get(conversation)
            before: List[Message] = []
            after: List[Message] = []
            if live is not None and live.channel != self._channel:
                continue
            if live is not None:
                for change in self._changes(live, told):
                    (before if change["state"] == HUMAN else after).append(change)
            messages = [*before, *texts.get(conversation, []), *after]
            ids = waiting.get(conversation, [])
            if messages or ids:
                yield Delivery(conversation, messages, ids)

    def delivered(self, delivery: Delivery) -> None:
        """Note that the messages of a delivery are in the person's history."""
        if delivery.staff_ids:
            self._store.mark_delivered(delivery.staff_ids)

    def _live(self) -> Iterator[LiveConversation]:
        """Yield open live conversations, and ended ones whose person may not know it yet."""
        open_now = {live.number: live for live in self._store.list(OPEN_STATUSES)}
        for number in list(self._told):
            if number not in open_now and self._told[number] != BOT:
                ended = self._store.get(number)
                if ended is None:
                    del self._told[number]
                else:
                    yield ended
            elif number not in open_now:
                del self._told[number]
        if not self._started:
            # What ended while this server was down has not been said yet.
            self._started = True
            lately = self._clock() - _LATELY
            for ended in self._store.list((RETURNED, CLOSED)):
                if ended.closed_at is not None and ended.closed_at > lately:
                    yield ended
        yield from open_now.values()

    def _changes(self, live: LiveConversation, told: Callable[[str], str]) -> Iterator[Message]:
        """Yield what the person has not been told about who is there."""
        known = self._told.get(live.number)
        if known is None:
            known = told(live.conversation)
        language = live.language
        if live.status == CLAIMED and known != HUMAN:
            self._told[live.number] = HUMAN
            yield self._state("live.joined", language, HUMAN, name=live.claimed_name or "")
        elif not live.open and known != BOT:
            self._told[live.number] = BOT
            nobody = live.claimed_by is None
            message = self._state("live.nobody" if nobody else "live.ended", language, BOT)
            if nobody:
                title = self._texts.say("button.callback", language)
                message["buttons"] = [button(title, "request_callback", language)]
            yield message
        else:
            self._told[live.number] = HUMAN if live.status == CLAIMED else HUMAN_WAITING

    def _end_silent(self) -> None:
        """End what nobody took in time, and what both sides have left."""
        now = self._clock()
        for live in self._store.list((WAITING,)):
            if live.created_at < now - WAIT_SECONDS:
                self._store.close(live.number, now)
        for live in self._store.silent(now - SILENCE_SECONDS):
            self._store.hand_back(live.number, now)

    def _waiting(self, key: str, language: str) -> Message:
        message = self._state(key, language, HUMAN_WAITING)
        title = self._texts.say("button.leave_live", language)
        message["buttons"] = [button(title, LEAVE[1:], language)]
        return message

    def _state(self, key: str, language: str, state: str, **values: str) -> Message:
        message = text_message(self._texts.say(key, language, **values), language, "state")
        message["state"] = state
        return message


def last_state(messages: List[Message]) -> str:
    """Return who speaks in a conversation, by the last message of its history that says so."""
    for message in reversed(messages):
        if message.get("type") == "state" and message.get("state") in (BOT, HUMAN_WAITING, HUMAN):
            return str(message["state"])
    return BOT
