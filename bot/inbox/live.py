"""One live conversation: read, take, answer, give back, close."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from bot.inbox.access import is_lead, may_end, may_see, may_write
from bot.inbox.pages import render
from bot.inbox.visit import Visit, WaitingPage, see_other
from bot.inbox.watcher import Watcher
from bot.languages import clean
from bot.storage.live import CLAIMED, PERSON, STAFF, WAITING, LiveConversation, LiveMessage
from bot.storage.staff import Account

LONGEST_REPLY = 2000
_TAKEN = "Dieses Gespräch hat gerade jemand anderes übernommen."
_ENDED = "Dieses Gespräch ist schon beendet."
STATUS_NAMES = {
    "waiting": "wartet",
    "claimed": "in Arbeit",
    "returned": "wieder beim Assistenten",
    "closed": "beendet",
}


@dataclass(frozen=True)
class Standing:
    """What the open page shows of a conversation's state, to notice when it changes."""

    live: LiveConversation
    messages: list[LiveMessage]
    mark: str
    pending: int


def show(visit: Visit) -> Response:
    """Show a conversation."""
    return _page(visit, _live(visit))


def claim(visit: Visit) -> Response:
    """Take a waiting conversation; of two at the same moment one gets it."""
    live = _live(visit)
    if visit.deps.live.claim(live.number, visit.account.login, visit.account.name, visit.now):
        return see_other(f"/live/{live.number}?note=claimed")
    live = _live(visit)
    if may_write(visit.account, live):  # pressed twice
        return see_other(f"/live/{live.number}")
    return _page(visit, live, 409, _TAKEN if live.open else _ENDED)


def reply(visit: Visit) -> Response:
    """Store what a staff member writes to the person."""
    live = _live(visit)
    text = clean(visit.entry("text"))
    if not 0 < len(text) <= LONGEST_REPLY:
        fault = f"Bitte schreiben Sie 1 bis {LONGEST_REPLY} Zeichen."
        return _page(visit, live, 422, fault, text)
    if not may_write(visit.account, live):
        if live.status == CLAIMED:
            raise HTTPException(403)
        return _page(visit, live, 409, _not_writable(live), text)
    said = visit.deps.live.reply(live.number, visit.account.login, text, visit.now)
    if said is None:  # ended or given to somebody else in this very moment
        live = _live(visit)
        return _page(visit, live, 409, _not_writable(live), text)
    if visit.from_script:
        return Response(status_code=204)
    return see_other(f"/live/{live.number}#reply")


def hand_back(visit: Visit) -> Response:
    """Let the assistant speak again."""
    live = _to_end(visit)
    if visit.deps.live.hand_back(live.number, visit.now):
        return see_other("/?note=returned")
    return _page(visit, _live(visit), 409, _ENDED)


def close(visit: Visit) -> Response:
    """End a conversation."""
    live = _to_end(visit)
    if visit.deps.live.close(live.number, visit.now):
        return see_other("/?note=closed")
    return _page(visit, _live(visit), 409, _ENDED)


def assign(visit: Visit) -> Response:
    """Give a conversation to another staff member (leads only, see the routes)."""
    live = _live(visit)
    chosen = visit.entry("login")
    for account in _colleagues(visit, live):
        if account.login == chosen:
            if visit.deps.live.reassign(live.number, account.login, account.name, visit.now):
                return see_other(f"/live/{live.number}?note=assigned")
            return _page(visit, _live(visit), 409, _ENDED)
    return _page(visit, live, 422, "Bitte wählen Sie eine Person aus der Liste.")


def translation(visit: Visit) -> Response:
    """Return the machine translation of one of the person's messages as JSON."""
    live = _live(visit)
    wanted = int(visit.request.path_params["message"])
    for message in visit.deps.live.messages(live.conversation, wanted - 1, live.number)[:1]:
        if message.id == wanted and translatable(visit, live, message):
            return JSONResponse({"text": _translated(visit, live, message)})
    raise HTTPException(404)


def changes(watcher: Watcher) -> WaitingPage:
    """Return the page that waits for new messages or another state of a conversation."""

    async def page(visit: Visit) -> Response:
        after, pending = visit.query_number("after"), visit.query_number("pending")
        mark = visit.request.query_params.get("mark", "")

        async def look() -> Standing | None:
            now = await run_in_threadpool(_standing, visit, after)
            if now.messages or now.mark != mark or now.pending != pending:
                return now
            return None

        found = await watcher.until(look, visit.deps.poll_seconds)
        if found is None:
            return Response(status_code=204)
        answer = render(
            "_messages.html",
            visit=visit,
            live=found.live,
            messages=found.messages,
            translatable=_ids_to_translate(visit, found.live, found.messages),
            translations={},
        )
        last = found.messages[-1].id if found.messages else after
        answer.headers.update(
            {"X-Last": str(last), "X-Mark": found.mark, "X-Pending": str(found.pending)}
        )
        return answer

    return page


def translatable(visit: Visit, live: LiveConversation, message: LiveMessage) -> bool:
    """Return whether a message can be translated by machine."""
    source = message.language or live.language
    return visit.deps.translator is not None and message.sender == PERSON and source != "de"


def _translated(visit: Visit, live: LiveConversation, message: LiveMessage) -> str | None:
    translator = visit.deps.translator
    assert translator is not None
    return translator.translate(message.text, message.language or live.language, "de")


def _ids_to_translate(
    visit: Visit, live: LiveConversation, messages: list[LiveMessage]
) -> set[int]:
    return {message.id for message in messages if translatable(visit, live, message)}


def _live(visit: Visit) -> LiveConversation:
    live = visit.deps.live.get(visit.number)
    if live is None:
        raise HTTPException(404)
    if not may_see(visit.account, live.organization):
        raise HTTPException(403)
    return live


def _to_end(visit: Visit) -> LiveConversation:
    live = _live(visit)
    if live.open and not may_end(visit.account, live):
        raise HTTPException(403)
    return live


def _not_writable(live: LiveConversation) -> str:
    if live.status == WAITING:
        return "Bitte übernehmen Sie das Gespräch zuerst."
    return _TAKEN if live.open else _ENDED


def _colleagues(visit: Visit, live: LiveConversation) -> list[Account]:
    """Return who else may take a conversation."""
    return [
        account
        for account in visit.deps.staff.accounts()
        if account.active
        and may_see(account, live.organization)
        and account.login != live.claimed_by
    ]


def _standing(visit: Visit, after: int) -> Standing:
    """Read a conversation's state; the access is looked at again each time."""
    live = _live(visit)
    messages = visit.deps.live.messages(live.conversation, number=live.number)
    pending = sum(message.sender == STAFF and not message.delivered for message in messages)
    mark = hashlib.sha256(f"{live.status}|{live.claimed_by}".encode()).hexdigest()[:12]
    return Standing(live, [message for message in messages if message.id > after], mark, pending)


def _page(
    visit: Visit,
    live: LiveConversation,
    status: int = 200,
    fault: str | None = None,
    draft: str = "",
) -> Response:
    now = _standing(visit, 0)
    names = visit.deps.names
    to_translate = _ids_to_translate(visit, live, now.messages)
    translations = {}
    if visit.query_number("translate"):  # the way without script
        for message in now.messages:
            if message.id == visit.query_number("translate") and message.id in to_translate:
                translations[message.id] = _translated(visit, live, message)
    return render(
        "live.html",
        status,
        visit=visit,
        note=visit.note,
        fault=fault,
        live=live,
        messages=now.messages,
        last=now.messages[-1].id if now.messages else 0,
        mark=now.mark,
        pending=now.pending,
        alert=any(message.alert for message in now.messages),
        translatable=to_translate,
        translations=translations,
        status_name=STATUS_NAMES[live.status],
        municipality=names.municipality(live.municipality),
        need=names.need(live.need),
        organization=names.organization(live.organization),
        contact=names.contact(live.contact_id),
        language=names.language(live.language),
        writing=may_write(visit.account, live),
        ending=may_end(visit.account, live),
        colleagues=_colleagues(visit, live) if live.open and is_lead(visit.account) else [],
        draft=draft,
        longest=LONGEST_REPLY,
    )
