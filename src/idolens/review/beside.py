"""Two versions of a policy over the same answers: the one that decides, and another.

An answer belongs to the words that were asked, not to the key that a policy files it
under: where another version puts a question in other words, the answers to the old
ones say nothing about it. What a version beside the deciding one asks in addition is
asked under a key of its own, which no policy can have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from idolens.review.calibration import digest_of
from idolens.review.policy import Policy
from idolens.vlm.answer import Answer
from idolens.vlm.question import Question
from idolens.vocabulary import FrameId, QuestionKey

Answers = Mapping[FrameId, Sequence[Answer]]


def asked_beside(active: Policy, shadow: Policy) -> tuple[Question, ...]:
    """Return what ``shadow`` asks and ``active`` does not, each under its own key."""
    known = {digest_of(question) for question in active.asked()}
    return tuple(
        replace(question, key=key_beside(question))
        for question in shadow.asked()
        if digest_of(question) not in known
    )


def key_beside(question: Question) -> QuestionKey:
    """Return the key under which ``question`` is asked beside a policy's own."""
    return QuestionKey(f"{question.key}@{digest_of(question)}")


def seen_by(answers: Answers, active: Policy, other: Policy) -> Answers:
    """Return ``answers`` as ``other`` has to see them.

    A question that nobody asked in its words has none: it was not examined.

    Args:
        answers: of a session that ``active`` decided.
        active: the policy of that session.
        other: the policy that is to judge.
    """
    if other.version == active.version:
        return answers
    own = {digest_of(question): question.key for question in active.asked()}
    wanted: dict[str, list[QuestionKey]] = {}
    for question in other.asked():
        source = own.get(digest_of(question), key_beside(question))
        wanted.setdefault(source, []).append(question.key)
    return {
        frame: [
            replace(answer, key=key)
            for answer in given
            for key in wanted.get(answer.key, ())
        ]
        for frame, given in answers.items()
    }


def own_answers(answers: Answers, policy: Policy) -> Answers:
    """Return the answers to ``policy``'s own questions, without those asked beside."""
    keys = {question.key for question in policy.questions}
    return {
        frame: [answer for answer in given if answer.key in keys]
        for frame, given in answers.items()
    }
