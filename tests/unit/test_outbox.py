"""The outbox: nothing lost, nothing twice, nothing kept that is not needed. No network."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from bot.delivery.letter import Letter, callback_item, letter_of, plain_address
from bot.delivery.worker import DeliveryWorker
from bot.errors import PermanentFailure, TemporaryFailure
from bot.storage.handovers import (
    DEAD,
    FIRST_DELAY,
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    OPEN,
    Callback,
    HandoverStore,
    OutboxItem,
    back_off,
)
from bot.storage.migrations import HANDOVERS, m001_handovers, open_database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=timezone.utc)
NAME = "Amira Beispielname"


def callback(number=1, conversation="c1", **changes):
    values = {
        "reference": f"L-AAAA-{number:04d}",
        "conversation": conversation,
        "created_at": (NOW + timedelta(seconds=number)).isoformat(timespec="seconds"),
        "delete_after": (NOW + timedelta(days=30)).isoformat(timespec="seconds"),
        "status": OPEN,
        "contact_id": None,
        "language": "ar",
        "municipality": "duelmen",
        "need": "kita",
        "name": NAME,
        "reach": "0151 0000000",
        "when_to_call": "vormittags",
        "note": None,
        "summary": f"Bitte um Rückruf für {NAME}.",
    }
    return Callback(**{**values, **changes})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "handovers.sqlite"


@pytest.fixture
def store(path):
    return HandoverStore(path)


def put(store, number=1, **changes):
    one = callback(number, **changes)
    item = callback_item(one)
    store.add(one, [item])
    return item


def later(**delta):
    return NOW + timedelta(**delta)


# Storing


def test_a_callback_comes_back_as_it_was_stored(store):
    one = callback(interpreter=True, wants_woman=True, organization="org", note="Bitte leise")
    store.add(one)
    assert store.get(one.reference) == one
    assert store.all() == [one]
    assert store.get("L-ZZZZ-9999") is None


def test_callback_and_outbox_are_stored_together_or_not_at_all(store):
    broken = OutboxItem("k2", "L-AAAA-0001", None, "{}", NOW.isoformat())  # kind must not be null
    one = callback()
    with pytest.raises(sqlite3.IntegrityError):
        store.add(one, [callback_item(one), broken])
    assert store.get(one.reference) is None
    assert store.pending() == 0
    # and the store still works
    store.add(one, [callback_item(one)])
    assert store.pending() == 1


def test_the_same_key_twice_is_one_item(store):
    item = OutboxItem("stale:1", "offer-1", "stale_offer", '{"a": 1}', NOW.isoformat())
    again = OutboxItem("stale:1", "offer-1", "stale_offer", '{"a": 2}', NOW.isoformat())
    assert store.enqueue([item]) == 1
    assert store.enqueue([again]) == 0
    assert [found.payload for found in store.claim_due(NOW)] == ['{"a": 1}']
    store.sent("stale:1", NOW)
    assert store.enqueue([item]) == 0, "what was sent is not sent again"
    assert store.claim_due(later(days=1)) == []


def test_a_power_cut_does_not_lose_a_callback_and_deleting_overwrites(store):
    connection = store._database.conn
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert connection.execute("PRAGMA secure_delete").fetchone()[0] == 1


# Claiming


def test_a_claimed_item_is_nobody_elses_until_the_lease_is_over(store):
    item = put(store)
    first = store.claim_due(NOW, lease_seconds=60)
    assert first == [item]
    assert store.claim_due(later(seconds=59)) == []
    assert store.holds(first[0])
    second = store.claim_due(later(seconds=60))
    assert second == [item]
    assert store.holds(second[0]) and not store.holds(first[0])


def test_items_come_oldest_first_and_as_many_as_asked(store):
    items = [put(store, number) for number in (3, 1, 2)]
    assert [found.key for found in store.claim_due(NOW, limit=2)] == [items[1].key, items[2].key]
    assert [found.key for found in store.claim_due(NOW, limit=2)] == [items[0].key]


def test_many_workers_never_share_an_item(path):
    store = HandoverStore(path)
    keys = {put(store, number).key for number in range(60)}
    stores = [HandoverStore(path) for _ in range(6)]

    def take(own):
        taken = []
        while batch := own.claim_due(NOW, limit=3):
            taken += [item.key for item in batch]
        return taken

    with ThreadPoolExecutor(len(stores)) as pool:
        taken = [key for keys_of_one in pool.map(take, stores) for key in keys_of_one]
    assert len(taken) == 60
    assert set(taken) == keys


def test_items_put_back_are_due_at_once(store):
    put(store, 1)
    put(store, 2)
    claimed = store.claim_due(NOW, lease_seconds=1000)
    store.sent(claimed[0].key, NOW)
    store.put_back(claimed)
    assert [item.key for item in store.claim_due(NOW)] == [claimed[1].key]


# Failing


def test_waiting_gets_longer_up_to_an_hour_and_differs():
    for attempts in range(1, 40):
        expected = FIRST_DELAY * 2 ** (attempts - 1)
        waits = {back_off(attempts) for _ in range(20)}
        assert all(wait >= min(expected * 0.75, LONGEST_DELAY * 0.75) for wait in waits)
        assert all(wait <= min(expected * 1.25, LONGEST_DELAY) for wait in waits)
        if attempts < 5:
            assert len(waits) > 1


def test_a_failed_item_waits_its_turn(store):
    item = put(store)
    store.claim_due(NOW)
    assert store.failed(item.key, "server is away", NOW) is False
    assert store.claim_due(later(seconds=22)) == []
    found = store.claim_due(later(seconds=38))
    assert [(one.attempts, one.error) for one in found] == [(1, "server is away")]


def test_the_receiver_may_ask_for_more_patience_but_not_for_ever(store):
    item = put(store)
    store.claim_due(NOW)
    store.failed(item.key, "429", NOW, retry_after=600)
    assert store.claim_due(later(seconds=599)) == []
    assert store.claim_due(later(seconds=600))
    store.failed(item.key, "429", NOW, retry_after=10**9)
    assert store.claim_due(later(seconds=LONGEST_DELAY))


def test_after_twelve_failures_it_is_dead_seen_and_can_be_retried(store):
    item = put(store)
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert store.claim_due(now), attempt
        dead = store.failed(item.key, f"failure {attempt}", now)
        assert dead == (attempt == MAX_ATTEMPTS)
        now += timedelta(hours=2)
    assert store.claim_due(now) == []
    assert store.pending() == 0
    assert [(one.key, one.attempts, one.error) for one in store.dead()] == [
        (item.key, MAX_ATTEMPTS, f"failure {MAX_ATTEMPTS}")
    ]
    assert letter_of(store.dead()[0]).reference == item.reference, "the payload is still there"
    assert store.retry(item.key) is True
    assert store.retry(item.key) is False
    assert store.dead() == []
    found = store.claim_due(now)
    assert found == [OutboxItem(**{**vars(item), "error": f"failure {MAX_ATTEMPTS}"})]


def test_a_permanent_failure_is_dead_at_once(store):
    item = put(store)
    store.claim_due(NOW)
    assert store.failed(item.key, "550", NOW, permanent=True) is True
    assert len(store.dead()) == 1


def test_a_late_failure_does_not_undo_a_success(store):
    item = put(store)
    store.claim_due(NOW)
    store.sent(item.key, NOW)
    assert store.failed(item.key, "too late", NOW, permanent=True) is False
    assert store.dead() == [] and store.pending() == 0


# Sending and forgetting


def test_sending_empties_the_payload_and_marks_the_callback(store, path):
    item = put(store)
    other = put(store, 2)
    store.claim_due(NOW, limit=1)
    assert store.sent(item.key, later(seconds=3), external="zammad:7") is True
    assert store.sent(item.key, later(seconds=9)) is False
    row = sqlite3.connect(path).execute(
        "SELECT state, payload, error, sent_at FROM outbox WHERE key = ?", [item.key]
    )
    assert row.fetchone() == ("sent", "", None, later(seconds=3).isoformat())
    assert store.get(item.reference).delivered_at == later(seconds=3).isoformat()
    assert store.get(other.reference).delivered_at is None
    assert store.reference_for("zammad:7") == item.reference
    assert store.reference_for("zammad:8") is None


def test_nothing_of_an_erased_person_stays_in_the_file(store, path):
    put(store)
    files = [path, path.with_name(path.name + "-wal")]
    assert any(NAME.encode() in file.read_bytes() for file in files if file.exists())
    store.erase("L-AAAA-0001")
    store._database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not any(NAME.encode() in file.read_bytes() for file in files if file.exists())


@pytest.mark.parametrize("way", ["erase", "erase_conversation", "expire"])
def test_erasing_a_callback_erases_its_outbox(store, way):
    gone = put(store, 1, conversation="c1")
    stays = put(store, 2, conversation="c2", delete_after=later(days=60).isoformat())
    claimed = store.claim_due(NOW, limit=1)
    count = {
        "erase": lambda: store.erase(gone.reference),
        "erase_conversation": lambda: store.erase_conversation("c1"),
        "expire": lambda: store.expire(later(days=31)),
    }[way]()
    assert count == 1
    assert not store.holds(claimed[0]), "a worker on its way to send it must see that it is gone"
    assert store.sent(gone.key, NOW) is False
    assert store.failed(gone.key, "x", NOW) is False
    assert [one.reference for one in store.all()] == [stays.reference]
    assert store.pending() == 1


def test_expiry_says_how_many_people_were_never_helped_and_not_who(store, caplog):
    put(store, 1)
    put(store, 2)
    delivered = put(store, 3)
    put(store, 4)
    store.claim_due(NOW)
    store.sent(delivered.key, NOW)
    store.claim("L-AAAA-0004", "erika")
    with caplog.at_level(logging.ERROR):
        assert store.expire(later(days=29)) == 0
        assert caplog.records == []
        assert store.expire(later(days=31)) == 4
    assert [record.getMessage().split()[0] for record in caplog.records] == ["2"]
    assert NAME not in caplog.text and "L-AAAA" not in caplog.text


def test_the_empty_note_of_something_without_callback_is_forgotten_too(store, path):
    store.enqueue([OutboxItem("stale:1", "offer-1", "stale_offer", "{}", NOW.isoformat())])
    store.claim_due(NOW)
    store.sent("stale:1", NOW)
    count = "SELECT count(*) FROM outbox"
    store.expire(later(days=29))
    assert sqlite3.connect(path).execute(count).fetchone()[0] == 1
    store.expire(later(days=31))
    assert sqlite3.connect(path).execute(count).fetchone()[0] == 0


def test_closing_sets_the_day_of_deletion_and_drops_what_was_not_sent(store):
    item = put(store)
    claimed = store.claim_due(NOW)
    assert store.close(item.reference, NOW, 30) is True
    assert store.close("L-ZZZZ-9999", NOW, 30) is False
    one = store.get(item.reference)
    assert (one.status, one.delete_after) == ("closed", later(days=30).isoformat())
    assert not store.holds(claimed[0])
    assert store.pending() == 0


def test_only_the_first_who_claims_a_callback_has_it(store):
    put(store)
    assert store.claim("L-AAAA-0001", "erika") is True
    assert store.claim("L-AAAA-0001", "hans") is False
    assert store.claim("L-AAAA-0001", "erika") is True
    assert store.get("L-AAAA-0001").claimed_by == "erika"
    assert store.release("L-AAAA-0001") is True
    assert store.claim("L-AAAA-0001", "hans") is True
    store.close("L-AAAA-0001", NOW, 30)
    assert store.claim("L-AAAA-0001", "hans") is False


def test_a_note_is_kept_replaced_and_taken_away(store):
    put(store)
    for note in ("Rückruf versucht", "erreicht", None):
        assert store.set_note("L-AAAA-0001", note) is True
        assert store.get("L-AAAA-0001").note == note
    assert store.set_note("L-ZZZZ-9999", "x") is False


# Migrating


def old_database(path):
    database = open_database(path, HANDOVERS[:1])
    columns = [row[1] for row in database.execute("PRAGMA table_info(callbacks)")]
    values = vars(callback())
    database.table("callbacks").insert({name: values[name] for name in columns})
    database.conn.close()


def test_callbacks_from_before_the_outbox_are_kept(path):
    old_database(path)
    assert HandoverStore(path).all() == [callback()]


def test_several_processes_may_open_an_old_database_at_once(path):
    old_database(path)
    barrier = threading.Barrier(6)

    def opened(_):
        barrier.wait()
        return HandoverStore(path).all()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(opened, range(6))) == [[callback()]] * 6


def test_a_migration_that_breaks_off_leaves_the_form_before_it(path):
    def m002_breaks(database):
        database.execute("ALTER TABLE callbacks ADD COLUMN half TEXT")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        open_database(path, [m001_handovers, m002_breaks])
    assert HandoverStore(path).all() == []


# The letter


def test_the_letter_says_what_staff_need_and_the_subject_says_nothing_about_the_person():
    one = callback(reach="amira@example.org", interpreter=True, wants_woman=True, note="Klingeln")
    letter = letter_of(callback_item(one, recipient="kita@example.org"))
    assert letter.subject == "Bitte um Rückruf L-AAAA-0001"
    assert letter.recipient == "kita@example.org"
    assert letter.reply_to == "amira@example.org"
    for words in (one.summary, "dolmetscht", "Frau", "Klingeln", one.reference, "01.04.2026"):
        assert words in letter.text
    assert "02.03.2026, 10:30 Uhr" in letter.text, "German time, not UTC"
    bare = letter_of(callback_item(callback()))
    assert bare.reply_to is None and bare.recipient is None
    for words in ("dolmetscht", "Frau", "Notiz", "antworten"):
        assert words not in bare.text
    assert NAME not in repr(bare) and NAME not in repr(callback_item(callback()))


@pytest.mark.parametrize(
    "payload",
    ["", "[]", "{}", '{"reference": "x", "subject": 5, "text": "y"}', '{"text": "y", "cc": "z"}'],
)
def test_a_payload_that_is_no_letter_is_given_up_not_guessed(payload):
    with pytest.raises(PermanentFailure):
        letter_of(OutboxItem("k", "r", "callback", payload, NOW.isoformat()))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "a@b@c",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "Amira <a@example.org>",
        "ämira@example.org",
        "a b@example.org",
        "a@" + "b" * 300 + ".org",
    ],
)
def test_only_one_plain_address_may_stand_in_a_header(text):
    assert plain_address(text) is None


def test_a_plain_address_is_kept():
    assert plain_address(" amira.b+x@mail.example.org ") == "amira.b+x@mail.example.org"


# The worker


class Recorder:
    """A notifier that does what its script says for each key, and remembers."""

    name = "recorder"

    def __init__(self, script=None, before=None):
        self.script = script or {}
        self.before = before
        self.delivered = []
        self.closed = 0

    def deliver(self, item):
        if self.before:
            self.before(item)
        outcome = self.script.get(item.key)
        if isinstance(outcome, BaseException):
            raise outcome
        self.delivered.append(item.key)
        return outcome

    def close(self):
        self.closed += 1


def worker(store, notifier, clock=lambda: NOW, **options):
    return DeliveryWorker(store, notifier, clock, **options)


def test_the_worker_notes_what_became_of_each_item(store, caplog):
    items = [put(store, number) for number in range(4)]
    notifier = Recorder(
        {
            items[0].key: "ticket:1",
            items[1].key: TemporaryFailure("away", retry_after=500),
            items[2].key: PermanentFailure("refused"),
        }
    )
    with caplog.at_level(logging.WARNING):
        assert worker(store, notifier).run_once() == 4
    assert notifier.delivered == [items[0].key, items[3].key]
    assert notifier.closed == 1
    assert store.reference_for("ticket:1") == items[0].reference
    assert [(one.key, one.error) for one in store.dead()] == [(items[2].key, "refused")]
    assert store.pending() == 1
    assert store.claim_due(later(seconds=499)) == []
    assert [one.key for one in store.claim_due(later(seconds=500))] == [items[1].key]
    assert NAME not in caplog.text
    assert worker(store, notifier).run_once() == 0


def test_the_note_is_written_before_the_connection_is_closed(store):
    """Between the server's "accepted" and our note nothing else may happen."""
    put(store)
    states = []

    class Watching(Recorder):
        def close(self):
            states.append(store.pending())

    worker(store, Watching()).run_once()
    assert states == [0]


def test_what_is_withdrawn_while_the_worker_is_busy_is_not_sent(store):
    first, second = put(store, 1), put(store, 2)
    notifier = Recorder(before=lambda item: store.erase(second.reference))
    worker(store, notifier).run_once()
    assert notifier.delivered == [first.key]


def test_an_error_nobody_thought_of_is_seen_and_counted(store):
    item, other = put(store, 1), put(store, 2)
    notifier = Recorder({item.key: ZeroDivisionError(NAME)})
    with pytest.raises(ZeroDivisionError):
        worker(store, notifier).run_once()
    assert notifier.closed == 1
    found = store.claim_due(later(hours=1))
    assert {one.key: one.error for one in found} == {
        item.key: "unexpected ZeroDivisionError",
        other.key: None,
    }


def test_a_slow_receiver_does_not_outlast_the_lease(store):
    keys = [put(store, number).key for number in range(3)]
    time = [NOW]

    def slow(item):
        time[0] += timedelta(seconds=40)

    notifier = Recorder(before=slow)
    assert worker(store, notifier, lambda: time[0], lease_seconds=60).run_once() == 1
    assert notifier.delivered == keys[:1]
    # the rest was put back and need not wait for the lease
    assert [one.key for one in store.claim_due(time[0])] == keys[1:]


def test_a_stop_ends_the_batch_and_puts_the_rest_back(store):
    keys = [put(store, number).key for number in range(3)]
    stop = threading.Event()
    notifier = Recorder(before=lambda item: stop.set())
    worker(store, notifier, stop=stop).run()
    assert notifier.delivered == keys[:1]
    assert [one.key for one in store.claim_due(NOW)] == keys[1:]


class Stop(threading.Event):
    """An event that does not really wait, and sets itself after some waits."""

    def __init__(self, waits):
        super().__init__()
        self.waits = waits

    def wait(self, timeout=None):
        self.waits -= 1
        if self.waits <= 0:
            self.set()
        return self.is_set()


def test_a_busy_database_is_no_reason_to_send_twice(store):
    put(store)

    class Busy:
        failures = 3

        def __getattr__(self, name):
            return getattr(store, name)

        def sent(self, key, now, external=None):
            if self.failures:
                self.failures -= 1
                raise sqlite3.OperationalError("database is locked")
            return store.sent(key, now, external)

    notifier = Recorder()
    worker(Busy(), notifier, stop=Stop(100)).run_once()
    assert len(notifier.delivered) == 1
    assert store.pending() == 0


def test_the_loop_goes_on_after_a_database_error(store, caplog):
    put(store)

    class Broken:
        failures = 2

        def __getattr__(self, name):
            return getattr(store, name)

        def claim_due(self, *arguments):
            if self.failures:
                self.failures -= 1
                raise sqlite3.OperationalError("disk I/O error")
            return store.claim_due(*arguments)

    notifier = Recorder()
    worker(Broken(), notifier, stop=Stop(3)).run()
    assert len(notifier.delivered) == 1
    assert "outbox cannot be read" in caplog.text


def test_a_dead_letter_keeps_its_place_in_the_table_only_as_dead(store, path):
    item = put(store)
    worker(store, Recorder({item.key: PermanentFailure("no")})).run_once()
    state = sqlite3.connect(path).execute("SELECT state, payload FROM outbox").fetchone()
    assert state[0] == DEAD
    assert json.loads(state[1])["reference"] == item.reference
    assert Letter(**json.loads(state[1])) == letter_of(item)
