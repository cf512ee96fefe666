"""A trial says what a judgement would say, in fewer words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.review.judge import judge
from idolens.review.trial import Trial
from idolens.vocabulary import Milliseconds
from tests.review.sessions import exposure, frame, small
from tests.review.test_dismissals import said, subject
from tests.review.test_laws import law, moments, policies, policy_with

BRIEF = ("id", "question", "start_ms", "end_ms", "looks", "peak", "suggestion")


def shown(found):
    return [tuple(getattr(one, name) for name in BRIEF) for one in found]


@law
@given(moments(), policies(), st.sampled_from([0.1, 0.3, 0.5, 0.75]), st.booleans())
def test_a_trial_agrees_with_a_judgement(made, policy, review_at, block):
    """Findings, suggestion and reasons are those that the thresholds would give."""
    frames, answers = made
    duration = Milliseconds(max((one.end for one in frames), default=0))
    pictures = [one.picture for one in frames if one.picture]
    known = {(subject(policy), picture): said(1) for picture in pictures[::2]}
    trial = Trial(frames, answers, policy, duration=duration, dismissals=known)
    other = policy_with(policy, review_at=review_at, block_at=0.8 if block else None)

    for rules in (policy, other):
        whole = judge(frames, answers, rules, duration=duration, dismissals=known)
        brief = trial.outcome(rules)
        assert shown(brief.findings) == shown(whole.findings)
        assert brief.suggestion == whole.suggestion
        assert brief.reasons == whole.reasons
        assert brief.suppressed == len(whole.suppressed)
        assert trial.judgement.coverage == whole.coverage


@pytest.mark.parametrize(("review_at", "count"), [(0.05, 1), (0.5, 2), (0.99, 0)])
def test_a_threshold_moves_findings(review_at, count):
    """A lower one joins them, a higher one leaves none."""
    frames = [frame(number) for number in range(3)]
    policy = small()
    trial = Trial(
        frames,
        exposure([0.9, 0.1, 0.8]),
        policy,
        duration=Milliseconds(180_000),
        dismissals={},
    )

    outcome = trial.outcome(policy_with(policy, review_at=review_at, block_at=None))
    assert len(outcome.findings) == count
