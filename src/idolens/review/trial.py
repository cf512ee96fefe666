"""A session judged by other thresholds at once, for somebody who moves a slider.

A threshold changes which looks make a finding, and nothing else: what was seen, and how
much, stays. So the answers are read once, and each threshold then costs one pass over
the moments of its own question. The result is what `judge` would say, in fewer words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from idolens.media.frame import Frame
from idolens.review.dismissals import Dismissals, Subject, subject_of
from idolens.review.findings import Look, Scan
from idolens.review.judge import Judgement, Reason, judge
from idolens.review.moments import in_order, moments
from idolens.review.policy import Policy, PolicyQuestion, Risk, worst
from idolens.review.record import rounded
from idolens.vlm.answer import Answer
from idolens.vocabulary import FrameId, Milliseconds, Sha256, Suggestion


class Brief(NamedTuple):
    """A finding without its reasons.

    A tuple of plain values, for there can be ten thousand, made anew at each move.
    """

    id: str
    question: str
    start_ms: int
    end_ms: int
    looks: int
    peak: float
    frame: str
    at_ms: int
    suggestion: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What other thresholds make of a session.

    Attributes:
        suppressed: how many findings are left out because people dismissed them.
    """

    suggestion: Suggestion
    reasons: tuple[Reason, ...]
    findings: tuple[Brief, ...]
    suppressed: int


class Trial:
    """A session that was looked at, ready to be judged by other thresholds.

    Args:
        frames: every sampled moment, in any order.
        answers: of the kept frames.
        policy: that the session began with.
        duration: length of the session.
        dismissals: what people dismissed before.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        answers: Mapping[FrameId, Sequence[Answer]],
        policy: Policy,
        *,
        duration: Milliseconds,
        dismissals: Dismissals,
    ) -> None:
        self.policy = policy
        self.judgement: Judgement = judge(
            frames, answers, policy, duration=duration, dismissals=dismissals
        )
        self._dismissals: Dismissals = (
            dismissals if policy.reviewed.remember_dismissed else {}
        )
        whole = in_order(frames, duration)
        given = {frame: policy.calibrated(some) for frame, some in answers.items()}
        self._scans = {
            (question.key, risk.when): Scan(question, risk, seen)
            for question in policy.questions
            if question.risks
            for seen in (moments(whole, given, question),)
            for risk in question.risks
        }
        self._own = {
            (question.key, risk.when): self._briefs(question, risk)
            for question in policy.questions
            for risk in question.risks
        }

    def outcome(self, policy: Policy) -> Outcome:
        """Judge by ``policy``: the session's own but for its thresholds."""
        findings: list[Brief] = []
        reasons: list[Reason] = []
        suppressed = 0
        own = {question.key: question for question in self.policy.questions}
        for question in policy.questions:
            for place, risk in enumerate(question.risks):
                same = risk == own[question.key].risks[place]
                found, left_out = (
                    self._own[question.key, risk.when]
                    if same
                    else self._briefs(question, risk)
                )
                findings += found
                suppressed += left_out
                if found:
                    reasons.append(_found(question, risk, found))
        reasons += [one for one in self.judgement.reasons if one.code != "findings"]
        return Outcome(
            suggestion=worst([reason.suggestion for reason in reasons]),
            reasons=tuple(reasons),
            findings=tuple(
                sorted(findings, key=lambda found: (found.start_ms, found.end_ms))
            ),
            suppressed=suppressed,
        )

    def _briefs(self, question: PolicyQuestion, risk: Risk) -> tuple[list[Brief], int]:
        scan = self._scans[question.key, risk.when].by(risk)
        subject = subject_of(question, risk)
        found: list[Brief] = []
        left_out = 0
        for run in scan.runs(scan.looks, risk.review_at):
            if len(run) < scan.least:
                continue
            if self._dismissed(subject, run):
                left_out += 1
            else:
                found.append(_brief(question, risk, scan, run))
        return found, left_out

    def _dismissed(self, subject: Subject, run: Sequence[Look]) -> bool:
        return bool(self._dismissals) and all(
            (subject, Sha256(look.moment.picture or "")) in self._dismissals
            for look in run
        )


def _brief(
    question: PolicyQuestion, risk: Risk, scan: Scan, run: Sequence[Look]
) -> Brief:
    first, last = run[0].moment.frame, run[-1].moment.frame
    best = max(run, key=lambda look: look.weight)
    return Brief(
        id=f"{question.key}/{risk.when[0]}/{first.id}",
        question=question.key,
        start_ms=first.start,
        end_ms=last.end,
        looks=len(run),
        peak=rounded(best.chance),
        frame=best.moment.frame.id,
        at_ms=best.moment.frame.at,
        suggestion=scan.suggestion(run[0].index, run[-1].index).value,
    )


def _found(question: PolicyQuestion, risk: Risk, found: Sequence[Brief]) -> Reason:
    return Reason(
        code="findings",
        suggestion=worst([Suggestion(brief.suggestion) for brief in found]),
        question=question.key,
        label=risk.sub_label,
        measured=len(found),
        limit=0,
    )
