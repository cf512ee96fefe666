"""The figures of a labelled set are what they say they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.review.evaluation import (
    Case,
    calibration,
    calibration_error,
    evaluate,
    risk_figures,
)

VALUES = st.sampled_from(["yes", "no", "cannot_tell"])
CASES = st.builds(
    Case,
    picture=st.just("a.png"),
    key=st.sampled_from(["exposure", "logo"]),
    truth=VALUES,
    given=VALUES | st.sampled_from(["invalid", "error"]),
    probability=st.none() | st.floats(0, 1),
    risk=st.booleans(),
    flagged=st.booleans(),
)


def case(truth, said, **more):
    return Case(picture="a.png", key="exposure", truth=truth, given=said, **more)


def test_a_known_set_has_known_figures():
    """Three of four right; one of two risks found, with one false alarm."""
    figures = evaluate(
        [
            case("yes", "yes", risk=True, flagged=True),
            case("yes", "no", risk=True),
            case("no", "no", flagged=True),
            case("no", "no"),
        ]
    )

    assert figures.accuracy == 0.75
    assert figures.risk.recall == 0.5
    assert figures.risk.precision == 0.5
    assert figures.risk.false_alarm_rate == 0.5
    question = figures.questions["exposure"]
    assert question.confusion == {"no": {"no": 2}, "yes": {"yes": 1, "no": 1}}
    assert question.macro_accuracy == 0.75
    assert figures.mistakes == [
        {"picture": "a.png", "question": "exposure", "truth": "yes", "given": "no"}
    ]


def test_an_unusable_answer_is_wrong():
    """No answer is never right, and it is counted."""
    figures = evaluate([case("no", "error"), case("no", "no")])

    assert figures.accuracy == 0.5
    assert figures.unusable == 1


def test_without_risk_items_there_is_no_recall():
    """A share of nothing is not 0 and not 1."""
    figures = risk_figures([case("no", "no")])

    assert figures.recall is None
    assert figures.precision is None
    assert figures.false_alarm_rate == 0


def test_calibration_error_is_the_gap_between_probability_and_accuracy():
    """Ten answers at 0.9 of which nine are right are well calibrated."""
    honest = [case("yes", "yes" if i else "no", probability=0.9) for i in range(10)]
    boastful = [case("yes", "no", probability=1.0)]

    assert calibration_error(calibration(honest)) == pytest.approx(0, abs=1e-9)
    assert calibration_error(calibration(boastful)) == 1
    assert calibration_error(calibration([case("yes", "yes")])) is None


def test_an_empty_set_is_refused():
    """There is nothing to say about no case."""
    with pytest.raises(ValueError, match="at least one case"):
        evaluate([])


@given(st.lists(CASES, min_size=1, max_size=30))
def test_counts_add_up(cases):
    """Every case is in one confusion cell; every right one is no mistake."""
    figures = evaluate(cases)

    cells = sum(
        count
        for question in figures.questions.values()
        for row in question.confusion.values()
        for count in row.values()
    )
    assert cells == len(cases)
    assert len(figures.mistakes) == sum(not c.right for c in cases)
    assert figures.risk.found + figures.risk.false_alarms == sum(
        c.flagged for c in cases
    )
    assert 0 <= figures.accuracy <= 1
    assert figures.calibration_error is None or 0 <= figures.calibration_error <= 1


@given(st.lists(CASES, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_order_does_not_matter(cases, random):
    """The figures of a set are those of the set in any order."""
    shuffled = list(cases)
    random.shuffle(shuffled)

    one, other = evaluate(cases), evaluate(shuffled)
    assert one.questions.keys() == other.questions.keys()
    assert one.accuracy == pytest.approx(other.accuracy)
    assert one.risk == other.risk
