"""Login, logout and one's own password."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import deque

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bot.inbox.deps import Deps
from bot.inbox.pages import render
from bot.inbox.passwords import LONGEST, fault_of
from bot.inbox.visit import NOTES, Visit, check_token, cookie_name, read_form, see_other
from bot.storage.staff import SESSION_SECONDS

_TRIES_PER_ADDRESS = 30
_PER_SECONDS = 300.0
_MOST_ADDRESSES = 10_000
_WRONG = "Anmeldename oder Passwort ist falsch."
_LOCKED = "Zu viele Versuche. Bitte warten Sie 15 Minuten und versuchen Sie es dann noch einmal."


class Throttle:
    """Counts logins from one address, so that nobody tries many names one after the other."""

    def __init__(self, most: int = _TRIES_PER_ADDRESS, seconds: float = _PER_SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tries: dict[str, deque[float]] = {}

    def allows(self, address: str, now: float) -> bool:
        """Note one try; return whether it is still within the limit."""
        with self._lock:
            if len(self._tries) >= _MOST_ADDRESSES:
                recent = now - self._seconds
                self._tries = {a: t for a, t in self._tries.items() if t and t[-1] > recent}
            tries = self._tries.setdefault(address, deque(maxlen=self._most))
            while tries and tries[0] <= now - self._seconds:
                tries.popleft()
            if len(tries) >= self._most:
                return False
            tries.append(now)
            return True


def address_of(request: Request, trusted_proxies: int) -> str:
    """Return the address a request comes from, as the outermost trusted proxy saw it."""
    peer = request.client.host if request.client else ""
    if not trusted_proxies:
        return peer
    named = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")]
    hops = [part for part in named if part]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else peer


class Login:
    """The pages before a session exists."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._key = (deps.key or secrets.token_hex(32)).encode()
        self._throttle = Throttle()
        # Its own cookie: before the login there is no session that could hold a token.
        self._cookie = "__Host-lotse-form" if deps.secure else "lotse-form"

    async def show(self, request: Request) -> Response:
        """Show the login form."""
        return self._form(request, note=NOTES.get(request.query_params.get("note", "")))

    async def submit(self, request: Request) -> Response:
        """Check login and password; open a session."""
        form = await read_form(request)
        cookie = request.cookies.get(self._cookie, "")
        if not cookie:
            return self._form(request, 403, "Bitte versuchen Sie es noch einmal.")
        check_token(form, self._token(cookie))
        login = form.get("login", [""])[0].strip().lower()[:100]
        password = form.get("password", [""])[0]
        address = address_of(request, self._deps.trusted_proxies)
        status, fault = await run_in_threadpool(self._try, login, password, address)
        if fault:
            return self._form(request, status, fault)
        old = request.cookies.get(cookie_name(self._deps))
        token = await run_in_threadpool(self._open, login, old)
        answer = see_other("/")
        answer.set_cookie(
            cookie_name(self._deps),
            token,
            max_age=int(SESSION_SECONDS),
            path="/",
            secure=self._deps.secure,
            httponly=True,
            samesite="strict",
        )
        answer.delete_cookie(
            self._cookie, path="/", secure=self._deps.secure, httponly=True, samesite="strict"
        )
        return answer

    def _try(self, login: str, password: str, address: str) -> tuple[int, str | None]:
        """Return status and fault; names that nobody has take the same way and time."""
        deps, now = self._deps, self._deps.clock()
        if not self._throttle.allows(address, now) or not deps.staff.begin_attempt(login, now):
            return 429, _LOCKED
        account = deps.staff.account(login)
        stored = account.password_hash if account and account.active else None
        if not deps.passwords.matches(stored, password):
            return 401, _WRONG
        deps.staff.clear_attempts(login)
        return 303, None

    def _open(self, login: str, old: str | None) -> str:
        """Open a session under a new token; one that the browser still had ends."""
        if old:
            self._deps.staff.end_session(old)
        token = secrets.token_urlsafe(32)
        csrf = secrets.token_urlsafe(32)
        self._deps.staff.open_session(token, login, csrf, self._deps.clock())
        return token

    def _form(
        self, request: Request, status: int = 200, fault: str | None = None, note: str | None = None
    ) -> Response:
        cookie = request.cookies.get(self._cookie) or secrets.token_urlsafe(32)
        answer = render("login.html", status, csrf=self._token(cookie), fault=fault, note=note)
        answer.set_cookie(
            self._cookie,
            cookie,
            path="/",
            secure=self._deps.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    def _token(self, cookie: str) -> str:
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()


def logout(visit: Visit) -> Response:
    """End the session."""
    name = cookie_name(visit.deps)
    visit.deps.staff.end_session(visit.request.cookies.get(name, ""))
    visit.deps.live.staff_gone(visit.account.login)
    return _without_cookie(visit, "logout")


def password_form(visit: Visit) -> Response:
    """Show the form for one's own password."""
    return render("password.html", visit=visit, note=visit.note)


def change_password(visit: Visit) -> Response:
    """Change one's own password; all sessions end, this one too."""
    deps, login = visit.deps, visit.account.login
    old, new, again = (visit.form.get(name, [""])[0] for name in ("old", "new", "again"))
    fault = fault_of(new, login)
    if new != again:
        fault = "Die beiden neuen Passwörter sind nicht gleich."
    elif new == old:
        fault = "Das neue Passwort muss ein anderes sein."
    if fault is None and not deps.staff.begin_attempt(login, visit.now):
        return render("password.html", 429, visit=visit, fault=_LOCKED)
    if fault is None and not deps.passwords.matches(visit.account.password_hash, old[:LONGEST]):
        fault = "Das alte Passwort ist falsch."
    if fault:
        return render("password.html", 422, visit=visit, fault=fault)
    deps.staff.clear_attempts(login)
    deps.staff.set_password(login, deps.passwords.hash(new), must_change=False)
    return _without_cookie(visit, "password")


def _without_cookie(visit: Visit, note: str) -> Response:
    answer = see_other(f"/login?note={note}")
    answer.delete_cookie(
        cookie_name(visit.deps),
        path="/",
        secure=visit.deps.secure,
        httponly=True,
        samesite="strict",
    )
    return answer
