"""The staff inbox as a web application: routes and wiring."""

from __future__ import annotations

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.inbox import accounts, auth, callbacks, helpdesk, live, overview
from bot.inbox.access import ADMINS, LEADS
from bot.inbox.deps import Deps
from bot.inbox.headers import SecurityHeaders
from bot.inbox.pages import FOLDER, render
from bot.inbox.visit import LARGEST_BODY, Gate
from bot.inbox.watcher import Watcher

_FAULTS = {
    400: "Die Anfrage ist nicht lesbar.",
    403: "Das dürfen Sie mit Ihrem Konto nicht.",
    404: "Diese Seite gibt es nicht oder nicht mehr.",
    405: "Das geht hier nicht.",
    413: "Das ist zu lang.",
}
_STALE = "Das Formular ist abgelaufen. Bitte laden Sie die Seite neu und versuchen Sie es noch mal."


def create_app(deps: Deps) -> ASGIApp:
    """Return the application over the given parts."""
    gate = Gate(deps)
    login = auth.Login(deps)
    watcher = Watcher(deps.live.changed)
    page, lead, admin = gate.page, LEADS, ADMINS
    post = ["POST"]
    number, reference, key = "/live/{number:int}", "/callbacks/{reference}", "/accounts/{key}"
    routes = [
        Route("/health", _health),
        Route("/helpdesk/reply", helpdesk.receiver(deps), methods=post),
        Route("/login", login.show),
        Route("/login", login.submit, methods=post),
        Route("/logout", page(auth.logout, with_old_password=True), methods=post),
        Route("/password", page(auth.password_form, with_old_password=True)),
        Route("/password", page(auth.change_password, with_old_password=True), methods=post),
        Route("/", page(overview.show)),
        Route("/events", gate.waiting_page(overview.changes(watcher))),
        Route(number, page(live.show)),
        Route(f"{number}/events", gate.waiting_page(live.changes(watcher))),
        Route(f"{number}/translation/{{message:int}}", page(live.translation)),
        Route(f"{number}/claim", page(live.claim), methods=post),
        Route(f"{number}/reply", page(live.reply), methods=post),
        Route(f"{number}/hand-back", page(live.hand_back), methods=post),
        Route(f"{number}/close", page(live.close), methods=post),
        Route(f"{number}/assign", page(live.assign, lead), methods=post),
        Route("/callbacks", page(callbacks.show_list)),
        Route(reference, page(callbacks.show)),
        Route(f"{reference}/claim", page(callbacks.claim), methods=post),
        Route(f"{reference}/release", page(callbacks.release), methods=post),
        Route(f"{reference}/done", page(callbacks.done), methods=post),
        Route(f"{reference}/note", page(callbacks.note), methods=post),
        Route("/deliveries/retry", page(callbacks.retry, lead), methods=post),
        Route("/accounts", page(accounts.show_list, admin)),
        Route("/accounts", page(accounts.add, admin), methods=post),
        Route("/accounts/new", page(accounts.show_new, admin)),
        Route(key, page(accounts.show, admin)),
        Route(key, page(accounts.change, admin), methods=post),
        Route(f"{key}/active", page(accounts.set_active, admin), methods=post),
        Route(f"{key}/password", page(accounts.reset_password, admin), methods=post),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: _refused, Exception: _failed},
        max_body_size=LARGEST_BODY,
    )
    # Outside of everything, so that refusals and failures carry the headers too.
    return SecurityHeaders(app, deps.secure)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = _STALE if error.detail == "csrf" else _FAULTS.get(error.status_code)
    answer = render(
        "error.html",
        error.status_code,
        text=text or f"Das ging nicht ({HTTPStatus(error.status_code).phrase}).",
    )
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _failed(request: Request, error: Exception) -> Response:
    return render(
        "error.html", 500, text="Hier ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal."
    )
