"""Callbacks: the list by organization, one in detail, taking, note, done, failed deliveries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.inbox.access import is_lead, may_see
from bot.inbox.deps import Deps
from bot.inbox.pages import render, seconds_of
from bot.inbox.visit import Visit, see_other
from bot.languages import clean
from bot.storage.handovers import CLOSED, OPEN, Callback, OutboxItem

LONGEST_NOTE = 1000


@dataclass(frozen=True)
class Row:
    """One callback as lists show it: no name, no number; those stand on its own page."""

    reference: str
    organization: str
    municipality: str
    need: str
    language: str
    seconds: float
    delivery: str
    failed: bool
    claimed_by: str | None
    mine: bool


@dataclass(frozen=True)
class FailedRow:
    """Something that could not be delivered."""

    key: str
    reference: str
    callback: bool
    created_at: str
    attempts: int
    error: str


def organization_of(deps: Deps, callback: Callback) -> str | None:
    """Return the organization that answers for a callback."""
    return callback.organization or deps.names.organization_of_contact(callback.contact_id)


def visible(visit: Visit, status: str) -> list[Callback]:
    """Return the callbacks with a status that somebody may see, oldest first."""
    deps = visit.deps
    return [
        callback
        for callback in deps.callbacks.all(status)
        if may_see(visit.account, organization_of(deps, callback))
    ]


def rows(visit: Visit, callbacks: Sequence[Callback], dead: Sequence[OutboxItem]) -> list[Row]:
    """Return callbacks as rows of a list."""
    names = visit.deps.names
    failed = {item.reference for item in dead}
    return [
        Row(
            reference=callback.reference,
            organization=names.organization(organization_of(visit.deps, callback)),
            municipality=names.municipality(callback.municipality),
            need=names.need(callback.need),
            language=names.language(callback.language),
            seconds=visit.now - seconds_of(callback.created_at),
            delivery=delivery_of(visit.deps, callback, failed),
            failed=callback.reference in failed,
            claimed_by=staff_name(visit, callback.claimed_by),
            mine=callback.claimed_by == visit.account.login,
        )
        for callback in callbacks
    ]


def delivery_of(deps: Deps, callback: Callback, failed: Collection[str]) -> str:
    """Return in words whether a callback has reached the organization outside of this inbox."""
    if callback.delivered_at:
        return "zugestellt"
    if not deps.delivers:
        return "nur hier im Postfach"
    return "nicht zugestellt" if callback.reference in failed else "wird zugestellt"


def staff_name(visit: Visit, login: str | None) -> str | None:
    """Return the display name of a staff member."""
    account = visit.deps.staff.account(login) if login else None
    return account.name if account else login


def failed_rows(visit: Visit, dead: Sequence[OutboxItem]) -> list[FailedRow]:
    """Return the failed deliveries that somebody may send again."""
    found = []
    for item in dead if is_lead(visit.account) else ():
        callback = visit.deps.callbacks.get(item.reference)
        organization = organization_of(visit.deps, callback) if callback else None
        if may_see(visit.account, organization):
            error = item.error or "kein Grund bekannt"
            found.append(
                FailedRow(
                    item.key,
                    item.reference,
                    callback is not None,
                    item.created_at,
                    item.attempts,
                    error,
                )
            )
    return found


def show_list(visit: Visit) -> Response:
    """Show the open or the closed callbacks by organization."""
    status = CLOSED if visit.request.query_params.get("status") == CLOSED else OPEN
    found = rows(visit, visible(visit, status), visit.deps.callbacks.dead())
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(row.organization, []).append(row)
    return render(
        "callbacks.html",
        visit=visit,
        note=visit.note,
        groups=sorted(groups.items()),
        closed=status == CLOSED,
    )


def show(visit: Visit) -> Response:
    """Show one callback."""
    return _page(visit, _callback(visit))


def claim(visit: Visit) -> Response:
    """Take a callback."""
    callback = _callback(visit)
    if visit.deps.callbacks.claim(callback.reference, visit.account.login):
        return see_other(f"/callbacks/{callback.reference}?note=callback-claimed")
    return _page(visit, _callback(visit), 409, "Diesen Rückruf hat schon jemand anderes.")


def release(visit: Visit) -> Response:
    """Let others take a callback again: who has it, or a lead."""
    callback = _callback(visit)
    if callback.claimed_by != visit.account.login and not is_lead(visit.account):
        raise HTTPException(403)
    visit.deps.callbacks.release(callback.reference)
    return see_other(f"/callbacks/{callback.reference}?note=callback-released")


def done(visit: Visit) -> Response:
    """Mark a callback as done."""
    callback = _callback(visit)
    if not _may_finish(visit, callback):
        raise HTTPException(403)
    now = datetime.fromtimestamp(visit.now, timezone.utc)
    visit.deps.callbacks.close(callback.reference, now, visit.deps.keep_days)
    return see_other("/callbacks?note=callback-done")


def note(visit: Visit) -> Response:
    """Replace the staff's note."""
    callback = _callback(visit)
    text = clean(visit.entry("note"))
    if len(text) > LONGEST_NOTE:
        fault = f"Die Notiz darf höchstens {LONGEST_NOTE} Zeichen haben."
        return _page(visit, callback, 422, fault, text)
    visit.deps.callbacks.set_note(callback.reference, text or None)
    return see_other(f"/callbacks/{callback.reference}?note=callback-note")


def retry(visit: Visit) -> Response:
    """Try a failed delivery again."""
    key = visit.entry("key")
    if key not in {row.key for row in failed_rows(visit, visit.deps.callbacks.dead())}:
        raise HTTPException(404)
    visit.deps.callbacks.retry(key)
    return see_other("/?note=retry")


def _callback(visit: Visit) -> Callback:
    callback = visit.deps.callbacks.get(visit.request.path_params["reference"])
    if callback is None:
        raise HTTPException(404)
    if not may_see(visit.account, organization_of(visit.deps, callback)):
        raise HTTPException(403)
    return callback


def _may_finish(visit: Visit, callback: Callback) -> bool:
    return callback.claimed_by in (None, visit.account.login) or is_lead(visit.account)


def _page(
    visit: Visit,
    callback: Callback,
    status: int = 200,
    fault: str | None = None,
    draft: str | None = None,
) -> Response:
    dead = visit.deps.callbacks.dead()
    return render(
        "callback.html",
        status,
        visit=visit,
        note=visit.note,
        fault=fault,
        callback=callback,
        row=rows(visit, [callback], dead)[0],
        contact=visit.deps.names.contact(callback.contact_id),
        open=callback.status == OPEN,
        may_finish=_may_finish(visit, callback),
        may_release=callback.claimed_by is not None
        and (callback.claimed_by == visit.account.login or is_lead(visit.account)),
        draft=callback.note or "" if draft is None else draft,
        longest=LONGEST_NOTE,
    )
