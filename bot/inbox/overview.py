"""The first page: who waits, what is mine, which callbacks are open, what was not delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.inbox import callbacks
from bot.inbox.access import is_lead, scope
from bot.inbox.pages import render
from bot.inbox.visit import Visit, WaitingPage
from bot.inbox.watcher import Watcher
from bot.storage.handovers import OPEN
from bot.storage.live import OPEN_STATUSES, WAITING, LiveConversation


@dataclass(frozen=True)
class Row:
    """One live conversation as the lists show it."""

    number: int
    municipality: str
    need: str
    organization: str
    language: str
    seconds: float
    staff: str | None
    alert: bool


def show(visit: Visit) -> Response:
    """Show the overview."""
    # Asked before the lists are read: what comes between is noticed by the script afterwards.
    seen = visit.deps.live.changed()
    return render("overview.html", visit=visit, note=visit.note, seen=seen, **_lists(visit))


def changes(watcher: Watcher) -> WaitingPage:
    """Return the page that waits for a change and then gives the lists again."""

    async def page(visit: Visit) -> Response:
        seen = visit.query_number("seen")

        async def look() -> int | None:
            value = await watcher.value()
            return value if value != seen else None

        found = await watcher.until(look, visit.deps.poll_seconds)
        lists = await run_in_threadpool(_lists, visit)
        answer = render("_overview.html", visit=visit, **lists)
        answer.headers["X-Seen"] = str(seen if found is None else found)
        answer.headers["X-Waiting"] = str(lists["waiting_count"])
        return answer

    return page


def _lists(visit: Visit) -> dict[str, Any]:
    deps = visit.deps
    alerted = deps.live.alerted()
    lives = deps.live.list(OPEN_STATUSES, scope(visit.account))
    waiting = [live for live in lives if live.status == WAITING]
    claimed = [live for live in lives if live.status != WAITING]
    mine = [live for live in claimed if live.claimed_by == visit.account.login]
    others = [live for live in claimed if live.claimed_by != visit.account.login]
    dead = deps.callbacks.dead()
    return {
        "waiting_count": len(waiting),
        "waiting": _by_area(_row(visit, live, alerted) for live in waiting),
        "mine": [_row(visit, live, alerted) for live in mine],
        "others": [_row(visit, live, alerted) for live in others],
        "callbacks": callbacks.rows(visit, callbacks.visible(visit, OPEN), dead),
        "failed": callbacks.failed_rows(visit, dead),
        "lead": is_lead(visit.account),
    }


def _row(visit: Visit, live: LiveConversation, alerted: set[int]) -> Row:
    names = visit.deps.names
    since = live.created_at if live.status == WAITING else live.last_person_at
    return Row(
        live.number,
        names.municipality(live.municipality),
        names.need(live.need),
        names.organization(live.organization),
        names.language(live.language),
        visit.now - since,
        live.claimed_name,
        live.number in alerted,
    )


def _by_area(rows: Iterable[Row]) -> list[tuple[str, list[tuple[str, list[Row]]]]]:
    """Return rows by municipality and need; who has waited longest stands first everywhere."""
    areas: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        areas.setdefault(row.municipality, {}).setdefault(row.need, []).append(row)
    return [(area, list(needs.items())) for area, needs in areas.items()]
