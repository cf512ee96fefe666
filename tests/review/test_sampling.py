"""The QA sample is drawn by lot, evenly, and always the same."""

import math

from hypothesis import given
from hypothesis import strategies as st

from idolens.media.frame import FrameState
from idolens.review.judge import judge
from idolens.review.sampling import drawn, passed, sample
from tests.review.sessions import exposure, frame, small
from tests.review.test_laws import law, moments, policies


@law
@given(st.integers(0, 300), st.floats(0, 1), st.text(max_size=8))
def test_a_sample_is_spread_evenly(count, share, seed):
    """One from each of as many equal stretches as the sample has frames."""
    frames = [frame(number) for number in range(count)]
    chosen = sample(frames, share, seed)
    size = min(count, math.ceil(share * count))
    places = [frames.index(one) for one in chosen]

    assert len(chosen) == size
    assert chosen == sample(frames, share, seed)
    for number, place in enumerate(places):
        assert count * number // size <= place < count * (number + 1) // size


@law
@given(moments(), policies())
def test_only_what_was_seen_and_passed_is_drawn(made, policy):
    """No frame of a finding, none that the model did not look at."""
    frames, answers = made
    judgement = judge(frames, answers, policy)
    those = passed(frames, judgement, policy)

    for one in those:
        assert one.state is FrameState.KEPT
        assert one.id in answers
        assert not any(
            found.start_ms <= one.start < found.end_ms for found in judgement.findings
        )
    both = [drawn(some, judgement, policy, "s") for some in (frames, frames[::-1])]
    assert both[0] == both[1]
    assert set(both[0].frames) <= set(those)


def test_what_is_found_is_not_drawn():
    """Frames with a finding are for the queue itself; all others can be drawn."""
    frames = [frame(number) for number in range(4)]
    rules = small(("max_unexamined: 0.2", "max_unexamined: 0.2\nreview: {qa_share: 1}"))
    judgement = judge(frames, exposure([0.1, 0.8, 0.2, None]), rules)

    names = [one.id for one in drawn(frames, judgement, rules, "s").frames]
    assert names == ["f000000", "f000002", "f000003"]
