"""The plan covers the session, once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.media import plan, plan_pictures
from idolens.vocabulary import Milliseconds

durations = st.integers(1, 24 * 3_600_000).map(Milliseconds)
steps = st.integers(200, 3_600_000).map(Milliseconds)


@given(duration=durations, every=steps)
def test_stretches_cover_the_session_without_gap_or_overlap(
    duration: Milliseconds, every: Milliseconds
) -> None:
    """They begin at 0, end at the end, and each begins where the last one ended."""
    if duration / every > 50_000:
        every = Milliseconds(duration // 50_000)
    targets = plan(duration, every)

    assert targets[0].start == 0
    assert targets[-1].end == duration
    assert all(one.end == other.start for one, other in pairwise(targets))
    assert all(t.start <= t.wanted < t.end for t in targets)
    assert [t.index for t in targets] == list(range(len(targets)))
    assert all(t.end - t.start == every for t in targets[:-1])
    assert targets[-1].end - targets[-1].start <= every * 1.1


def test_a_two_hour_show_has_120_minutes() -> None:
    """Once a minute for two hours is 120 looks, each in the middle of its minute."""
    targets = plan(Milliseconds(7_200_000), Milliseconds(60_000))

    assert len(targets) == 120
    assert targets[0].wanted == 30_000
    assert targets[-1].frame_id == "f000119"


def test_a_sliver_at_the_end_belongs_to_the_last_stretch() -> None:
    """33 ms more than ten seconds do not cost an eleventh look."""
    targets = plan(Milliseconds(10_033), Milliseconds(1000))

    assert len(targets) == 10
    assert targets[-1].end == 10_033


def test_nothing_is_planned_for_nothing() -> None:
    """A recording without duration has no moments; a step of 0 is a mistake."""
    assert plan(Milliseconds(0), Milliseconds(1000)) == ()
    with pytest.raises(ValueError, match="positive"):
        plan(Milliseconds(1000), Milliseconds(0))


@given(st.integers(0, 1000))
def test_each_picture_has_a_second(count: int) -> None:
    """The number of pictures and the session's seconds are the same."""
    targets = plan_pictures(count)

    assert [(t.start, t.end) for t in targets] == [
        (i * 1000, (i + 1) * 1000) for i in range(count)
    ]
