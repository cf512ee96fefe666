"""POST …/judgement: what other thresholds would make of a session; asks no model."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints
from pydantic_core import to_json

from idolens.errors import BadInputError
from idolens.review import Policy, PolicyQuestion, Risk
from idolens.review.trial import Outcome, Trial
from idolens.web.api.findings import (
    CoverageTold,
    ReasonTold,
    Suggested,
    coverage_told,
    reason_told,
)
from idolens.web.api.judging import Judging
from idolens.web.api.sessions import PolicyRef, session_of
from idolens.web.api.shape import Asked, SessionPath, Told
from idolens.web.house import House

MOST_THRESHOLDS = 200


class ThresholdAsked(Asked):
    """Other thresholds for one question."""

    question: str = Field(max_length=40, description="Its key in the session's policy.")
    when: list[Annotated[str, StringConstraints(max_length=200)]] | None = Field(
        default=None,
        max_length=100,
        description="Risky replies of the risk that is meant; all risks if not given.",
    )
    review_at: float = Field(
        gt=0, le=1, description="Probability from which a person should look."
    )
    block_at: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Probability from which blocking is proposed; null for never.",
    )


class JudgementAsked(Asked):
    """Thresholds to try; whatever is not named stays as it is."""

    thresholds: list[ThresholdAsked] = Field(
        max_length=MOST_THRESHOLDS,
        description="What is to be changed.",
        examples=[[{"question": "exposure", "review_at": 0.7, "block_at": None}]],
    )


class BriefTold(Told):
    """A finding without its reasons; those it has are under …/findings."""

    id: str = Field(description="As under …/findings.")
    question: str = Field(description="Key of the question.")
    start_ms: int = Field(description="Begin on the session clock.")
    end_ms: int = Field(description="End on the session clock.")
    looks: int = Field(description="Moments that reached the threshold.")
    peak: float = Field(description="The highest probability within.")
    frame: str = Field(description="The frame of the peak.")
    at_ms: int = Field(description="When that was.")
    suggestion: Suggested = Field(description="What would be proposed.")


class JudgementTold(Told):
    """What other thresholds would make of a session; nothing is changed by it."""

    policy: PolicyRef = Field(description="Whose thresholds were changed.")
    suggestion: Suggested = Field(description="For the whole session.")
    reasons: list[ReasonTold] = Field(description="Why it is not pass.")
    coverage: list[CoverageTold] = Field(
        description="How much was looked at; no threshold changes it."
    )
    findings: list[BriefTold] = Field(description="All of them, in order of time.")
    suppressed: int = Field(
        description="Findings left out because people dismissed the same before."
    )
    before: int = Field(description="How many findings there are as it stands.")
    added: int = Field(description="Findings that are not there as it stands.")
    gone: int = Field(description="Findings that would not be there any more.")


def add_trying(router: APIRouter, house: House, judging: Judging) -> None:
    """Add the route."""

    @router.post(
        "/sessions/{session_id}/judgement",
        summary="Judge a session by other thresholds, without asking again",
        response_model=JudgementTold,
    )
    def judgement(session_id: SessionPath, asked: JudgementAsked) -> Response:
        session = session_of(house, session_id)
        trial = judging.trial(session)
        outcome = trial.outcome(changed(trial.policy, asked.thresholds))
        return Response(written(trial, outcome), media_type="application/json")


def changed(policy: Policy, thresholds: list[ThresholdAsked]) -> Policy:
    """Return ``policy`` with other thresholds.

    Raises:
        BadInputError: it has no such risk, or they are in the wrong order.
    """
    questions = {question.key: question for question in policy.questions}
    for asked in thresholds:
        question = questions.get(asked.question)
        if question is None or not _meant(question, asked):
            raise BadInputError(
                "The policy has no such risk: take `question` and `when` from it.",
                "策略中没有这个风险：请使用其中的 question 与 when。",
            )
        if asked.block_at is not None and asked.block_at < asked.review_at:
            raise BadInputError(
                "block_at must not be below review_at.",
                "block_at 不能低于 review_at。",
            )
        limits = {"review_at": asked.review_at, "block_at": asked.block_at}
        risks = tuple(
            risk.model_copy(update=limits) if risk in _meant(question, asked) else risk
            for risk in question.risks
        )
        questions[asked.question] = question.model_copy(update={"risks": risks})
    return policy.model_copy(update={"questions": tuple(questions.values())})


def _meant(question: PolicyQuestion, asked: ThresholdAsked) -> list[Risk]:
    return [
        risk
        for risk in question.risks
        if asked.when is None or sorted(asked.when) == sorted(risk.when)
    ]


def written(trial: Trial, outcome: Outcome) -> bytes:
    """Write an outcome as a `JudgementTold`.

    The findings are written as they are: there can be ten thousand, and somebody waits.
    """
    now = {finding.id for finding in trial.judgement.findings}
    then = {brief.id for brief in outcome.findings}
    told = JudgementTold(
        policy=PolicyRef(name=trial.policy.name, version=trial.policy.version),
        suggestion=outcome.suggestion.value,
        reasons=[reason_told(reason) for reason in outcome.reasons],
        coverage=[coverage_told(row) for row in trial.judgement.coverage],
        findings=[],
        suppressed=outcome.suppressed,
        before=len(now),
        added=len(then - now),
        gone=len(now - then),
    )
    findings = [brief._asdict() for brief in outcome.findings]
    return to_json(told.model_dump() | {"findings": findings})
