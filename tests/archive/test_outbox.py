"""A message is kept with its cause, sent at least once, and never lost from sight."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from idolens.archive.database import Database
from idolens.archive.deliveries import Deliveries
from idolens.archive.migrate import upgrade
from idolens.archive.outbox import Outbox
from idolens.archive.outbox_tables import alert_change, outbox_event
from idolens.archive.parcel import AlertChange
from idolens.archive.reserve import Reserve
from idolens.errors import ArchiveError, NotFoundError

PAYLOAD = {"type": "alert.fired", "timestamp": "2026-11-23T08:00:00+00:00", "data": {}}
LEASE_MS = 60_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outbox")
    database = Database(folder / "idolens.sqlite", Reserve(folder / "reserve", 0))
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _empty(database):
    empty(database)


def empty(database):
    with database.write() as connection:
        for table in ("alert_change", "outbox_event", "outbox_closure"):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - ours


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbox(database, clock):
    return Outbox(database, clock)


@pytest.fixture
def seen(database, clock):
    return Deliveries(database, clock)


def a_change(**changes):
    facts = {
        "rule": "disk",
        "change": "fired",
        "severity": 2,
        "value": 0.04,
        "at_ms": 7,
        "since_ms": 5,
    }
    return AlertChange(**(facts | changes))


def test_a_message_and_its_cause_are_one(outbox, database):
    """What cannot be kept whole is not kept at all."""
    event_id = outbox.add_alert(a_change(), PAYLOAD, ["ops", "boss"])

    assert event_id.startswith("evt_")
    with pytest.raises(ArchiveError):
        outbox.add_alert(a_change(rule=None), PAYLOAD, ["ops"])
    with database.read() as connection:
        assert (
            connection.execute(select(func.count()).select_from(outbox_event)).scalar()
            == 1
        )
        assert connection.execute(select(alert_change.c.event_id)).scalar() == event_id


def test_each_target_gets_it_once_when_all_is_well(outbox, seen):
    """Two targets, one message each; nothing is left."""
    event_id = outbox.add(PAYLOAD, ["ops", "boss"])
    for target in ("ops", "boss"):
        parcel = outbox.lease(target, for_ms=LEASE_MS)

        assert (parcel.event_id, parcel.number, parcel.payload) == (
            event_id,
            1,
            PAYLOAD,
        )
        assert outbox.lease(target, for_ms=LEASE_MS) is None
        outbox.settle(parcel, "delivered", "200", took_ms=3, again_in_ms=None)
        assert outbox.lease(target, for_ms=LEASE_MS) is None

    assert {one.state for one in seen.newest()} == {"delivered"}
    assert seen.depth().waiting == 0


def test_a_sender_that_died_is_followed_by_another(outbox, clock):
    """When the lease has run out, the same message comes under the same id."""
    outbox.add(PAYLOAD, ["ops"])
    first = outbox.lease("ops", for_ms=LEASE_MS)
    clock.now += LEASE_MS - 1

    assert outbox.lease("ops", for_ms=LEASE_MS) is None
    clock.now += 1
    second = outbox.lease("ops", for_ms=LEASE_MS)
    assert (second.event_id, second.number) == (first.event_id, 2)


def test_a_late_word_of_the_first_does_not_take_it_from_the_second(outbox, clock, seen):
    """A failure told after the lease is over changes nothing; a success does."""
    outbox.add(PAYLOAD, ["ops"])
    first = outbox.lease("ops", for_ms=LEASE_MS)
    clock.now += LEASE_MS
    outbox.lease("ops", for_ms=LEASE_MS)
    outbox.settle(first, "failed", "500", took_ms=1, again_in_ms=None)

    assert seen.newest()[0].state == "waiting"
    outbox.settle(first, "delivered", "200", took_ms=1, again_in_ms=None)
    assert seen.newest()[0].state == "delivered"


def test_a_failure_waits_and_the_last_one_is_dead_not_gone(outbox, clock, seen):
    """It comes again when it is due; at the end it lies there with its reason."""
    event_id = outbox.add(PAYLOAD, ["ops"])
    parcel = outbox.lease("ops", for_ms=LEASE_MS)
    outbox.settle(parcel, "failed", "503", took_ms=1, again_in_ms=5000)
    clock.now += 4999

    assert outbox.lease("ops", for_ms=LEASE_MS) is None
    clock.now += 1
    parcel = outbox.lease("ops", for_ms=LEASE_MS)
    outbox.settle(parcel, "failed", "timeout", took_ms=1, again_in_ms=None)
    (dead,) = seen.newest()
    assert (dead.event_id, dead.state, dead.tries, dead.reason) == (
        event_id,
        "dead",
        2,
        "timeout",
    )
    assert seen.depth().dead == 1
    clock.now += 10**9
    assert outbox.lease("ops", for_ms=LEASE_MS) is None


def test_the_dead_are_sent_again_on_request(outbox, seen):
    """All that are dead, or one by its id, delivered or not."""
    first, second = outbox.add(PAYLOAD, ["ops"]), outbox.add(PAYLOAD, ["ops"])
    for _ in range(2):
        parcel = outbox.lease("ops", for_ms=LEASE_MS)
        how = "failed" if parcel.event_id == first else "delivered"
        outbox.settle(parcel, how, "x", took_ms=1, again_in_ms=None)

    assert outbox.replay() == 1
    assert outbox.lease("ops", for_ms=LEASE_MS).event_id == first
    assert outbox.replay(second) == 1
    assert outbox.lease("ops", for_ms=LEASE_MS).event_id == second
    with pytest.raises(NotFoundError, match="alerts list"):
        outbox.replay("evt_none")
    assert seen.depth().dead == 0


def test_a_closed_target_wants_no_more_until_it_moves(outbox, seen):
    """410 closes the address; another address, or opening it, ends that."""
    outbox.add(PAYLOAD, ["ops", "boss"])
    seen.close_target("ops", "a" * 64)

    assert seen.is_closed("ops", "a" * 64)
    assert not seen.is_closed("ops", "b" * 64)
    assert not seen.is_closed("boss", "a" * 64)
    assert outbox.lease("ops", for_ms=LEASE_MS) is None
    assert outbox.lease("boss", for_ms=LEASE_MS) is not None
    assert seen.depth().dead == 1
    seen.close_target("ops", "b" * 64)
    seen.open_target("ops")
    assert not seen.is_closed("ops", "b" * 64)


def test_the_last_change_of_every_alarm_is_known(outbox):
    """After a restart it is known what people know."""
    outbox.add_alert(a_change(), PAYLOAD, [])
    outbox.add_alert(a_change(rule="slow"), PAYLOAD, [])
    outbox.add_alert(a_change(change="cleared"), PAYLOAD, [])

    assert [(one.rule, one.change) for one in outbox.last_changes()] == [
        ("slow", "fired"),
        ("disk", "cleared"),
    ]


def test_how_long_the_oldest_has_waited(outbox, clock, seen):
    """The age is that of the oldest message that still waits."""
    outbox.add(PAYLOAD, ["ops"])
    clock.now += 3000
    outbox.add(PAYLOAD, ["ops"])
    clock.now += 2000

    assert (seen.depth().waiting, seen.depth().oldest_ms) == (2, 5000)


def test_what_happened_cannot_be_changed(outbox, database):
    """Triggers refuse to rewrite a message, a cause or a try."""
    outbox.add_alert(a_change(), PAYLOAD, ["ops"])
    parcel = outbox.lease("ops", for_ms=1)
    outbox.settle(parcel, "failed", "x", took_ms=1, again_in_ms=1)
    for table in ("outbox_event", "alert_change", "delivery_attempt"):
        with (
            pytest.raises(ArchiveError, match="append-only"),
            database.write() as connection,
        ):
            connection.exec_driver_sql(f"UPDATE {table} SET at_ms = 0")  # noqa: S608 - ours


acts = st.lists(
    st.tuples(
        st.sampled_from(["add", "lease", "die", "deliver", "fail", "wait"]),
        st.integers(0, 90_000),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(acts)
def test_nothing_is_lost_whoever_dies(database, steps):
    """Whatever senders do, each message is delivered, dead or still to be had."""
    empty(database)
    clock = Clock()
    outbox, held, added = Outbox(database, clock), [], set()
    seen = Deliveries(database, clock)
    for act, amount in steps:
        if act == "add":
            added.add(outbox.add(PAYLOAD, ["ops"]))
        elif act == "lease":
            parcel = outbox.lease("ops", for_ms=LEASE_MS)
            held += [(parcel, clock.now)] if parcel else []
        elif act == "wait":
            clock.now += amount
        elif held and act == "die":
            held.pop()
        elif held:
            parcel, _ = held.pop()
            how = "delivered" if act == "deliver" else "failed"
            outbox.settle(parcel, how, "x", took_ms=1, again_in_ms=amount)
        leased = [one.event_id for one, at in held if clock.now < at + LEASE_MS]
        assert len(leased) == len(set(leased))
    states = {one.event_id: one.state for one in seen.newest(most=1000)}
    assert set(states) == added
    clock.now += 10**9
    found = set()
    while parcel := outbox.lease("ops", for_ms=LEASE_MS):
        found.add(parcel.event_id)
        outbox.settle(parcel, "delivered", "x", took_ms=1, again_in_ms=None)
    assert found == {one for one, state in states.items() if state == "waiting"}


CRASH = """
import os, sys
from idolens.archive import open_archive
from idolens.archive.parcel import AlertChange
from idolens.settings import Settings
settings = Settings(home=sys.argv[1], disk_reserve_mib=1)
with open_archive(settings) as archive:
    for number in range(10_000):
        change = AlertChange(rule=f"r{number}", change="fired", severity=1, value=None,
                             at_ms=number, since_ms=number)
        archive.outbox.add_alert(change, {"type": "alert.fired"}, ["ops"])
        print(number, flush=True)
"""


@pytest.mark.slow
def test_a_killed_process_leaves_no_cause_without_its_message(tmp_path):
    """After SIGKILL in the midst of writing, causes and messages are as many."""
    for round_ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", CRASH, str(tmp_path)],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": "src"},
            text=True,
        )
        said = [writer.stdout.readline() for _ in range(20 + 7 * round_)]
        writer.kill()
        writer.wait()
        writer.stdout.close()
        assert said[-1].strip().isdecimal()
    database = Database(tmp_path / "idolens.sqlite", Reserve(tmp_path / "reserve", 0))
    with database.read() as connection:
        causes = connection.execute(select(func.count()).select_from(alert_change))
        events = connection.execute(select(func.count()).select_from(outbox_event))
        assert causes.scalar() == events.scalar() >= 20 + 27 + 34
    database.close()
