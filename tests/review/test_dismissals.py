"""What people dismissed does not come back, and is never left out silently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.errors import PolicyError
from idolens.review.dismissals import Dismissal, subject_of
from idolens.review.judge import judge
from idolens.review.report import Report, make_report
from idolens.vocabulary import Suggestion
from tests.review.sessions import (
    digest,
    exposure,
    frame,
    questions,
    run_facts,
    session,
    small,
)
from tests.review.test_laws import law, moments, policies


def said(number):
    return Dismissal(
        verdict=number,
        session="before",
        finding="exposure/yes/f000000",
        by="account:lin",
        at_ms=1,
        reason="allowed",
    )


def subject(policy):
    question = questions(policy)["exposure"]
    return subject_of(question, question.risks[0])


def test_a_dismissed_picture_is_no_finding_again():
    """The report says which verdict it rests on, and is signed with it."""
    frames = [frame(0), frame(1), frame(2)]
    rules, answers = small(), exposure([0.8, 0.1, 0.95])
    known = {(subject(rules), digest(2)): said(7)}
    before = judge(frames, answers, rules)
    after = judge(frames, answers, rules, dismissals=known)
    report = make_report(session(frames), frames, answers, rules, after, run_facts())
    words = [one.words.en for one in report.signed.digest]

    assert before.suggestion is Suggestion.BLOCK
    assert after.suggestion is Suggestion.REVIEW
    assert [one.id for one in after.findings] == ["exposure/yes/f000000"]
    assert [one.finding for one in after.suppressed] == [before.findings[1]]
    assert after.suppressed[0].dismissed_by == (said(7),)
    assert after.totals[0].findings == 1
    assert any("verdict #7" in line for line in words)
    assert report.intact
    assert Report.from_json(report.to_json()) == report
    assert '"suppressed"' not in before.model_dump_json()


def test_one_new_picture_is_enough_to_stay():
    """A finding over several pictures is left out only if all were dismissed."""
    frames, rules = [frame(0), frame(1)], small()
    known = {(subject(rules), digest(0)): said(1)}
    half = judge(frames, exposure([0.8, 0.9]), rules, dismissals=known)
    known[subject(rules), digest(1)] = said(2)
    whole = judge(frames, exposure([0.8, 0.9]), rules, dismissals=known)

    assert len(half.findings) == 1
    assert not half.suppressed
    assert not whole.findings
    assert [one.verdict for one in whole.suppressed[0].dismissed_by] == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        ("是否存在暴露着装?", "衣着是否过于暴露?"),
        ("max_unexamined: 0.2", "review: {remember_dismissed: false}"),
    ],
)
def test_other_words_and_an_unwilling_policy_bring_it_back(change):
    """A verdict is about a question as it was put."""
    rules = small(change)
    known = {(subject(small()), digest(0)): said(1)}

    assert len(judge([frame(0)], exposure([0.8]), rules, dismissals=known).findings)


@law
@given(moments(), policies(), st.data())
def test_leaving_out_never_hides(made, policy, data):
    """Findings are only divided, coverage stays, and it gets no worse."""
    frames, answers = made
    pictures = [one.picture for one in frames if one.picture]
    chosen = data.draw(st.lists(st.sampled_from(pictures))) if pictures else []
    known = {(subject(policy), picture): said(1) for picture in chosen}
    before = judge(frames, answers, policy)
    after = judge(frames, answers, policy, dismissals=known)
    order = list(Suggestion)

    left_out = [one.finding for one in after.suppressed]
    assert sorted(one.id for one in (*after.findings, *left_out)) == sorted(
        one.id for one in before.findings
    )
    assert after.coverage == before.coverage
    assert order.index(after.suggestion) <= order.index(before.suggestion)
    assert after == judge(frames[::-1], answers, policy, dismissals=known)


def test_a_reason_of_its_own_has_a_new_name():
    """What comes along is not said again with other words."""
    with pytest.raises(PolicyError, match="comes along"):
        small(
            (
                "max_unexamined: 0.2",
                "review: {reasons: [{code: allowed, words: ok}]}",
            )
        )
