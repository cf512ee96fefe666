"""What verdicts say of a policy: figures that can be checked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.review.agreement import pair_of, share_of
from idolens.review.review_figures import Judged, Word, review_figures
from tests.review.test_laws import law


def word(decision, by="lin", at_ms=2000, took_ms=None):
    return Word(by=by, decision=decision, at_ms=at_ms, took_ms=took_ms)


def judged(*words, kind="finding", question="exposure", looks=1):
    return Judged(
        kind=kind, question=question, looks=looks, ready_at_ms=1000, words=words
    )


@law
@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share(count, more):
    """It lies in 0 … 1 and gets narrower with more of the same."""
    figure = share_of(count, count + more)
    wider = share_of(2 * count, 2 * (count + more))

    assert 0 <= figure.low <= (figure.share or 0) <= figure.high <= 1 or not count
    assert 0 <= figure.low <= figure.high <= 1
    if count + more:
        assert wider.high - wider.low <= figure.high - figure.low


def test_known_figures():
    """Wilson's interval of 8 of 10, and a kappa from Cohen's kind of table."""
    figure = share_of(8, 10)
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5
    pairs += [("no", "yes")] * 10 + [("no", "no")] * 15

    assert (figure.low, figure.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert pair_of("a", "b", pairs).kappa == pytest.approx(0.4)
    assert pair_of("a", "b", [("yes", "yes")]).kappa is None
    with pytest.raises(ValueError, match="nobody"):
        pair_of("a", "b", [])


def test_verdicts_are_counted():
    """Precision of what is decided, recall from the sample, who agrees, how fast."""
    made = [
        judged(word("confirmed", took_ms=4000), word("confirmed", by="mei"), looks=9),
        judged(word("dismissed"), word("confirmed", by="mei"), looks=9),
        judged(word("dismissed", at_ms=5000)),
        judged(question="logo"),
        judged(word("confirmed"), kind="sample", question=""),
        judged(word("corrected"), kind="sample"),
        judged(kind="sample", question=""),
    ]
    figures = review_figures(made, sessions=1, passed=12)
    by_key = {one.question: one for one in figures.questions}

    assert (figures.findings, figures.sampled, figures.passed) == (4, 3, 12)
    assert (figures.precision.count, figures.precision.of) == (2, 3)
    assert (figures.missed.count, figures.missed.of) == (1, 2)
    assert figures.recall.share == pytest.approx(18 / (18 + 6))
    assert figures.recall.low < figures.recall.share < figures.recall.high
    assert (figures.pairs[0].count, figures.pairs[0].agreement) == (2, 0.5)
    assert (figures.agreement.count, figures.agreement.of) == (1, 2)
    assert (figures.waited_ms, figures.took_ms) == (1000, 4000)
    assert (by_key["exposure"].missed, by_key["exposure"].dismissed) == (1, 1)
    assert by_key["logo"].precision.share is None


def test_of_nothing_nothing_is_known():
    """No verdict, no figure; never a perfect one."""
    figures = review_figures([], sessions=0, passed=0)

    assert figures.precision.share is None
    assert figures.recall.share is None
    assert (figures.recall.low, figures.recall.high) == (0, 1)
    assert figures.took_ms is None
