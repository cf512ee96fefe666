"""Thresholds that follow from what people said, with their effect shown first.

For each risk the lowest threshold is taken with which at most the policy's share of
false alarms is left (``review.most_false_alarms``): the lowest finds the most. Each
judged finding counts once, at the highest probability that its frames have; a frame of
the QA sample counts for as many as it was drawn from. ``min_consecutive`` is left out
of account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from idolens.review.policy import Policy, PolicyQuestion, Risk
from idolens.review.record import Record, Words, rounded

LEAST_VERDICTS = 20
"""With fewer on a risk, no threshold is proposed for it."""
_ROOM = 1e-9


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a person said about one risk at one place.

    Attributes:
        probability: of the risk, the highest there.
        risky: whether it was really there.
        weight: for how many such places it stands.
    """

    probability: float
    risky: bool
    weight: float = 1.0


Lessons = Mapping[tuple[str, tuple[str, ...]], Sequence[Lesson]]
"""By question and the replies that are risky."""


class Effect(Record):
    """What a threshold does to what people judged; weighted, so with decimals."""

    review_at: float = Field(description="The threshold.")
    found: float = Field(description="Really there, and a finding.")
    missed: float = Field(description="Really there, and no finding.")
    false_alarms: float = Field(description="Not there, and a finding.")
    false_alarm_share: float | None = Field(
        description="false_alarms / all findings; null without any."
    )


class RiskProposal(Record):
    """A threshold for one risk."""

    question: str = Field(description="Key of the question.")
    when: tuple[str, ...] = Field(description="The risky replies.")
    sub_label: Words = Field(description="What a finding is called.")
    verdicts: int = Field(description="How many there are on it.")
    now: Effect = Field(description="As it stands.")
    proposed: Effect | None = Field(description="As proposed; null to leave it.")
    why: Literal["", "few", "one_kind", "out_of_reach", "no_better"] = Field(
        description="Why nothing is proposed: `few` verdicts; `one_kind`, all the "
        "same; `out_of_reach`, no threshold keeps to the share; `no_better`."
    )


class Proposal(Record):
    """Thresholds for a policy; none is applied by this."""

    policy: str = Field(description="Its name.")
    version: str = Field(description="Which version it is for.")
    most_false_alarms: float = Field(description="What was aimed at.")
    risks: tuple[RiskProposal, ...] = Field(description="In the policy's order.")

    @property
    def changes(self) -> bool:
        """Whether anything is proposed."""
        return any(risk.proposed for risk in self.risks)

    def applied(self, policy: Policy) -> Policy:
        """Return ``policy`` with what is proposed; block_at never below review_at."""
        limits = {
            (one.question, one.when): one.proposed.review_at
            for one in self.risks
            if one.proposed
        }
        return policy.model_copy(
            update={
                "questions": tuple(
                    question.model_copy(
                        update={
                            "risks": tuple(
                                _with(risk, limits.get((question.key, risk.when)))
                                for risk in question.risks
                            )
                        }
                    )
                    for question in policy.questions
                )
            }
        )


def propose(
    policy: Policy, lessons: Lessons, most_false_alarms: float | None = None
) -> Proposal:
    """Propose thresholds for ``policy``.

    Args:
        policy: whose thresholds.
        lessons: what people said.
        most_false_alarms: to aim at; what the policy says if not given.
    """
    aim = (
        policy.reviewed.most_false_alarms
        if most_false_alarms is None
        else most_false_alarms
    )
    return Proposal(
        policy=policy.name,
        version=policy.version,
        most_false_alarms=aim,
        risks=tuple(
            _propose(question, risk, lessons.get((question.key, risk.when), ()), aim)
            for question in policy.questions
            for risk in question.risks
        ),
    )


def effect_of(lessons: Sequence[Lesson], review_at: float) -> Effect:
    """Return what a threshold does to what people judged."""
    over = [one for one in lessons if one.probability >= review_at - _ROOM]
    found = sum(one.weight for one in over if one.risky)
    alarms = sum(one.weight for one in over if not one.risky)
    every = sum(one.weight for one in lessons if one.risky)
    return Effect(
        review_at=review_at,
        found=rounded(found),
        missed=rounded(max(0.0, every - found)),
        false_alarms=rounded(alarms),
        false_alarm_share=rounded(alarms / (found + alarms)) if over else None,
    )


def _propose(
    question: PolicyQuestion, risk: Risk, lessons: Sequence[Lesson], aim: float
) -> RiskProposal:
    now = effect_of(lessons, risk.review_at)
    proposed, why = _best(lessons, now, aim)
    return RiskProposal(
        question=question.key,
        when=risk.when,
        sub_label=risk.sub_label,
        verdicts=len(lessons),
        now=now,
        proposed=proposed,
        why=why,
    )


def _best(
    lessons: Sequence[Lesson], now: Effect, aim: float
) -> tuple[Effect | None, Literal["", "few", "one_kind", "out_of_reach", "no_better"]]:
    if len(lessons) < LEAST_VERDICTS:
        return None, "few"
    if len({one.risky for one in lessons}) == 1:
        return None, "one_kind"
    places = sorted({rounded(one.probability) for one in lessons if one.risky})
    effects = (effect_of(lessons, place) for place in places if place > 0)
    fitting = [
        one
        for one in effects
        if one.false_alarm_share is not None and one.false_alarm_share <= aim
    ]
    if not fitting:
        return None, "out_of_reach"
    best = fitting[0]
    if (best.found, best.false_alarms) == (now.found, now.false_alarms):
        return None, "no_better"
    return best, ""


def _with(risk: Risk, review_at: float | None) -> Risk:
    if review_at is None:
        return risk
    block_at = None if risk.block_at is None else max(risk.block_at, review_at)
    return risk.model_copy(update={"review_at": review_at, "block_at": block_at})
