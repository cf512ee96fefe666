"""What people said of the sessions of a policy, beside how probable it was."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

from idolens.archive import Archive, Session
from idolens.archive.review_queue import ReviewLot
from idolens.archive.verdicts import Verdict
from idolens.review import Policy, PolicyQuestion, Risk, check_policy
from idolens.review.beside import seen_by
from idolens.review.moments import Moment, in_order, moments, risk_probability
from idolens.review.proposal import Lesson
from idolens.review.sampling import SAMPLE

Learned = dict[tuple[str, tuple[str, ...]], list[Lesson]]


def lessons_for(archive: Archive, policy: Policy) -> Learned:
    """Return what people said, with probabilities as ``policy`` sees them.

    Sessions of all its versions count, where they were asked in the same words; those
    whose answers are not kept any more have none to tell.
    """
    learned: Learned = {}
    lots = archive.review.lots(policy.name)
    said = archive.verdicts.all(lot.session_id for lot in lots)
    for lot in lots:
        newest = {one.target.key: one for one in said[lot.session_id]}
        words = [one for one in newest.values() if one.decision != "withdrawn"]
        if words and "answers" not in archive.terms.removed(lot.session_id):
            _learn(
                archive, archive.session(lot.session_id), lot, words, policy, learned
            )
    return learned


def _learn(
    archive: Archive,
    session: Session,
    lot: ReviewLot,
    words: Sequence[Verdict],
    policy: Policy,
    learned: Learned,
) -> None:
    whole = in_order(archive.frames(session.id), session.duration)
    own = check_policy(session.policy_text)
    answers = seen_by(archive.answers(session.id), own, policy)
    given = {frame: policy.calibrated(some) for frame, some in answers.items()}
    sampled = sum(one.target.key.startswith(SAMPLE) for one in words)
    weight = lot.passed / sampled if sampled else 1.0
    for question in policy.questions:
        if not question.risks:
            continue
        seen = moments(whole, given, question)
        ends = [moment.frame.end for moment in seen]
        for word in words:
            for risk, risky in _about(question, word):
                begin = bisect_right(ends, word.target.start)
                probability = _highest(islice(seen, begin, None), risk, word)
                if probability is None:
                    continue
                frame = word.target.key.startswith(SAMPLE)
                lesson = Lesson(probability, risky, weight if frame else 1.0)
                learned.setdefault((question.key, risk.when), []).append(lesson)


def _about(question: PolicyQuestion, word: Verdict) -> list[tuple[Risk, bool]]:
    """Return the risks of ``question`` that a verdict tells of, and if it was so."""
    key = word.target.key
    if key.startswith(SAMPLE):
        missed = word.target.question == question.key
        return [(risk, missed) for risk in question.risks]
    if word.target.question != question.key:
        return []
    if "@" in key:  # a time in which the machine found nothing
        return [(risk, True) for risk in question.risks if word.decision != "dismissed"]
    return [
        (risk, word.decision == "confirmed")
        for risk in question.risks
        if key.startswith(f"{question.key}/{risk.when[0]}/")
    ]


def _highest(seen: Iterable[Moment], risk: Risk, word: Verdict) -> float | None:
    within = takewhile(lambda moment: moment.frame.start < word.target.end, seen)
    return max(
        (
            risk_probability(risk, moment.answer)
            for moment in within
            if moment.answer is not None
        ),
        default=None,
    )
