"""What every page after the login goes through: session, role, form, CSRF token, presence."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.inbox.deps import Deps
from bot.storage.staff import ROLES, Account, WebSession

LARGEST_BODY = 32 * 1024
_MOST_FIELDS = 400
# Notes that a page may show after a redirect: a fixed list, so that no address can bring its own.
NOTES = {
    "claimed": "Sie haben das Gespräch übernommen. Die Person liest jetzt Ihren Namen.",
    "assigned": "Das Gespräch wurde weitergegeben.",
    "returned": "Das Gespräch ist wieder beim Assistenten.",
    "closed": "Das Gespräch ist beendet.",
    "callback-claimed": "Sie haben den Rückruf übernommen.",
    "callback-released": "Der Rückruf ist wieder frei.",
    "callback-done": "Der Rückruf ist erledigt.",
    "callback-note": "Die Notiz ist gespeichert.",
    "retry": "Die Zustellung wird noch einmal versucht.",
    "account": "Das Konto ist gespeichert.",
    "account-on": "Das Konto ist wieder aktiv.",
    "account-off": "Das Konto ist gesperrt. Alle Anmeldungen wurden beendet.",
    "password": "Ihr Passwort ist geändert. Bitte melden Sie sich neu an.",
    "logout": "Sie sind abgemeldet.",
}


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is logged in. ``now`` is seconds since 1970 (UTC)."""

    deps: Deps
    request: Request
    account: Account
    session: WebSession
    now: float
    form: Mapping[str, list[str]] = field(default_factory=dict, repr=False)

    def entry(self, name: str) -> str:
        """Return a field of the form without spaces around it, or an empty text."""
        return self.form.get(name, [""])[0].strip()

    def entries(self, name: str) -> list[str]:
        """Return all values of a field, such as ticked boxes."""
        return list(self.form.get(name, []))

    @property
    def number(self) -> int:
        """Return the number in the address."""
        return int(self.request.path_params["number"])

    def query_number(self, name: str) -> int:
        """Return a whole number from the address's query; 0 where there is none."""
        value = self.request.query_params.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0

    @property
    def note(self) -> str | None:
        """Return the note that the address asks for."""
        return NOTES.get(self.request.query_params.get("note", ""))

    @property
    def from_script(self) -> bool:
        """Return whether our script asks, which wants no redirects."""
        return self.request.headers.get("x-requested-with") == "inbox"


Page = Callable[[Visit], Response]
WaitingPage = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def cookie_name(deps: Deps) -> str:
    """Return the session cookie's name; with HTTPS the browser itself guards the prefix."""
    return "__Host-lotse-staff" if deps.secure else "lotse-staff"


def see_other(path: str) -> RedirectResponse:
    """Return a redirect to one of our own pages after a form was handled."""
    return RedirectResponse(path, status_code=303)


async def read_form(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form from one of our own pages.

    The application limits the body's size. A foreign origin is 403, anything that is not a form
    400 or 415.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    try:
        body = (await request.body()).decode("utf-8")
        return parse_qs(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None


def check_token(form: Mapping[str, list[str]], expected: str) -> None:
    """Refuse a form without the right CSRF token."""
    if not hmac.compare_digest(form.get("csrf", [""])[0].encode(), expected.encode()):
        raise HTTPException(403, "csrf")


class Gate:
    """Makes endpoints from pages, so that no page can forget a check."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def page(
        self, page: Page, roles: tuple[str, ...] = ROLES, with_old_password: bool = False
    ) -> Endpoint:
        """Return the endpoint of a page.

        ``with_old_password``: also for somebody who first has to change the password.
        """

        async def endpoint(request: Request) -> Response:
            visit = await self._enter(request, roles, with_old_password, awake=True)
            if isinstance(visit, Response):
                return visit
            return await run_in_threadpool(page, visit)

        return endpoint

    def waiting_page(self, page: WaitingPage) -> Endpoint:
        """Return the endpoint of what a script polls.

        Polling alone does not keep a session alive: an inbox that nobody looks at must end, and
        nobody be promised to the person. The script says when somebody was active.
        """

        async def endpoint(request: Request) -> Response:
            awake = request.headers.get("x-active") == "1"
            visit = await self._enter(request, ROLES, False, awake)
            return visit if isinstance(visit, Response) else await page(visit)

        return endpoint

    async def _enter(
        self, request: Request, roles: tuple[str, ...], with_old_password: bool, awake: bool
    ) -> Visit | Response:
        deps, now = self._deps, self._deps.clock()
        token = request.cookies.get(cookie_name(deps), "")
        found = await run_in_threadpool(deps.staff.session, token, now)
        if found is None:
            if request.headers.get("x-requested-with") == "inbox":
                return Response(status_code=401)
            return see_other("/login")
        session, account = found
        form: Mapping[str, list[str]] = {}
        if request.method == "POST":
            form = await read_form(request)
            check_token(form, session.csrf)
        if account.must_change and not with_old_password:
            return see_other("/password")
        if account.role not in roles:
            raise HTTPException(403)
        if awake:
            await run_in_threadpool(deps.staff.touch, session, now)
        if not account.must_change:
            seen = deps.live.staff_seen
            await run_in_threadpool(seen, account.login, account.organizations, now)
        return Visit(deps, request, account, session, now, form)
