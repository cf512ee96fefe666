"""Puts reports into the review queue, and tells what waits there."""

from collections.abc import Sequence

from pydantic import Field

from idolens.archive import Session
from idolens.archive.review_queue import ReviewItem, ReviewLot, Waiting
from idolens.archive.verdicts import Verdict
from idolens.errors import GoneError
from idolens.media.frame import Frame
from idolens.review import Finding, Policy, check_policy
from idolens.review.moments import replies, risk_probability
from idolens.review.sampling import SAMPLE
from idolens.review.urgency import rank, sample_rank
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import QuestionKey, RiskLevel, SessionId
from idolens.web.api.findings import FindingTold, finding_told
from idolens.web.api.judging import Judging
from idolens.web.api.sessions import PolicyRef
from idolens.web.api.shape import Told, utc
from idolens.web.api.sights import SightTold, picture_path
from idolens.web.house import House
from idolens.web.problems import Message

NEIGHBOURS = 2
_MOST_ANSWERS = 200


class PassedReplyTold(Told):
    """What the model said to one question with risks about a passed frame."""

    question: str = Field(description="Key of the question.")
    label: Message = Field(description="What it is about.")
    asked: Message = Field(description="The question as it was put.")
    reply: Message = Field(description="What was replied.")
    raw: str = Field(description="The model's own words.")
    probability: float = Field(description="Of the riskiest reply.")
    review_at: float = Field(description="Probability from which it is a finding.")


class SampleTold(Told):
    """A passed frame that people look at too: was anything missed in it?"""

    frame: str = Field(description="Id of the frame; give it as `sample`.")
    at_ms: int = Field(description="When, on the session clock.")
    start_ms: int = Field(description="Begin of what it stands for.")
    end_ms: int = Field(description="End of what it stands for.")
    picture: str = Field(description="GET it from here.")
    label: str = Field(description="The file's name among still pictures, else empty.")
    replies: list[PassedReplyTold] = Field(description="What the model said.")
    before: list[SightTold] = Field(description="The frames just before it.")
    after: list[SightTold] = Field(description="The frames just after it.")


class ItemTold(Told):
    """A finding or a sampled frame that waits for a person, with all to show it."""

    kind: str = Field(description="`finding` or `sample`.")
    session: str = Field(description="Id of the session.")
    session_name: str = Field(description="What the studio calls it.")
    policy: PolicyRef = Field(description="What judged.")
    target: str = Field(description="What verdicts call it.")
    rank: int = Field(description="How urgent, 0 to 1,000,000; the highest first.")
    version: int = Field(description="Give it with the verdict.")
    by: str | None = Field(description="Who looks at it now.")
    until: str | None = Field(description="Until when, UTC, unless they take it again.")
    finding: FindingTold | None = Field(description="Of a finding.")
    sample: SampleTold | None = Field(description="Of a sampled frame.")


class Reviewing:
    """The queue of one studio as the API tells it.

    Args:
        house: where everything is kept.
        judging: says what was found.
    """

    def __init__(self, house: House, judging: Judging) -> None:
        self._house = house
        self._judging = judging

    def sort_in(self) -> None:
        """Put reports that came since into the queue."""
        archive = self._house.archive
        for session_id, report, at_ms in archive.review.unsorted():
            session = archive.session(session_id)
            try:
                items, passed = self._items(session)
            except GoneError:  # nothing of it can be shown any more
                items, passed = [], 0
            lot = ReviewLot(
                session_id=session_id, report=report, passed=passed, ready_at_ms=at_ms
            )
            archive.review.put(lot, items)

    def told(
        self, waiting: Sequence[Waiting], *, blind: bool = False
    ) -> list[ItemTold]:
        """Tell items with all that is needed to show them.

        What cannot be shown any more, because it is past its term, is left out.

        Args:
            waiting: the items.
            blind: without what others said of them.
        """
        by_session: dict[SessionId, _Shown | None] = {}
        told: list[ItemTold] = []
        for one in waiting:
            session_id = one.item.session_id
            if session_id not in by_session:
                by_session[session_id] = self._shown(session_id)
            shown = by_session[session_id]
            if shown is not None and (item := shown.told(one, blind=blind)):
                told.append(item)
        return told

    def _items(self, session: Session) -> tuple[list[ReviewItem], int]:
        judgement = self._judging.of(session)
        sample = self._judging.sample(session)
        items = [
            ReviewItem(
                session_id=session.id,
                target=finding.id,
                kind="finding",
                question=finding.question,
                level=finding.level.value,
                rank=rank(finding),
                looks=finding.looks,
            )
            for finding in judgement.findings
        ]
        items += [
            ReviewItem(
                session_id=session.id,
                target=f"{SAMPLE}{frame.id}",
                kind="sample",
                question="",
                level=RiskLevel.NONE.value,
                rank=sample_rank(session.id, frame.id),
                looks=1,
            )
            for frame in sample.frames
        ]
        return items, sample.passed

    def _shown(self, session_id: SessionId) -> "_Shown | None":
        session = self._house.archive.session(session_id)
        try:
            judgement = self._judging.of(session)
        except GoneError:
            return None
        return _Shown(
            self._house,
            session,
            {finding.id: finding for finding in judgement.findings},
            self._house.archive.verdicts.last(session_id),
        )


class _Shown:
    """One session, of which items are told."""

    def __init__(
        self,
        house: House,
        session: Session,
        findings: dict[str, Finding],
        last: dict[str, Verdict],
    ) -> None:
        self._house = house
        self._session = session
        self._policy = check_policy(session.policy_text)
        self._findings = findings
        self._last = last
        self._frames: list[Frame] | None = None

    def told(self, waiting: Waiting, *, blind: bool) -> ItemTold | None:
        item, session = waiting.item, self._session
        last = self._last.get(item.target)
        finding = self._findings.get(item.target)
        sample = self._sample(item.target) if item.kind == "sample" else None
        if finding is None and sample is None:
            return None
        shown = finding and finding_told(session.id, finding, last)
        if shown and blind:
            shown = shown.model_copy(update={"verdict": None})
        return ItemTold(
            kind=item.kind,
            session=session.id,
            session_name=session.name,
            policy=PolicyRef(name=session.policy_name, version=session.policy_version),
            target=item.target,
            rank=item.rank,
            version=last.version if last else 0,
            by=waiting.by,
            until=None if waiting.until_ms is None else utc(waiting.until_ms),
            finding=shown,
            sample=sample,
        )

    def _sample(self, target: str) -> SampleTold | None:
        if self._frames is None:
            self._frames = self._house.archive.frames(self._session.id)
        frames, name = self._frames, target.removeprefix(SAMPLE)
        places = [place for place, one in enumerate(frames) if one.id == name]
        if not places:
            return None
        place = places[0]
        frame = frames[place]
        answers = self._house.archive.pages.answers(
            self._session.id, _MOST_ANSWERS, frame=frame.id
        )
        given = self._policy.calibrated([answer for _, answer in answers])
        return SampleTold(
            frame=frame.id,
            at_ms=frame.at,
            start_ms=frame.start,
            end_ms=frame.end,
            picture=picture_path(self._session.id, frame.id),
            label=frame.label,
            replies=_replies(self._policy, given),
            before=[
                self._moment(one) for one in frames[max(0, place - NEIGHBOURS) : place]
            ],
            after=[
                self._moment(one) for one in frames[place + 1 : place + 1 + NEIGHBOURS]
            ],
        )

    def _moment(self, frame: Frame) -> SightTold:
        path = picture_path(self._session.id, frame.id)
        return SightTold(
            frame=frame.id,
            at_ms=frame.at,
            state=frame.state.value,
            probability=None,
            picture=path if frame.picture else None,
            label=frame.label,
        )


def _replies(policy: Policy, given: Sequence[Answer]) -> list[PassedReplyTold]:
    by_key: dict[QuestionKey, Answer] = {answer.key: answer for answer in given}
    told: list[PassedReplyTold] = []
    for question in policy.questions:
        answer = by_key.get(QuestionKey(question.key))
        if answer is None or not question.risks:
            continue
        if answer.status not in (Status.OK, Status.CANNOT_TELL):
            continue
        chances = [(risk_probability(one, answer), one) for one in question.risks]
        probability, risk = max(chances, key=lambda pair: pair[0])
        shown = [question.shown(reply) for reply in replies(answer)]
        told.append(
            PassedReplyTold(
                question=question.key,
                label=Message(zh=question.label.zh, en=question.label.en),
                asked=Message(zh=question.instruction.zh, en=question.instruction.en),
                reply=Message(
                    zh="、".join(words.zh for words in shown),
                    en=", ".join(words.en for words in shown),
                ),
                raw=answer.raw,
                probability=probability,
                review_at=risk.review_at,
            )
        )
    return told
