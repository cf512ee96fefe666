"""Less is given step by step, and everything again when there is time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from idolens.vlm.admission import Ladder, Step
from idolens.vlm.admission.ladder import FALL_S, HIGH, LOW, RISE_S

LOOKS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 3)), max_size=80)


def watched(ladder: Ladder, pressure: float, seconds: float, begin: float = 0.0):
    """Return the ladder after ``seconds`` of looks, ten a second."""
    for tenth in range(round(seconds * 10) + 1):
        ladder = ladder.after(pressure, begin + tenth / 10)
    return ladder


def test_it_rises_step_by_step_while_the_pressure_is_high():
    """Each step takes its time; above the last there is none."""
    steps = [watched(Ladder(), 1.0, seconds).step for seconds in (0.9, 1.1, 2.1, 60)]

    assert steps == [Step.WHOLE, Step.SMALLER, Step.FEWER, Step.CACHED]


def test_each_step_needs_more_than_the_one_before():
    """A queue that is half full for ever costs a smaller picture, and no refusal."""
    steps = [watched(Ladder(), high, 60).step for high in HIGH]

    assert steps == [Step.SMALLER, Step.FEWER, Step.CACHED]


def test_it_falls_more_slowly_than_it_rises():
    """One step less for every five seconds of calm."""
    high = watched(Ladder(), 1.0, 60)

    steps = [watched(high, 0.0, s, begin=60.0).step for s in (4.9, 5.1, 10.1, 15.1)]

    assert steps == [Step.CACHED, Step.FEWER, Step.SMALLER, Step.WHOLE]
    assert FALL_S > RISE_S


def test_between_the_bounds_nothing_changes():
    """A pressure that hovers does not make the service swing."""
    middle = (HIGH[0] + LOW) / 2
    high = watched(Ladder(), 1.0, 1.5)

    assert watched(high, middle, 60, begin=1.5).step is high.step
    assert watched(Ladder(), middle, 60).step is Step.WHOLE


def test_a_pressure_that_swings_faster_than_it_lasts_changes_nothing():
    """Neither bound holds for long enough."""
    ladder = Ladder()
    for tenth in range(200):
        ladder = ladder.after(float(tenth % 5 == 0), tenth / 10)
    assert ladder.step is Step.WHOLE


def test_a_night_of_quiet_is_made_up_for_at_once():
    """Nobody gets less in the morning for what was asked in the evening."""
    evening = watched(Ladder(), 1.0, 60).after(0.0, 61.0)

    assert evening.step is Step.CACHED
    assert evening.after(0.0, 40_000.0).step is Step.WHOLE


@settings(deadline=None)
@given(LOOKS)
def test_no_two_changes_come_closer_than_a_second(looks):
    """Whatever the pressure does, the step moves by one and takes its time."""
    ladder, now, changed = Ladder(), 0.0, -RISE_S
    for pressure, pause in looks:
        now += min(pause, FALL_S / 2)
        before, ladder = ladder.step, ladder.after(pressure, now)
        if ladder.step != before:
            assert abs(ladder.step - before) == 1
            assert now - changed >= RISE_S
            changed = now
