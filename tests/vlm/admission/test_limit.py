"""The limit finds what the machine can bear, and never leaves its bounds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from idolens.vlm.admission import Limit, Outcome

LIMITS = st.integers(1, 40).flatmap(
    lambda ceiling: st.builds(
        Limit, value=st.floats(1.0, ceiling), ceiling=st.just(ceiling)
    )
)
TURNS = st.lists(
    st.tuples(st.sampled_from(Outcome), st.booleans(), st.floats(0, 5)), max_size=60
)


def ended(limit: Limit, outcome: Outcome, at: float = 1.0, *, full: bool = True):
    return limit.after(outcome, began_at=at, now=at, full=full)


@settings(deadline=None)
@given(LIMITS, TURNS)
def test_it_stays_between_one_and_the_ceiling(limit, turns):
    """Whatever happens, somebody is at work, and never more than the ceiling."""
    for now, (outcome, full, took) in enumerate(turns):
        limit = limit.after(outcome, began_at=now - took, now=now, full=full)

        assert 1.0 <= limit.value <= limit.ceiling
        assert 1 <= limit.slots <= limit.ceiling


@settings(deadline=None)
@given(LIMITS)
def test_it_falls_on_overload(limit):
    """By a tenth when slow, to the half when memory ran out, and grows on neither."""
    slow, short = ended(limit, Outcome.SLOW), ended(limit, Outcome.SHORT)

    assert slow.value == max(1.0, limit.value * 0.9)
    assert short.value == max(1.0, limit.value * 0.5)


@settings(deadline=None)
@given(LIMITS)
def test_it_recovers(limit):
    """While all is fast and every place is taken, it grows back to the ceiling."""
    fallen = ended(limit, Outcome.SHORT)

    for turn in range(limit.ceiling**2 + 1):
        if fallen.value == limit.ceiling:
            break
        grown = ended(fallen, Outcome.FAST, 2.0 + turn)
        assert grown.value > fallen.value
        fallen = grown

    assert fallen.slots == limit.ceiling


@settings(deadline=None)
@given(LIMITS, st.floats(0, 5))
def test_those_that_were_slow_together_count_once(limit, took):
    """What began before the fall says nothing about the time after it."""
    first = limit.after(Outcome.SLOW, began_at=9.0, now=10.0, full=True)

    for outcome in (Outcome.SLOW, Outcome.SHORT):
        again = first.after(outcome, began_at=10.0 - took - 0.01, now=10.5, full=True)
        assert again == first


@settings(deadline=None)
@given(LIMITS)
def test_it_grows_only_where_a_place_more_would_be_used(limit):
    """An idle service learns nothing of what it could bear."""
    assert ended(limit, Outcome.FAST, full=False) == limit
