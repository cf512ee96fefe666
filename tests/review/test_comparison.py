"""Two engines side by side: the figures are what they say they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.review.comparison import Asked, compare
from idolens.review.evaluation import Case

VALUES = st.sampled_from(["yes", "no", "cannot_tell"])
TRIPLES = st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=30)


def asked(name: str, said: list[str], truths: list[str], **more) -> Asked:
    cases = [
        Case(picture=f"{at}.png", key="exposure", truth=truth, given=given_)
        for at, (given_, truth) in enumerate(zip(said, truths, strict=True))
    ]
    times = more.pop("times", [10.0] * len(cases))
    return Asked(name, f"{name} (r1)", cases, times, **more)


def test_a_known_pair_has_known_figures():
    """Three of four the same; one right alone on each side but one."""
    truths = ["yes", "yes", "no", "no"]
    a = asked("a", ["yes", "yes", "no", "yes"], truths, times=[10, 20, 30, 40])
    b = asked("b", ["yes", "no", "no", "yes"], truths, per_hour=3.6)
    found = compare(a, b)

    assert found.agreement == 0.75
    assert found.kappa == pytest.approx(0.5)
    assert (found.both_right, found.only_a_right) == (2, 1)
    assert (found.only_b_right, found.neither_right) == (0, 1)
    assert found.chance == 1.0
    assert (found.a.accuracy, found.b.accuracy) == (0.75, 0.5)
    assert found.a.picture_ms == 25
    assert found.a.slow_picture_ms == pytest.approx(38.5)
    assert found.a.answers_per_second == pytest.approx(40)
    assert found.a.cost_per_1000 is None
    assert found.b.cost_per_1000 == pytest.approx(0.01)
    assert found.differences == (
        {
            "picture": "1.png",
            "question": "exposure",
            "truth": "yes",
            "a": "yes",
            "b": "no",
        },
    )


def test_a_large_difference_is_no_chance():
    """Ten to nothing among equals: one in five hundred."""
    truths = ["yes"] * 10
    found = compare(asked("a", truths, truths), asked("b", ["no"] * 10, truths))

    assert found.chance == pytest.approx(2 / 1024)


def test_the_same_one_word_always_has_no_kappa():
    """Agreement beyond chance cannot be told where only one thing is said."""
    truths = ["yes", "no"]
    found = compare(asked("a", ["no"] * 2, truths), asked("b", ["no"] * 2, truths))

    assert found.agreement == 1
    assert found.kappa is None


def test_different_questions_cannot_be_compared():
    """Another picture, another length, or nothing at all."""
    one = asked("a", ["yes"], ["yes"])
    other = replace(one, cases=[replace(one.cases[0], picture="other.png")])
    for wrong in (other, asked("b", ["yes"] * 2, ["yes"] * 2)):
        with pytest.raises(ValueError, match=r"same questions|zip"):
            compare(one, wrong)
    with pytest.raises(ValueError, match="same questions"):
        compare(asked("a", [], []), asked("b", [], []))


@given(TRIPLES)
def test_the_sides_mirror(triples):
    """Exchanging the engines exchanges the figures, and counts add up."""
    a = asked("a", [one for one, _, _ in triples], [t for _, _, t in triples])
    b = asked("b", [other for _, other, _ in triples], [t for _, _, t in triples])
    found, turned = compare(a, b), compare(b, a)

    assert (found.a, found.b) == (turned.b, turned.a)
    assert found.agreement == turned.agreement
    assert found.only_a_right == turned.only_b_right
    assert found.chance == turned.chance
    assert found.count == (
        found.both_right + found.only_a_right + found.only_b_right + found.neither_right
    )
    assert found.kappa is None or -1 <= found.kappa <= 1 + 1e-9
    assert 0 < found.chance <= 1
