"""The store of live conversations: one winner, nothing lost, nothing left behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.storage.live import CLAIMED, CLOSED, RETURNED, WAITING, LiveStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "live.sqlite"


@pytest.fixture
def store(path):
    return LiveStore(path)


def request(store, conversation="c1", now=100.0, organization="org_a"):
    return store.request(
        conversation, "ar", "olfen", "housing", "contact", organization, "web", "Kurz.", now
    )


def test_a_request_waits_and_is_not_doubled(store):
    live = request(store)
    assert (live.status, live.created_at, live.last_person_at) == (WAITING, 100.0, 100.0)
    assert request(store, now=200.0) == live == store.open_for("c1") == store.get(live.number)
    assert live.open and store.open_for("c2") is None and store.get(99) is None


def test_after_the_end_a_person_can_ask_again(store):
    first = request(store)
    assert store.close(first.number, 110.0)
    second = request(store, now=120.0)
    assert second.number > first.number
    assert store.get(first.number).status == CLOSED
    store.erase_conversation("c1")
    assert request(store).number > second.number, "numbers are never given twice"


def test_only_one_of_many_claims_wins(path):
    stores = [LiveStore(path) for _ in range(4)]
    number = request(stores[0]).number
    with ThreadPoolExecutor(8) as pool:
        won = list(
            pool.map(lambda i: stores[i % 4].claim(number, f"s{i}", f"S {i}", 105.0), range(24))
        )
    assert won.count(True) == 1
    live = stores[1].get(number)
    assert live.status == CLAIMED and live.claimed_by == f"s{won.index(True)}"
    assert live.last_staff_at == 105.0


def test_only_one_of_many_requests_opens(path):
    stores = [LiveStore(path) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        lives = list(pool.map(lambda i: request(stores[i % 4]), range(16)))
    assert len({live.number for live in lives}) == 1


def test_hand_back_close_and_reassign_only_while_open(store):
    number = request(store).number
    assert store.claim(number, "anna", "Anna", 101.0)
    assert store.reassign(number, "ben", "Ben", 102.0)
    assert store.get(number).claimed_name == "Ben"
    assert store.hand_back(number, 103.0)
    live = store.get(number)
    assert (live.status, live.closed_at, live.open) == (RETURNED, 103.0, False)
    assert not store.close(number, 104.0)
    assert not store.hand_back(number, 104.0)
    assert not store.claim(number, "anna", "Anna", 104.0)
    assert not store.reassign(number, "anna", "Anna", 104.0)


def test_the_list_knows_organizations(store):
    request(store, "c1", 103.0, "org_a")
    request(store, "c2", 101.0, "org_b")
    request(store, "c3", 102.0, None)

    def names(organizations):
        return [live.conversation for live in store.list([WAITING, CLAIMED], organizations)]

    assert names(None) == names(["*"]) == ["c2", "c3", "c1"]
    assert names(["org_a"]) == ["c1"]
    assert names(["org_a", "org_b"]) == ["c2", "c1"]
    assert names([]) == []
    assert store.list([], None) == []


def test_messages_come_in_order_and_wait_for_delivery(store):
    number = request(store).number
    said = [
        store.say("c1", "person", "مرحبا", 101.0, language="ar"),
        store.say("c1", "system", "Anna schreibt jetzt mit Ihnen.", 102.0),
        store.say("c1", "person", "Hilfe", 103.0, alert=True),
    ]
    assert store.messages("c1") == said
    assert store.messages("c1", said[0].id) == said[1:]
    assert store.undelivered() == [said[1]]
    store.mark_delivered([said[1].id])
    assert store.undelivered() == []
    assert store.messages("c1")[1].delivered
    assert store.alerted() == {number}
    assert store.get(number).last_person_at == 103.0


def test_a_reply_needs_the_claim(store):
    number = request(store).number
    assert store.reply(number, "anna", "Hallo", 101.0) is None
    store.claim(number, "anna", "Anna", 102.0)
    assert store.reply(number, "ben", "Hallo", 103.0) is None
    said = store.reply(number, "anna", "Hallo", 104.0, "de")
    assert (said.sender, said.name, said.text, said.delivered) == ("staff", "Anna", "Hallo", False)
    assert store.undelivered() == [said]
    assert store.get(number).last_staff_at == 104.0
    store.close(number, 105.0)
    assert store.reply(number, "anna", "noch etwas", 106.0) is None


def test_messages_belong_to_one_live_conversation(store):
    first = request(store).number
    store.say("c1", "person", "geheim", 101.0)
    store.close(first, 102.0)
    second = request(store, now=103.0, organization="org_b").number
    store.say("c1", "person", "neu", 104.0)
    assert [m.text for m in store.messages("c1", number=second)] == ["neu"]
    assert [m.text for m in store.messages("c1")] == ["geheim", "neu"]


def test_changed_notices_own_and_other_writes(path, store):
    other = LiveStore(path)
    before = store.changed()
    assert store.changed() == before
    request(other)
    after = store.changed()
    assert after != before
    store.say("c1", "person", "x", 101.0)
    assert store.changed() != after


def test_silent_counts_what_both_sides_do(store):
    number = request(store).number
    assert [live.number for live in store.silent(101.0)] == [number]
    store.claim(number, "anna", "Anna", 150.0)
    assert store.silent(150.0) == []
    store.say("c1", "person", "x", 160.0)
    assert store.silent(155.0) == []
    assert len(store.silent(161.0)) == 1
    store.hand_back(number, 170.0)
    assert store.silent(999.0) == []


def test_erase_and_expire_leave_nothing(store):
    number = request(store).number
    store.say("c1", "person", "x", 101.0)
    assert store.erase_conversation("c1") == 1
    assert store.get(number) is None and store.messages("c1") == []

    closed = request(store, "c2").number
    store.say("c2", "person", "x", 101.0)
    store.close(closed, 200.0)
    request(store, "c3", 100.0)
    request(store, "c4", 250.0)
    store.say("c4", "person", "x", 250.0)
    assert store.expire(300.0, 60.0) == 2
    assert store.messages("c2") == []
    assert [live.conversation for live in store.list([WAITING, CLOSED])] == ["c4"]
    assert len(store.messages("c4")) == 1


def test_presence(store):
    assert not store.staff_online("org_a", 1000.0)
    store.staff_seen("anna", ["org_a"], 1000.0)
    assert store.staff_online("org_a", 1090.0)
    assert not store.staff_online("org_a", 1091.0)
    assert not store.staff_online("org_b", 1001.0)
    assert not store.staff_online(None, 1001.0)
    store.staff_seen("eva", ["*"], 1000.0)
    assert store.staff_online("org_b", 1001.0) and store.staff_online(None, 1001.0)
    store.staff_gone("eva")
    assert not store.staff_online("org_b", 1001.0)


def test_presence_is_written_seldom_but_at_once_when_it_changes(store):
    store.staff_seen("anna", ["org_a"], 1000.0)
    before = store.changed()
    store.staff_seen("anna", ["org_a"], 1010.0)
    assert store.changed() == before
    store.staff_seen("anna", ["org_b"], 1010.0)
    assert store.staff_online("org_b", 1010.0) and not store.staff_online("org_a", 1010.0)
    store.staff_seen("anna", ["org_b"], 1030.0)
    assert store.staff_online("org_b", 1115.0)
