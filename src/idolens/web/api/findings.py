"""GET …/findings: where a risk was seen, and how much was looked at at all."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from idolens.archive import Session
from idolens.archive.verdicts import Verdict
from idolens.jobs import shadow_in
from idolens.review import Coverage, Finding, Judgement, Policy, Reason
from idolens.review.dismissals import Suppressed
from idolens.review.wording import reason_words
from idolens.web.api.answers import RegionTold
from idolens.web.api.judging import Judging
from idolens.web.api.sessions import PolicyRef, session_of
from idolens.web.api.shape import (
    MOST,
    Cursor,
    Limit,
    Page,
    SessionPath,
    Told,
    cursor_of,
    place_of,
    utc,
)
from idolens.web.api.sights import MOST_SIGHTS, SightTold, few, sights_told
from idolens.web.api.verdicts import VerdictTold, verdict_told
from idolens.web.house import House
from idolens.web.problems import Message

Suggested = Literal["pass", "review", "block"]
Level = Literal["none", "low", "medium", "high"]


class PointedTold(RegionTold):
    """A rectangle that a model named when it answered about the finding's frame."""

    question: str = Field(description="Key of the question whose answer named it.")


class DismissalTold(Told):
    """A verdict by which people dismissed the same in another session."""

    verdict: int = Field(description="Its number.")
    session: str = Field(description="Of which session.")
    finding: str = Field(description="Which finding of that session.")
    by: str = Field(description="Who said it.")
    at: str = Field(description="When, UTC.")
    reason: str | None = Field(description="Code of the reason, if one was given.")


class FindingTold(Told):
    """A risk that lasted from `start_ms` to `end_ms`, and why it is thought so."""

    id: str = Field(description="Stable for the same question, reply and first frame.")
    question: str = Field(description="Key of the question in the policy.")
    label: Message = Field(description="What the question is about.")
    sub_label: Message = Field(description="What the finding is called.")
    level: Level = Field(description="How much it matters.")
    suggestion: Suggested = Field(description="What the machine proposes.")
    start_ms: int = Field(description="Begin on the session clock.")
    end_ms: int = Field(description="End on the session clock.")
    seen_ms: int = Field(description="How much of it was looked at.")
    looks: int = Field(description="Moments that reached `review_at`.")
    peak: float = Field(description="The highest probability within.")
    frame: str = Field(description="The frame of the peak; GET its picture.")
    at_ms: int = Field(description="When that was.")
    regions: list[PointedTold] = Field(
        description="Where answers about that frame point, if any does; a hint."
    )
    asked: Message = Field(description="The question as it was put.")
    reply: Message = Field(description="What was replied at the peak.")
    raw: str = Field(description="The model's own words at the peak.")
    probabilities: dict[str, float] = Field(description="Of every option, there.")
    review_at: float = Field(description="Probability from which a person should look.")
    block_at: float | None = Field(
        description="Probability from which blocking is proposed."
    )
    engine: str = Field(description="Who answered.")
    model: str = Field(description="The model's name.")
    model_revision: str = Field(description="Which weights.")
    prompt_version: str = Field(description="Changes with the question's wording.")
    when: list[str] = Field(description="The risky replies.")
    min_consecutive: int = Field(description="Looks in a row that make a finding.")
    label_mass: float | None = Field(
        description="How far the model wanted to give one of the offered replies."
    )
    before: list[SightTold] = Field(description="The looks just before it.")
    sights: list[SightTold] = Field(
        description=f"The first {MOST_SIGHTS} looks of it, the peak always among them."
    )
    after: list[SightTold] = Field(description="The looks just after it.")
    verdict: VerdictTold | None = Field(
        description="What a person said of it last, if anybody did."
    )
    version: int = Field(
        description="How often something was said of it; give it with a verdict."
    )


class SuppressedTold(Told):
    """A finding that is left out: people dismissed the same pictures before."""

    finding: FindingTold = Field(description="As it would be.")
    dismissed_by: list[DismissalTold] = Field(description="On whose word.")


class ReasonTold(Told):
    """Why the suggestion is not pass."""

    code: str = Field(
        description="`findings`, `unexamined`, `nothing_seen`, `undecided_share` or "
        "`undecided_stretch`."
    )
    suggestion: Suggested = Field(description="What follows from it.")
    question: str | None = Field(description="Key; null for the whole session.")
    message: Message = Field(description="The same in a sentence.")


class CoverageTold(Told):
    """What one question did and did not look at; all times add up to the session."""

    question: str = Field(description="Key of the question in the policy.")
    label: Message = Field(description="What it is about.")
    duration_ms: int = Field(description="Of the session.")
    examined_ms: int = Field(description="The model looked and decided.")
    inherited_ms: int = Field(description="Decided by an earlier frame alike.")
    undecided_ms: int = Field(description="The model looked and could not tell.")
    dropped_ms: dict[str, int] = Field(description="Not shown to it, by reason.")
    failed_ms: int = Field(description="No picture could be decoded, or none sampled.")
    unanswered_ms: int = Field(description="There was no usable answer.")
    unexamined_ms: int = Field(description="What counts against the policy's limit.")


class ShadowTold(Told):
    """What another version of the policy makes of the same answers; it decides nothing.

    What a version in the shadow asks in other words than the policy is asked in every
    session that begins while it stands there. A question that was not asked of the
    session counts as not examined.
    """

    version: str = Field(description="Of the policy; `GET …/findings?version=` lists.")
    suggestion: Suggested = Field(description="What it would propose.")
    findings: int = Field(description="How many it would find.")
    only_there: list[str] = Field(
        description="Ids of the first 200 findings that only it has."
    )
    only_here: list[str] = Field(
        description="Ids of the first 200 findings that it does not have."
    )


class FindingPage(Page[FindingTold]):
    """Some findings in order of time, and what they amount to."""

    policy: PolicyRef = Field(description="What judged.")
    suggestion: Suggested = Field(description="For the whole session.")
    reasons: list[ReasonTold] = Field(description="Why it is not pass.")
    coverage: list[CoverageTold] = Field(
        description="How much was looked at, by question; what was not is no pass."
    )
    suppressed: list[SuppressedTold] = Field(
        description=f"What is left out because people dismissed the same before; the "
        f"first {MOST}."
    )
    shadow: ShadowTold | None = Field(
        description="What the policy's shadow version makes of it, if there is one."
    )


def add_findings(router: APIRouter, house: House, judging: Judging) -> None:
    """Add the route."""

    @router.get("/sessions/{session_id}/findings", summary="List a session's findings")
    def findings(
        session_id: SessionPath,
        limit: Limit = 50,
        cursor: Cursor = None,
        version: Annotated[
            str | None,
            Query(
                pattern=r"^[0-9a-f]{12}$",
                description="Judge by another version of the same policy, as a trial; "
                "by the one that the session began with if not given.",
            ),
        ] = None,
    ) -> FindingPage:
        session = session_of(house, session_id)
        place = place_of(cursor, int)
        first = int(place[0]) if place else 0
        judged_by = _policy(house, session, version)
        judgement = judging.of(session, judged_by)
        last = house.archive.verdicts.last(session.id)
        behind = first + limit
        more = behind < len(judgement.findings)
        return FindingPage(
            items=[
                finding_told(session.id, found, last.get(found.id))
                for found in judgement.findings[first:behind]
            ],
            next=cursor_of(behind) if more else None,
            policy=PolicyRef(
                name=session.policy_name, version=version or session.policy_version
            ),
            suggestion=judgement.suggestion.value,
            reasons=[reason_told(reason) for reason in judgement.reasons],
            coverage=[coverage_told(row) for row in judgement.coverage],
            suppressed=[
                _suppressed(session.id, one) for one in judgement.suppressed[:MOST]
            ],
            shadow=_shadow(house, session, judging, judgement),
        )


def _policy(house: House, session: Session, version: str | None) -> Policy | None:
    if version in {None, session.policy_version}:
        return None
    return house.rules.named(session.policy_name).policy(version)


def _beside(house: House, session: Session) -> Policy | None:
    """Return the version in the shadow now; else the one that the session began with.

    What only the latter asks was asked of the session too.
    """
    version = house.archive.policies.chosen(session.policy_name, "shadow")
    if version is None:
        return shadow_in(session)
    return house.rules.named(session.policy_name).policy(version)


def _shadow(
    house: House, session: Session, judging: Judging, judgement: Judgement
) -> ShadowTold | None:
    policy = _beside(house, session)
    if policy is None:
        return None
    there = judging.of(session, policy)
    theirs = [found.id for found in there.findings]
    ours = [found.id for found in judgement.findings]
    only_there = [one for one in theirs if one not in set(ours)]
    only_here = [one for one in ours if one not in set(theirs)]
    return ShadowTold(
        version=policy.version,
        suggestion=there.suggestion.value,
        findings=len(theirs),
        only_there=only_there[:MOST],
        only_here=only_here[:MOST],
    )


def _suppressed(session_id: str, one: Suppressed) -> SuppressedTold:
    return SuppressedTold(
        finding=finding_told(session_id, one.finding, None),
        dismissed_by=[
            DismissalTold(
                verdict=said.verdict,
                session=said.session,
                finding=said.finding,
                by=said.by,
                at=utc(said.at_ms),
                reason=said.reason,
            )
            for said in one.dismissed_by
        ],
    )


def finding_told(
    session_id: str, finding: Finding, last: Verdict | None
) -> FindingTold:
    """Tell a finding in the shape of the API.

    Args:
        session_id: of its session.
        finding: what was found.
        last: what was last said of it.
    """
    holds = last is not None and last.decision != "withdrawn"
    why = finding.why
    return FindingTold(
        id=finding.id,
        question=finding.question,
        label=Message(zh=finding.label.zh, en=finding.label.en),
        sub_label=Message(zh=finding.sub_label.zh, en=finding.sub_label.en),
        level=finding.level.value,
        suggestion=finding.suggestion.value,
        start_ms=finding.start_ms,
        end_ms=finding.end_ms,
        seen_ms=finding.seen_ms,
        looks=finding.looks,
        peak=finding.peak,
        frame=finding.evidence.frame,
        at_ms=finding.evidence.at_ms,
        regions=[
            PointedTold(
                question=one.question, x1=one.x1, y1=one.y1, x2=one.x2, y2=one.y2
            )
            for one in finding.regions
        ],
        asked=Message(zh=why.instruction.zh, en=why.instruction.en),
        reply=Message(zh=why.reply.zh, en=why.reply.en),
        raw=why.raw,
        probabilities=dict(why.probabilities),
        review_at=why.review_at,
        block_at=why.block_at,
        engine=why.engine,
        model=why.model,
        model_revision=why.model_revision,
        prompt_version=why.prompt_version,
        when=list(why.when),
        min_consecutive=why.min_consecutive,
        label_mass=why.label_mass,
        before=sights_told(session_id, why.before),
        sights=sights_told(session_id, few(why.sights, finding.evidence)),
        after=sights_told(session_id, why.after),
        verdict=verdict_told(last) if last and holds else None,
        version=last.version if last else 0,
    )


def reason_told(reason: Reason) -> ReasonTold:
    """Tell why in the shape of the API."""
    words = reason_words(reason)
    return ReasonTold(
        code=reason.code,
        suggestion=reason.suggestion.value,
        question=reason.question,
        message=Message(zh=words.zh, en=words.en),
    )


def coverage_told(row: Coverage) -> CoverageTold:
    """Tell a row of coverage in the shape of the API."""
    return CoverageTold(
        question=row.question,
        label=Message(zh=row.label.zh, en=row.label.en),
        duration_ms=row.duration_ms,
        examined_ms=row.examined_ms,
        inherited_ms=row.inherited_ms,
        undecided_ms=row.undecided_ms,
        dropped_ms={reason.value: ms for reason, ms in row.dropped_ms.items()},
        failed_ms=row.failed_ms,
        unanswered_ms=row.unanswered_ms,
        unexamined_ms=row.unexamined_ms,
    )
