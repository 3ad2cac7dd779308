"""Accounts: opened, changed and blocked by admins; the first one from the command line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.errors import LotseError
from bot.inbox.pages import render
from bot.inbox.passwords import Passwords, fault_of, new_password
from bot.inbox.visit import Visit, see_other
from bot.languages import clean
from bot.storage.live import ALL_ORGANIZATIONS
from bot.storage.staff import ADMIN, AGENT, ROLES, Account, StaffStore

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_LONGEST_NAME = 60


class AccountError(LotseError):
    """An account cannot be opened or changed like this."""


def add_account(
    store: StaffStore,
    login: str,
    name: str,
    password: str | None,
    role: str,
    organizations: Iterable[str],
    passwords: Passwords | None = None,
) -> str:
    """Open an account and return its password.

    Without ``password`` a random one is made, which has to be changed at the first login.
    ``organizations`` are ids, or ``"*"`` for all. Raises :class:`AccountError`.
    """
    login, name, chosen = login.strip().lower(), _name(name), tuple(organizations)
    if not _LOGIN.fullmatch(login):
        raise AccountError(
            "Der Anmeldename braucht 2 bis 40 Zeichen: Kleinbuchstaben, Ziffern, Punkt, Strich."
        )
    _check(name, role, chosen)
    fault = fault_of(password, login) if password is not None else None
    if fault:
        raise AccountError(fault)
    given = password if password is not None else new_password()
    hashed = (passwords or Passwords()).hash(given)
    account = Account(login, name, hashed, role, chosen, must_change=password is None)
    if not store.add(account):
        raise AccountError("Diesen Anmeldenamen gibt es schon.")
    return given


def account_key(login: str) -> str:
    """Return what stands for an account in addresses, which end up in logs and histories."""
    return hashlib.sha256(login.encode()).hexdigest()[:16]


def show_list(visit: Visit) -> Response:
    """Show all accounts."""
    name_of = visit.deps.names.organization
    accounts = [
        (
            account,
            account_key(account.login),
            ["alle" if key == ALL_ORGANIZATIONS else name_of(key) for key in account.organizations],
        )
        for account in visit.deps.staff.accounts()
    ]
    return render("accounts.html", visit=visit, note=visit.note, accounts=accounts)


def show_new(visit: Visit) -> Response:
    """Show the form for a new account."""
    return _form(visit, None)


def show(visit: Visit) -> Response:
    """Show the form for one account."""
    return _form(visit, _account(visit))


def add(visit: Visit) -> Response:
    """Open an account; its first password is shown once."""
    login = visit.entry("login").lower()
    try:
        password = add_account(
            visit.deps.staff,
            login,
            visit.entry("name"),
            None,
            visit.entry("role"),
            _chosen(visit),
            visit.deps.passwords,
        )
    except AccountError as error:
        return _form(visit, None, str(error))
    return render("secret.html", visit=visit, login=login, password=password)


def change(visit: Visit) -> Response:
    """Change name, role and organizations."""
    account = _account(visit)
    name, role, chosen = _name(visit.entry("name")), visit.entry("role"), _chosen(visit)
    try:
        _check(name, role, chosen)
    except AccountError as error:
        return _form(visit, account, str(error))
    if not visit.deps.staff.change(account.login, name, role, chosen):
        return _form(visit, account, "Ein Konto der Verwaltung muss bleiben.")
    visit.deps.live.staff_gone(account.login)  # its next page says which organizations it has now
    return see_other("/accounts?note=account")


def set_active(visit: Visit) -> Response:
    """Block an account or let it in again."""
    account = _account(visit)
    active = visit.entry("active") == "1"
    if not visit.deps.staff.set_active(account.login, active):
        return _form(visit, account, "Ein Konto der Verwaltung muss bleiben.")
    if not active:
        visit.deps.live.staff_gone(account.login)
    return see_other(f"/accounts?note=account-{'on' if active else 'off'}")


def reset_password(visit: Visit) -> Response:
    """Give an account a new random password, unlock it, and show the password once."""
    account = _account(visit)
    password = new_password()
    hashed = visit.deps.passwords.hash(password)
    visit.deps.staff.set_password(account.login, hashed, must_change=True)
    visit.deps.staff.clear_attempts(account.login)
    visit.deps.live.staff_gone(account.login)
    return render("secret.html", visit=visit, login=account.login, password=password)


def _name(name: str) -> str:
    return " ".join(clean(name).split())


def _check(name: str, role: str, organizations: tuple[str, ...]) -> None:
    if not 0 < len(name) <= _LONGEST_NAME:
        raise AccountError(f"Der Name braucht 1 bis {_LONGEST_NAME} Zeichen.")
    if role not in ROLES:
        raise AccountError("Bitte wählen Sie eine Rolle.")
    if role != ADMIN and not organizations:
        raise AccountError("Bitte wählen Sie mindestens eine Organisation.")


def _chosen(visit: Visit) -> tuple[str, ...]:
    """Return the ticked organizations; ids that the catalogue does not know are dropped."""
    known = {*visit.deps.names.organizations(), ALL_ORGANIZATIONS}
    return tuple(sorted(known.intersection(visit.entries("organization"))))


def _account(visit: Visit) -> Account:
    for account in visit.deps.staff.accounts():
        if account_key(account.login) == visit.request.path_params["key"]:
            return account
    raise HTTPException(404)


def _form(visit: Visit, account: Account | None, fault: str | None = None) -> Response:
    """Show the form with what was sent, or with what is stored."""
    sent = visit.request.method == "POST" and "role" in visit.form
    organizations = visit.deps.names.organizations()
    stored = account.organizations if account else ()
    return render(
        "account.html",
        422 if fault else 200,
        visit=visit,
        fault=fault,
        account=account,
        key=account_key(account.login) if account else None,
        login=account.login if account else visit.entry("login"),
        name=visit.entry("name") if sent or account is None else account.name,
        role=visit.entry("role") if sent else account.role if account else AGENT,
        chosen=visit.entries("organization") if sent else stored,
        organizations=sorted(organizations.items(), key=lambda item: item[1].casefold()),
        roles=ROLES,
        own=account is not None and account.login == visit.account.login,
    )
