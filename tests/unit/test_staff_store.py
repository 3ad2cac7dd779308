"""The store of staff accounts: sessions end, guesses are stopped, an admin always remains."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.storage.staff import (
    FAILURES_ALLOWED,
    IDLE_SECONDS,
    LOCK_SECONDS,
    SESSION_SECONDS,
    Account,
    StaffStore,
)


@pytest.fixture
def store(tmp_path):
    store = StaffStore(tmp_path / "staff.sqlite")
    assert store.add(Account("anna", "Anna A.", "hash", "admin", ("*",)))
    assert store.add(Account("ben", "Ben B.", "hash", "agent", ("org_b", "org_a")))
    return store


def test_accounts_are_kept_and_logins_are_unique(store):
    assert not store.add(Account("anna", "Andere", "x", "agent", ()))
    assert store.account("ben") == Account("ben", "Ben B.", "hash", "agent", ("org_a", "org_b"))
    assert [account.login for account in store.accounts()] == ["anna", "ben"]
    assert store.account("nobody") is None
    assert store.change("ben", "Benno", "lead", ["org_c"])
    assert store.account("ben").organizations == ("org_c",)
    assert not store.change("nobody", "N", "lead", [])


def test_the_last_admin_remains(store):
    assert not store.set_active("anna", False)
    assert not store.change("anna", "Anna A.", "lead", ["*"])
    assert store.change("anna", "Anna Neu", "admin", ["*"])
    assert store.change("ben", "Ben B.", "admin", ["*"])
    assert store.set_active("anna", False)
    assert not store.set_active("ben", False)
    assert store.set_active("anna", True)


def test_a_session_lasts_eight_hours_and_half_an_hour_of_idleness(store):
    store.open_session("token", "ben", "csrf", 1000.0)
    session, account = store.session("token", 1001.0)
    assert (session.csrf, account.login) == ("csrf", "ben")
    assert "token" not in session.token_hash
    assert store.session("other", 1001.0) is None
    assert store.session("token", 1000.0 + IDLE_SECONDS - 1)
    assert store.session("token", 1000.0 + IDLE_SECONDS) is None
    now = 1000.0
    while now < 1000.0 + SESSION_SECONDS - 600:
        now += 600
        store.touch(store.session("token", now)[0], now)
    assert store.session("token", 1000.0 + SESSION_SECONDS - 1)
    assert store.session("token", 1000.0 + SESSION_SECONDS) is None


def test_touching_is_written_once_a_minute(store):
    store.open_session("token", "ben", "csrf", 1000.0)
    store.touch(store.session("token", 1059.0)[0], 1059.0)
    assert store.session("token", 1059.0)[0].seen_at == 1000.0
    store.touch(store.session("token", 1060.0)[0], 1060.0)
    assert store.session("token", 1060.0)[0].seen_at == 1060.0


@pytest.mark.parametrize("how", ["logout", "all", "inactive", "password"])
def test_sessions_end(store, how):
    store.open_session("token", "ben", "csrf", 1000.0)
    {
        "logout": lambda: store.end_session("token"),
        "all": lambda: store.end_sessions("ben"),
        "inactive": lambda: store.set_active("ben", False),
        "password": lambda: store.set_password("ben", "new", True),
    }[how]()
    assert store.session("token", 1001.0) is None
    if how == "password":
        assert store.account("ben").must_change


def test_after_five_failures_a_login_is_locked_for_fifteen_minutes(store):
    for i in range(FAILURES_ALLOWED):
        assert store.begin_attempt("ben", 1000.0 + i)
    assert not store.begin_attempt("ben", 1010.0)
    assert store.begin_attempt("anna", 1010.0)
    last = 1000.0 + FAILURES_ALLOWED - 1
    assert not store.begin_attempt("ben", last + LOCK_SECONDS - 1)
    assert store.begin_attempt("ben", last + LOCK_SECONDS), "attempts meanwhile do not prolong it"


def test_a_success_or_an_admin_unlocks(store):
    for _ in range(FAILURES_ALLOWED + 1):
        store.begin_attempt("ben", 1000.0)
    store.clear_attempts("ben")
    assert store.begin_attempt("ben", 1000.0)


def test_unknown_logins_are_locked_alike(store):
    assert [store.begin_attempt("nobody", 1000.0) for _ in range(FAILURES_ALLOWED + 1)] == (
        [True] * FAILURES_ALLOWED + [False]
    )


def test_attempts_at_the_same_moment_are_all_counted(store):
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: store.begin_attempt("ben", 1000.0), range(40)))
    assert allowed.count(True) == FAILURES_ALLOWED


def test_expire_clears_sessions_and_counters(store):
    store.open_session("token", "ben", "csrf", 1000.0)
    store.begin_attempt("ben", 1000.0)
    store.expire(1000.0 + SESSION_SECONDS)
    assert store._read("SELECT count(*) FROM sessions")[0][0] == 0
    assert store._read("SELECT count(*) FROM failures")[0][0] == 0
