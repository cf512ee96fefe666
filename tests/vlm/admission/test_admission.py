"""Turns at the door: how many, who first, who is sent away."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from idolens.errors import EngineBusyError, QuestionError
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm.admission import (
    Admission,
    Priority,
    Refusal,
    Rules,
    Stage,
    Step,
    Turn,
    WaitingEngine,
    doors,
    ran_out,
    room,
)
from idolens.vlm.question import YesNo
from idolens.vocabulary import QuestionKey
from tests.fakes import FakeEngine

PICTURE = Picture(np.zeros((8, 8, 3), np.uint8))
QUESTIONS = [YesNo(key=QuestionKey("q"), instruction="有人吗?")]
ALERT, REVIEWER, CHAT, BATCH = reversed(Priority)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def door(
    clock: Callable[[], float] | None = None,
    shortages: Callable[[], int] = int,
    **more: float,
) -> Admission:
    rules = {
        "start": 1,
        "ceiling": 1,
        "kept": 0,
        "waiting": 4,
        "wait_s": 10.0,
        "slow_s": 2.0,
        **more,
    }
    return Admission(Rules(**rules), clock=clock or Clock(), shortages=shortages)


def join(at: Admission, priority: Priority = REVIEWER) -> Turn:
    return at.join(priority, lambda: None)


def served(at: Admission, *turns: Turn) -> list[Turn]:
    """Give back whatever has begun, until all have had their turn; in which order?"""
    order: list[Turn] = []
    while begun := [one for one in turns if one.stage is Stage.BEGUN]:
        order += begun
        for one in begun:
            at.done(one)
    return order


def test_the_more_urgent_goes_first_and_chat_the_newest_first():
    """Whoever came when: alert, reviewer, chat (the last first), batch."""
    at = door(waiting=20)
    running = join(at)
    came = [join(at, one) for one in (BATCH, CHAT, REVIEWER, CHAT, BATCH, ALERT)]
    came.append(join(at, REVIEWER))
    at.done(running)

    order = served(at, *came)

    assert [turn.priority for turn in order] == [
        ALERT,
        *[REVIEWER] * 2,
        *[CHAT] * 2,
        *[BATCH] * 2,
    ]
    assert [came.index(turn) for turn in order] == [5, 2, 6, 3, 1, 0, 4]


def test_places_are_reserved_for_the_more_urgent():
    """Of four places recordings take two and chats three; an alert has one on top."""
    at = door(start=4, ceiling=4, kept=1)

    batch = [join(at, BATCH).stage for _ in range(3)]
    chat = [join(at, CHAT).stage for _ in range(2)]
    people = [join(at, REVIEWER).stage for _ in range(2)]
    alerts = [join(at, ALERT).stage for _ in range(2)]

    begun, waits = Stage.BEGUN, Stage.WAITING
    assert (batch, chat) == ([begun, begun, waits], [begun, waits])
    assert (people, alerts) == ([begun, waits], [begun, waits])


def test_a_recording_waits_beside_a_free_place():
    """The second place of two is for whoever cannot wait."""
    at = door(start=2, ceiling=2)
    assert join(at, BATCH).stage is Stage.BEGUN
    assert join(at, BATCH).stage is Stage.WAITING
    assert join(at, REVIEWER).stage is Stage.BEGUN


def test_who_comes_when_all_is_full_is_refused_unless_more_urgent():
    """Then whoever would have come last has to go, and is told so."""
    at = door(waiting=2)
    join(at)
    woken: list[str] = []
    waits = at.join(BATCH, lambda: woken.append("batch"))
    join(at, REVIEWER)

    late = join(at, BATCH)
    person = join(at, REVIEWER)
    another = join(at, REVIEWER)

    assert late.refusal is Refusal.FULL
    assert waits.refusal is Refusal.PUSHED_OUT
    assert woken == ["batch"]
    assert person.stage is Stage.WAITING
    assert another.refusal is Refusal.FULL


def test_a_new_chat_takes_the_place_of_the_oldest():
    """Nobody waits for the answer to an old line of a live chat any more."""
    at = door(waiting=2)
    join(at)
    first, second, third = (join(at, CHAT) for _ in range(3))

    assert first.refusal is Refusal.PUSHED_OUT
    assert (second.stage, third.stage) == (Stage.WAITING, Stage.WAITING)


def test_recordings_wait_for_as_long_as_it_takes():
    """They count towards no limit, and cannot be pushed out."""
    at = door(waiting=0)
    join(at)
    patient = [at.join(BATCH, lambda: None, patient=True) for _ in range(9)]

    assert join(at).refusal is Refusal.FULL
    assert all(turn.stage is Stage.WAITING for turn in patient)


def test_who_could_not_be_answered_in_time_is_told_at_once():
    """A refusal after ten seconds would help nobody."""
    clock = Clock()
    at = door(clock, waiting=99, wait_s=5.0)
    for _ in range(5):
        turn = join(at)
        clock.now += 2.0
        at.done(turn)

    turns = [join(at) for _ in range(4)]

    stages = [turn.stage for turn in turns]
    assert stages == [Stage.BEGUN, Stage.WAITING, Stage.WAITING, Stage.REFUSED]
    assert turns[-1].refusal is Refusal.HOPELESS
    assert turns[-1].retry_s == pytest.approx(6.0)


def test_how_long_others_wait_follows_from_the_whole_turn():
    """A reply shows with its first word how fast the engine is, and goes on talking."""
    clock = Clock()
    at = door(clock, waiting=99, wait_s=30.0)
    for _ in range(5):
        turn = join(at)
        clock.now += 20.0
        at.done(turn, seconds=0.5)

    turns = [join(at) for _ in range(3)]

    assert [turn.refusal for turn in turns] == [None, None, Refusal.HOPELESS]
    assert not at.state.lowered


def test_a_turn_that_is_left_goes_to_nobody():
    """Whoever hangs up while they wait never reaches the engine."""
    at = door()
    running, gone, stays = join(at), join(at), join(at)

    assert at.leave(gone, Refusal.LEFT)
    assert served(at, running, gone, stays) == [running, stays]
    assert gone.refusal is Refusal.LEFT


def test_the_limit_falls_when_memory_ran_out_and_when_all_is_slow():
    """Told by the engine's own count, by an error's words, or by the clock."""
    clock, shortages = Clock(), [0]
    at = door(clock, lambda: shortages[0], start=8, ceiling=8)

    turn = join(at)
    shortages[0] = 1
    clock.now += 0.1
    at.done(turn)
    assert (at.state.limit, at.state.short) == (4, True)

    turn = join(at)
    clock.now += 0.1
    at.done(turn, failed=RuntimeError("CUDA out of memory."))
    assert at.state.limit == 2

    turn = join(at)
    clock.now += 9.0
    at.done(turn)
    assert at.state.limit == 2  # 1.8

    turn = join(at)
    clock.now += 0.1
    at.done(turn, failed=EngineBusyError("busy", "忙"))
    assert at.state.lowered


def test_a_wrong_question_says_nothing_of_the_load():
    """Nor does a recording's long turn, nor a request of many questions."""
    clock = Clock()
    at = door(clock, start=4, ceiling=4)

    for priority, failed, questions in (
        (REVIEWER, QuestionError("no", "不"), 1),
        (BATCH, None, 1),
        (REVIEWER, None, 100),
    ):
        turn = join(at, priority)
        clock.now += 15.0
        at.done(turn, failed=failed, questions=questions)

    assert at.state.limit == 4


def crowd(at: Admission, clock: Clock, seconds: float) -> list[Turn]:
    """Let people wait for so long that less is given."""
    turns = [join(at) for _ in range(3)]
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        _ = at.state
    return turns


def test_on_the_last_step_nobody_waits():
    """A free place is given, an alert waits all the same, the rest is refused."""
    clock = Clock()
    at = door(clock)
    turns = crowd(at, clock, 9.5)
    assert at.state.step is Step.CACHED
    assert at.step_for(ALERT) is Step.WHOLE

    refused, alert = join(at), join(at, ALERT)
    for turn in turns[1:]:
        at.leave(turn, Refusal.LEFT)
    at.leave(alert, Refusal.LEFT)
    at.done(turns[0])

    assert refused.refusal is Refusal.BROWNOUT
    assert alert.refusal is Refusal.LEFT
    assert join(at).stage is Stage.BEGUN


def test_everything_is_given_again_when_all_is_quiet():
    """However long nobody asks: the first who does gets a whole answer."""
    clock = Clock()
    at = door(clock)
    turns = crowd(at, clock, 9.5)
    assert at.state.step > Step.WHOLE

    served(at, *turns)
    clock.now += 600.0

    assert join(at).stage is Stage.BEGUN
    assert at.step_for(REVIEWER) is Step.WHOLE


def test_recordings_that_wait_are_no_pressure():
    """They give way all night, and nobody gets less for it."""
    clock = Clock()
    at = door(clock)
    join(at)
    at.join(BATCH, lambda: None, patient=True)
    clock.now += 600.0

    assert at.state.oldest_s == 0.0
    assert at.state.step is Step.WHOLE


def test_an_alert_gets_past_a_recording_that_is_at_work():
    """The engine for jobs yields between its calls, and alerts have their own place."""
    at = Admission(door(kept=1).rules)
    begun, go_on = threading.Event(), threading.Event()

    def slow(_picture, _question):
        begun.set()
        assert go_on.wait(20)
        return "yes"

    jobs = WaitingEngine(FakeEngine(reply=slow), at, BATCH)
    job = threading.Thread(target=jobs.answer, args=([PICTURE], QUESTIONS))
    job.start()
    assert begun.wait(20)
    with at.turn(ALERT):
        assert at.state.running == 2
    go_on.set()
    job.join()

    assert at.state.running == 0


def test_many_threads_never_are_more_than_the_limit():
    """And every one of them has its turn."""
    at = Admission(door(start=3, ceiling=3, kept=1).rules)
    lock, inside, most, done = threading.Lock(), [0], [0], [0]

    def come(priority: Priority) -> None:
        for _ in range(20):
            with at.turn(priority):
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                with lock:
                    inside[0] -= 1
                    done[0] += 1

    threads = [threading.Thread(target=come, args=(one,)) for one in [*Priority] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert done[0] == 20 * len(threads)
    assert most[0] <= 4
    assert (at.state.running, at.state.waiting) == (0, 0)


def test_an_engine_that_fails_gives_its_turn_back():
    """And nothing else changes: name, model, what is raised."""

    def broken(_picture, _question):
        raise EngineBusyError("busy", "忙")

    inner = FakeEngine(reply=broken)
    at = door()
    engine = WaitingEngine(inner, at, BATCH)

    with pytest.raises(EngineBusyError):
        engine.answer([PICTURE], QUESTIONS)
    assert at.state.running == 0
    assert (engine.name, engine.model) == (inner.name, inner.model)
    engine.close()
    assert not inner.closed


def test_the_ceiling_follows_from_who_answers():
    """An engine here takes what is set, servers elsewhere what they take together."""
    two = {"endpoints": ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")}

    here = doors(Settings())
    there = doors(Settings(engine="chat", chat=two))
    chosen = doors(Settings(load={"ceiling": 5}))

    ceilings = [one.look.rules.ceiling for one in (here, there, chosen)]
    assert ceilings == [2, 128, 5]
    assert here.talk.rules.ceiling == 2


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(0, 5))
def test_every_class_has_a_place_and_the_more_urgent_no_fewer(slots, kept):
    """Nobody is shut out for ever, whatever the limit is."""
    rooms = [room(one, slots, kept) for one in Priority]

    assert rooms == sorted(rooms)
    assert rooms[0] >= 1
    assert rooms[-1] == slots + kept


def test_out_of_memory_is_known_by_its_words():
    """Of torch, of ONNX Runtime, of Python."""
    assert ran_out(MemoryError())
    assert ran_out(RuntimeError("Failed to allocate memory for requested buffer"))
    assert not ran_out(RuntimeError("no such node"))
    assert not ran_out(None)


class Doors(RuleBasedStateMachine):
    """Whoever comes and goes in whatever order: the door keeps its rules."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.at = door(self.clock, start=3, ceiling=6, kept=1, waiting=5)
        self.turns: list[Turn] = []
        self.woken: list[Turn] = []

    @rule(priority=st.sampled_from(Priority), patient=st.booleans())
    def come(self, priority: Priority, *, patient: bool) -> None:
        turns: list[Turn] = []
        turn = self.at.join(
            priority, lambda: self.woken.append(turns[0]), patient=patient
        )
        turns.append(turn)
        assert turn.refusal is None or not patient
        self.turns.append(turn)

    @precondition(lambda self: self.of(Stage.BEGUN))
    @rule(data=st.data(), seconds=st.floats(0, 9))
    def end(self, data, seconds: float) -> None:
        turn = data.draw(st.sampled_from(self.of(Stage.BEGUN)))
        self.clock.now += seconds
        self.at.done(turn)
        self.at.done(turn)

    @precondition(lambda self: self.of(Stage.WAITING))
    @rule(data=st.data())
    def hang_up(self, data) -> None:
        turn = data.draw(st.sampled_from(self.of(Stage.WAITING)))
        assert self.at.leave(turn, Refusal.LEFT)

    def of(self, stage: Stage) -> list[Turn]:
        return [turn for turn in self.turns if turn.stage is stage]

    @invariant()
    def nobody_is_forgotten(self) -> None:
        state = self.at.state
        assert state.running == len(self.of(Stage.BEGUN))
        assert state.waiting == len(self.of(Stage.WAITING))
        assert 1 <= state.limit <= 6
        assert sum(not turn.patient for turn in self.of(Stage.WAITING)) <= 5
        if not state.running:
            assert not state.waiting

    @invariant()
    def whoever_waited_is_woken_once(self) -> None:
        assert len(set(map(id, self.woken))) == len(self.woken)


TestDoors = Doors.TestCase
TestDoors.settings = settings(deadline=None)
