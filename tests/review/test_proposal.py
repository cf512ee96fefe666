"""Thresholds follow from verdicts, and their effect is counted the same way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.review.policy_file import check_policy, policy_text
from idolens.review.proposal import LEAST_VERDICTS, Lesson, effect_of, propose
from tests.review.sessions import small
from tests.review.test_laws import law

RISK = ("exposure", ("yes",))
lessons = st.lists(
    st.builds(
        Lesson,
        st.floats(0, 1).map(lambda share: round(share, 3)),
        st.booleans(),
        st.sampled_from([1.0, 1.0, 25.0]),
    ),
    max_size=80,
)


@law
@given(lessons, st.sampled_from([0.0, 0.1, 0.3, 0.9]))
def test_a_proposal_keeps_to_its_target(given_, aim):
    """It never leaves more false alarms than asked, and no lower one would do."""
    (risk,) = propose(small(), {RISK: given_}, aim).risks

    assert risk.now == effect_of(given_, 0.5)
    if risk.proposed is None:
        assert risk.why
        return
    assert len(given_) >= LEAST_VERDICTS
    assert risk.proposed.false_alarm_share <= aim
    assert risk.proposed == effect_of(given_, risk.proposed.review_at)
    for one in given_:
        lower = effect_of(given_, one.probability)
        if one.risky and 0 < lower.review_at < risk.proposed.review_at:
            assert lower.false_alarm_share > aim


@law
@given(lessons, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_higher_threshold_finds_no_more(given_, one, other):
    """What is found and missed adds up; false alarms only get fewer."""
    low, high = (effect_of(given_, place) for place in sorted([one, other]))
    risky = sum(lesson.weight for lesson in given_ if lesson.risky)

    assert high.found <= low.found
    assert high.false_alarms <= low.false_alarms
    assert low.found + low.missed == pytest.approx(risky)


def test_a_proposal_becomes_a_version():
    """Other thresholds, another version; blocking is never below reviewing."""
    given_ = [Lesson(0.97, risky=True), Lesson(0.93, risky=False)] * 15
    policy = small()
    made = propose(policy, {RISK: given_}, 0.1)
    new = made.applied(policy)
    risk = new.questions[1].risks[0]

    assert (risk.review_at, risk.block_at) == (0.97, 0.97)
    assert made.risks[0].now.false_alarm_share == 0.5
    assert new.version != policy.version
    assert check_policy(policy_text(new)) == new


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ([Lesson(0.9, risky=True)] * 5, "few"),
        ([Lesson(0.9, risky=True)] * 30, "one_kind"),
        ([Lesson(0.6, risky=True), Lesson(0.9, risky=False)] * 15, "out_of_reach"),
        ([Lesson(0.6, risky=True), Lesson(0.1, risky=False)] * 15, "no_better"),
    ],
)
def test_nothing_is_proposed_without_a_reason(given_, why):
    """It is left as it is, and the reason is named."""
    made = propose(small(), {RISK: given_}, 0.1)

    assert (made.risks[0].proposed, made.risks[0].why) == (None, why)
    assert not made.changes
    assert made.applied(small()) == small()
