"""Findings: ranges of time in which a question's risky reply was probable enough.

A finding is built only from looks (examined or inherited moments) and from the
stretches they stand for. A look that was answered otherwise ends it. A gap, where
nothing is known, ends it too unless the question's ``bridge_s`` allows to run
across; the gap is then reported inside the finding, never counted as seen.

Still pictures are judged one by one: a finding never runs over two of them, and
``min_consecutive``, which steadies moving pictures, does not apply.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from idolens.media.frame import FrameState
from idolens.review.moments import Moment, MomentState, replies, risk_probability
from idolens.review.policy import CANNOT_TELL, PolicyQuestion, Risk, worst
from idolens.review.record import Record, Words, rounded
from idolens.review.regions import PointedRegion
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import RiskLevel, Suggestion

NEIGHBOURS = 2
"""How many looks before and after a finding its "why" shows."""

UNKNOWN = (
    MomentState.DROPPED,
    MomentState.FAILED,
    MomentState.UNANSWERED,
    MomentState.UNDECIDED,
)


class Sight(Record):
    """One moment and how probable the risk was in it.

    Attributes:
        probability: None where nothing is known.
        picture: digest of the picture that the model looked at, if any.
        label: the file's name in a session of still pictures, else empty.
    """

    frame: str
    at_ms: int
    state: MomentState
    probability: float | None
    picture: str | None
    label: str


class Why(Record):
    """Everything that a person needs to agree or disagree with a finding."""

    instruction: Words
    when: tuple[str, ...]
    review_at: float
    block_at: float | None
    min_consecutive: int
    reply: Words
    raw: str
    probabilities: dict[str, float]
    label_mass: float | None
    engine: str
    model: str
    model_revision: str
    prompt_version: str
    before: tuple[Sight, ...]
    sights: tuple[Sight, ...]
    after: tuple[Sight, ...]


class Finding(Record):
    """A risk that lasted from ``start_ms`` to ``end_ms`` (命中片段).

    Attributes:
        id: stable for the same question, reply and first frame.
        seen_ms: how much of the range was looked at; the rest are bridged gaps.
        looks: number of moments that reached ``review_at``.
        peak: the highest probability in the range.
        evidence: the moment of the peak.
        regions: where answers about the evidence's picture point.
    """

    id: str
    question: str
    label: Words
    sub_label: Words
    level: RiskLevel
    suggestion: Suggestion
    start_ms: int
    end_ms: int
    seen_ms: int
    looks: int
    peak: float
    evidence: Sight
    regions: tuple[PointedRegion, ...] = Field(
        default=(),
        exclude_if=lambda regions: not regions,
        description="Where answers about the evidence's picture point, if any does;"
        " since 1.1.0.",
    )
    why: Why


class RiskTotal(Record):
    """What was found of one risk in the whole session, also when it is nothing.

    Attributes:
        seen_ms: time of the findings that was looked at.
        brief_looks: moments over ``review_at`` that did not last ``min_consecutive``
            looks; they are no findings.
        peak: the highest probability in the whole session; None if never asked.
    """

    question: str
    label: Words
    sub_label: Words
    level: RiskLevel
    findings: int
    suggestion: Suggestion
    seen_ms: int
    looks: int
    brief_looks: int
    peak: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """A moment with an answer, and how probable the risk is in it."""

    index: int
    moment: Moment
    answer: Answer
    chance: float

    @property
    def weight(self) -> tuple[float, bool]:
        """What makes better evidence: a higher probability, then an own picture."""
        return self.chance, self.moment.frame.state is FrameState.KEPT


def find(
    question: PolicyQuestion, risk: Risk, seen: Sequence[Moment]
) -> tuple[list[Finding], RiskTotal]:
    """Return the findings of one risk in order of time, and its total."""
    scan = Scan(question, risk, seen)
    found: list[Finding] = []
    brief = 0
    for run in scan.runs(scan.looks, risk.review_at):
        if len(run) < scan.least:
            brief += len(run)
        else:
            found.append(scan.finding(run))
    return found, scan.total(found, brief)


class Scan:
    """One risk over all moments of a session."""

    def __init__(
        self, question: PolicyQuestion, risk: Risk, seen: Sequence[Moment]
    ) -> None:
        self._question = question
        self.risk = risk
        self._seen = seen
        self._bridge_ms = round(question.bridge_s * 1000)
        self._stills = any(moment.frame.label for moment in seen)
        self.least = 1 if self._stills else risk.min_consecutive
        self.looks = [_look(index, moment, risk) for index, moment in enumerate(seen)]

    def by(self, risk: Risk) -> "Scan":
        """Return the same looks, with other thresholds for the same replies."""
        other = copy.copy(self)
        other.risk = risk
        other.least = 1 if self._stills else risk.min_consecutive
        return other

    def runs(
        self, looks: Sequence[Look | None], threshold: float, start: int = 0
    ) -> Iterator[list[Look]]:
        """Yield the looks at or over ``threshold`` that belong together."""
        run: list[Look] = []
        gap = 0
        for moment, look in zip(self._seen[start:], looks, strict=False):
            if look is not None and look.chance >= threshold:
                if run and self._stills:
                    yield run
                    run = []
                run.append(look)
                gap = 0
                continue
            gap += moment.duration
            if run and (moment.state not in UNKNOWN or gap > self._bridge_ms):
                yield run
                run = []
        if run:
            yield run

    def finding(self, run: Sequence[Look]) -> Finding:
        """Put a run of looks into words and numbers."""
        first, last = run[0], run[-1]
        best = max(run, key=lambda look: look.weight)
        return Finding(
            id=f"{self._question.key}/{self.risk.when[0]}/{first.moment.frame.id}",
            question=self._question.key,
            label=self._question.label,
            sub_label=self.risk.sub_label,
            level=self.risk.level,
            suggestion=self.suggestion(first.index, last.index),
            start_ms=first.moment.frame.start,
            end_ms=last.moment.frame.end,
            seen_ms=sum(look.moment.duration for look in run),
            looks=len(run),
            peak=rounded(best.chance),
            evidence=self._sights[best.index],
            why=self._why(best.answer, first.index, last.index),
        )

    def total(self, found: Sequence[Finding], brief: int) -> RiskTotal:
        """Sum up the whole session, also where nothing was found."""
        chances = [look.chance for look in self.looks if look is not None]
        return RiskTotal(
            question=self._question.key,
            label=self._question.label,
            sub_label=self.risk.sub_label,
            level=self.risk.level,
            findings=len(found),
            suggestion=worst([finding.suggestion for finding in found]),
            seen_ms=sum(finding.seen_ms for finding in found),
            looks=sum(finding.looks for finding in found),
            brief_looks=brief,
            peak=rounded(max(chances)) if chances else None,
        )

    @cached_property
    def _sights(self) -> list[Sight]:
        pairs = zip(self._seen, self.looks, strict=True)
        return [_sight(moment, look) for moment, look in pairs]

    def suggestion(self, first: int, last: int) -> Suggestion:
        """Block where enough looks in a row reach ``block_at``, else review."""
        if self.risk.block_at is None:
            return Suggestion.REVIEW
        within = self.looks[first : last + 1]
        blocked = self.runs(within, self.risk.block_at, start=first)
        if any(len(run) >= self.least for run in blocked):
            return Suggestion.BLOCK
        return Suggestion.REVIEW

    def _why(self, answer: Answer, first: int, last: int) -> Why:
        return Why(
            instruction=self._question.instruction,
            when=self.risk.when,
            review_at=self.risk.review_at,
            block_at=self.risk.block_at,
            min_consecutive=self.risk.min_consecutive,
            reply=self._reply(answer),
            raw=answer.raw,
            probabilities={
                reply: rounded(chance) for reply, chance in answer.options.items()
            },
            label_mass=answer.label_mass and rounded(answer.label_mass),
            engine=answer.engine,
            model=answer.model,
            model_revision=answer.model_revision,
            prompt_version=answer.prompt_version,
            before=tuple(self._sights[max(0, first - NEIGHBOURS) : first]),
            sights=tuple(self._sights[first : last + 1]),
            after=tuple(self._sights[last + 1 : last + 1 + NEIGHBOURS]),
        )

    def _reply(self, answer: Answer) -> Words:
        if answer.status is Status.CANNOT_TELL:
            return CANNOT_TELL
        shown = [self._question.shown(reply) for reply in replies(answer)]
        return Words(
            zh="、".join(words.zh for words in shown),
            en=", ".join(words.en for words in shown),
        )


def _look(index: int, moment: Moment, risk: Risk) -> Look | None:
    if moment.answer is None:
        return None
    return Look(index, moment, moment.answer, risk_probability(risk, moment.answer))


def _sight(moment: Moment, look: Look | None) -> Sight:
    return Sight(
        frame=moment.frame.id,
        at_ms=moment.frame.at,
        state=moment.state,
        probability=None if look is None else rounded(look.chance),
        picture=moment.picture,
        label=moment.frame.label,
    )
