"""Coverage (检测覆盖率): what each question did and did not look at, in ms.

The columns of a row never overlap and always add up to the session's duration.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from idolens.media.frame import DropReason
from idolens.review.moments import Moment, MomentState, replies
from idolens.review.policy import Policy, PolicyQuestion
from idolens.review.record import Record, Words
from idolens.vocabulary import FrameId


class Coverage(Record):
    """One question's row. All times are whole milliseconds.

    ``examined + inherited + undecided + dropped (all reasons) + failed + unanswered``
    is ``duration_ms``; ``moot`` is a part of ``undecided``.
    """

    question: str
    label: Words
    duration_ms: int
    examined_ms: int = Field(description="The model looked and decided.")
    inherited_ms: int = Field(
        description="Decided by reference to a nearly identical earlier frame."
    )
    undecided_ms: int = Field(
        description="The model looked, here or at the earlier frame, and could not "
        "tell."
    )
    dropped_ms: dict[DropReason, int] = Field(
        description="The gate kept the frame from the model, by reason."
    )
    failed_ms: int = Field(description="No picture could be decoded, or none sampled.")
    unanswered_ms: int = Field(
        description="There was a picture but no usable answer (error or invalid)."
    )
    moot_ms: int = Field(
        description="Undecided time that another question's answer makes harmless."
    )
    unexamined_ms: int = Field(
        description="What counts against the policy's max_unexamined: failed, "
        "unanswered, and dropped for a reason that is not harmless."
    )

    @property
    def seen_ms(self) -> int:
        """Time that the model saw, directly or by reference."""
        return self.examined_ms + self.inherited_ms + self.undecided_ms

    @property
    def share(self) -> float:
        """Decided share of the session, 0 to 1; 0 for an empty session."""
        decided = self.examined_ms + self.inherited_ms
        return decided / self.duration_ms if self.duration_ms else 0.0


def coverage(
    policy: Policy,
    question: PolicyQuestion,
    seen: Sequence[Moment],
    moot: frozenset[FrameId],
) -> Coverage:
    """Add up one question's moments; ``moot`` names its harmless undecided frames."""
    times: Counter[MomentState] = Counter()
    drops: Counter[DropReason] = Counter()
    for moment in seen:
        times[moment.state] += moment.duration
        if moment.state is MomentState.DROPPED:
            drops[moment.frame.drop or DropReason.BLANK] += moment.duration
    failed, unanswered = times[MomentState.FAILED], times[MomentState.UNANSWERED]
    harmful = sum(
        spent for why, spent in drops.items() if why not in policy.harmless_drops
    )
    return Coverage(
        question=question.key,
        label=question.label,
        duration_ms=times.total(),
        examined_ms=times[MomentState.EXAMINED],
        inherited_ms=times[MomentState.INHERITED],
        undecided_ms=times[MomentState.UNDECIDED],
        dropped_ms={why: drops[why] for why in DropReason if why in drops},
        failed_ms=failed,
        unanswered_ms=unanswered,
        moot_ms=sum(moment.duration for moment in seen if moment.frame.id in moot),
        unexamined_ms=failed + unanswered + harmful,
    )


def moot_frames(
    question: PolicyQuestion, by_question: Mapping[str, Sequence[Moment]]
) -> frozenset[FrameId]:
    """Return the frames whose undecided answer another question settles."""
    moot = question.moot_when
    if moot is None:
        return frozenset()
    pairs = zip(by_question[question.key], by_question[moot.question], strict=True)
    return frozenset(
        mine.frame.id
        for mine, other in pairs
        if mine.state is MomentState.UNDECIDED and moot.answer in replies(other.answer)
    )
