"""Answers that staff write in an existing helpdesk: checked, and passed on to the person's chat.

The helpdesk calls us; there is no login, the signature over the body is the proof.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.delivery.reply import Reply
from bot.errors import SignatureError
from bot.inbox.deps import Deps
from bot.storage.live import STAFF

_REMEMBERED = 2000


def receiver(deps: Deps) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of the helpdesk's webhook."""
    seen: OrderedDict[str, None] = OrderedDict()

    async def receive(request: Request) -> Response:
        if deps.helpdesk is None:
            return JSONResponse({"error": "no helpdesk is set up"}, 404)
        body = await request.body()
        try:
            reply = deps.helpdesk.reply_from(body, request.headers)
        except SignatureError:
            return JSONResponse({"error": "the signature is wrong"}, 401)
        except ValueError:
            return JSONResponse({"error": "the body is not what a helpdesk sends"}, 400)
        if reply is None:
            return JSONResponse({"status": "nothing to pass on"})
        # Helpdesks repeat a call that they think was lost.
        if reply.message in seen:
            return JSONResponse({"status": "known"})
        passed = await run_in_threadpool(pass_on, reply, deps)
        if passed:
            seen[reply.message] = None
            while len(seen) > _REMEMBERED:
                seen.popitem(last=False)
        return JSONResponse({"status": "passed on" if passed else "the person is gone"})

    return receive


def pass_on(reply: Reply, deps: Deps) -> bool:
    """Give an answer to the chat it belongs to; return whether that still exists."""
    reference = reply.reference or deps.callbacks.reference_for(reply.external)
    callback = deps.callbacks.get(reference) if reference else None
    if callback is None:
        return False
    now = deps.clock()
    earlier = deps.live.messages(callback.conversation)
    if any(m.sender == STAFF and m.text == reply.text for m in earlier):
        return True
    deps.live.say(callback.conversation, STAFF, reply.text, now, name=reply.name)
    return True
