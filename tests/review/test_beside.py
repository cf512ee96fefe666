"""Two versions of a policy over the same answers."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from idolens.review import check_policy
from idolens.review.beside import asked_beside, key_beside, own_answers, seen_by
from idolens.vlm.answer import Answer, Status
from tests.jobs.shows import POLICY

ACTIVE = check_policy(POLICY)
REWORDED = check_policy(POLICY.replace("着装是否暴露?", "穿得太少吗?"))
STRICTER = check_policy(POLICY.replace("level: high}", "level: high, review_at: 0.9}"))
RENAMED = check_policy(POLICY.replace("key: exposure", "key: bare"))


def answer(key: str) -> Answer:
    return Answer(
        key=key,
        status=Status.OK,
        value="yes",
        probability=0.9,
        engine="fake",
        model="fake",
        model_revision="1",
        prompt_version="zh-1",
        latency_ms=1.0,
    )


def keys(answers):
    return [one.key for one in answers["f000000"]]


ANSWERS = {"f000000": [answer("exposure"), answer("scene")]}


def test_thresholds_need_no_second_question():
    """The same words are asked once, whatever follows from the answer."""
    assert asked_beside(ACTIVE, STRICTER) == ()
    assert keys(seen_by(ANSWERS, ACTIVE, STRICTER)) == ["exposure", "scene"]


def test_other_words_are_asked_beside_and_never_taken_for_the_old_ones():
    """Nobody asked them of this session, so that nothing is known."""
    (question,) = asked_beside(ACTIVE, REWORDED)

    assert question.key == key_beside(REWORDED.asked()[0])
    assert keys(seen_by(ANSWERS, ACTIVE, REWORDED)) == ["scene"]

    both = {"f000000": [*ANSWERS["f000000"], answer(question.key)]}
    seen = seen_by(both, ACTIVE, REWORDED)["f000000"]
    assert [one.key for one in seen] == ["scene", "exposure"]
    assert seen[1] == replace(answer(question.key), key="exposure")
    assert own_answers(both, ACTIVE) == ANSWERS


def test_a_new_name_for_the_same_words_keeps_the_answer():
    """An answer belongs to what was asked."""
    assert asked_beside(ACTIVE, RENAMED) == ()
    assert keys(seen_by(ANSWERS, ACTIVE, RENAMED)) == ["bare", "scene"]


@given(st.sampled_from([ACTIVE, REWORDED, STRICTER, RENAMED]))
def test_what_is_asked_beside_is_all_that_was_missing(other):
    """With it, every question of the other version has its answer."""
    asked = [*ACTIVE.asked(), *asked_beside(ACTIVE, other)]
    answers = {"f000000": [answer(question.key) for question in asked]}

    seen = seen_by(answers, ACTIVE, other)
    assert set(keys(seen)) == {question.key for question in other.asked()}
    assert own_answers(answers, ACTIVE) == ANSWERS
