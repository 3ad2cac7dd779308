"""The durable tracker store: events in our SQLite file, the newest trackers kept in memory.

Rasa's own SQL store replays a conversation from its events for every message. One process serves
a conversation (Rasa locks it), so the tracker of the last turn can be kept; it is taken out while
a turn works on it, so that a failed turn leaves nothing half-done behind.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any, Dict, Iterable, Optional

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.bootstrap import conversation_store

_KEPT_TRACKERS = 512
# Policies look at a few turns; a longer history only makes every message slower.
_EVENTS_IN_MEMORY = 120


class SQLiteTrackerStore(TrackerStore):
    """Keeps trackers in :class:`bot.storage.conversations.ConversationStore`."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[EndpointConfig] = None,
        event_broker: Optional[EventBroker] = None,
        **kwargs: Dict[str, Any],
    ) -> None:
        """Open the store named in the settings."""
        super().__init__(domain, event_broker, **kwargs)
        self._store = conversation_store()
        self._kept: OrderedDict[str, tuple[DialogueStateTracker, Event | None]] = OrderedDict()
        self._working: Dict[str, tuple[DialogueStateTracker, Event | None]] = {}

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """Return the tracker of a conversation, or ``None`` when it has no events."""
        kept = self._kept.pop(sender_id, None)
        if kept is not None:
            self._working[sender_id] = kept
            return kept[0]
        stored = self._store.events(sender_id)
        if not stored or self.domain is None:
            self._working.pop(sender_id, None)
            return None
        events = [json.loads(data) for data in stored]
        tracker = DialogueStateTracker.from_dict(
            sender_id, events, self.domain.slots, _EVENTS_IN_MEMORY
        )
        self._working[sender_id] = (tracker, tracker.events[-1] if tracker.events else None)
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> Optional[DialogueStateTracker]:
        """Return the tracker with all its events."""
        return await self.retrieve(conversation_id)

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """Return an empty tracker."""
        slots = self.domain.slots if self.domain else []
        return DialogueStateTracker(sender_id, slots, max_event_history=_EVENTS_IN_MEMORY)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new since the tracker was retrieved."""
        await self.stream_events(tracker)
        sender_id = tracker.sender_id
        working = self._working.pop(sender_id, None)
        last = working[1] if working and working[0] is tracker else None
        if last is None and working is None:
            self._kept.pop(sender_id, None)
        new = []
        for event in reversed(tracker.events):
            if event is last:
                break
            new.append((event.timestamp, json.dumps(event.as_dict(), ensure_ascii=False)))
        if new:
            self._store.append(sender_id, list(reversed(new)))
        latest = tracker.events[-1] if tracker.events else None
        self._kept[sender_id] = (tracker, latest)
        self._kept.move_to_end(sender_id)
        while len(self._kept) > _KEPT_TRACKERS:
            self._kept.popitem(last=False)

    async def keys(self) -> Iterable[str]:
        """Return the ids of all conversations."""
        return self._store.conversations()

    def forget(self, sender_id: str) -> None:
        """Delete a conversation, in memory and on disk."""
        self._kept.pop(sender_id, None)
        self._working.pop(sender_id, None)
        self._store.delete(sender_id)
