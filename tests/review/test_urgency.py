"""Risk comes first; of equal risk, what is least certain."""

from hypothesis import given
from hypothesis import strategies as st

from idolens.review.judge import judge
from idolens.review.urgency import STEPS, TOP, rank, sample_rank, uncertainty
from idolens.vocabulary import RiskLevel, Suggestion
from tests.review.sessions import exposure, frame, small
from tests.review.test_laws import law

shares = st.floats(0, 1)
LEVELS = list(RiskLevel)


def finding(peak=0.7, review_at=0.5, level=RiskLevel.HIGH, suggestion="review"):
    (found,) = judge([frame(0)], exposure([0.7]), small()).findings
    why = found.why.model_copy(update={"review_at": review_at})
    changes = {"peak": peak, "why": why, "level": level}
    return found.model_copy(update=changes | {"suggestion": Suggestion(suggestion)})


@law
@given(shares, shares, st.floats(0.01, 0.99))
def test_a_finding_nearer_to_the_threshold_is_less_certain(one, other, review_at):
    """Uncertainty is a share, and never rises with the probability."""
    low, high = sorted([one, other])

    assert 0 <= uncertainty(high, review_at) <= uncertainty(low, review_at) <= 1
    assert uncertainty(review_at, review_at) == 1
    assert uncertainty(1, review_at) == 0


@law
@given(shares, shares, st.sampled_from(LEVELS), st.sampled_from(LEVELS))
def test_risk_goes_before_doubt(one, other, level, higher):
    """No doubt lifts a finding over one that matters more."""
    if LEVELS.index(level) >= LEVELS.index(higher):
        return
    lower = rank(finding(peak=max(0.5, one), level=level))
    upper = rank(finding(peak=max(0.5, other), level=higher))

    assert 0 <= lower <= upper <= TOP


@law
@given(shares, st.sampled_from(LEVELS))
def test_what_should_be_blocked_goes_first(peak, level):
    """Of the same finding, the proposal to block makes it more urgent."""
    shown = {"peak": max(0.5, peak), "level": level}

    assert rank(finding(**shown)) < rank(finding(**shown, suggestion="block"))


@law
@given(st.text(max_size=20), st.text(max_size=20))
def test_sampled_frames_stand_below_all_that_matters(session, name):
    """Their order is drawn by lot, and always the same."""
    place = sample_rank(session, name)

    assert 0 <= place < TOP // STEPS <= rank(finding(peak=1, level=RiskLevel.LOW))
    assert place == sample_rank(session, name)
