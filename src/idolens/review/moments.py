"""Every sampled moment of a session as one question sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from idolens.media.frame import Frame, FrameState
from idolens.review.policy import PolicyQuestion, Risk
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import FrameId, Milliseconds, Sha256


class MomentState(StrEnum):
    """What a question knows of a moment; see docs/glossary.md, coverage.

    ``examined``: the model looked and decided. ``inherited``: decided by reference
    to a nearly identical earlier frame, or by an answer taken over from a similar
    one. ``undecided``: the model looked, here or at the earlier frame, and could not
    tell. ``dropped``: the gate kept the frame from the model. ``failed``: no picture
    could be decoded. ``unanswered``: there is a picture but no usable answer.
    """

    EXAMINED = "examined"
    INHERITED = "inherited"
    UNDECIDED = "undecided"
    DROPPED = "dropped"
    FAILED = "failed"
    UNANSWERED = "unanswered"


USABLE = (Status.OK, Status.CANNOT_TELL)
SEEN = (MomentState.EXAMINED, MomentState.INHERITED, MomentState.UNDECIDED)
DECIDED = (MomentState.EXAMINED, MomentState.INHERITED)


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame and what one question knows of it.

    Attributes:
        answer: None unless ``state`` is examined, inherited or undecided.
        picture: the picture that the model looked at: for an inherited frame that
            of the earlier one; None where it looked at none.
    """

    frame: Frame
    state: MomentState
    answer: Answer | None = None
    picture: Sha256 | None = None

    @property
    def duration(self) -> int:
        """How long the frame stands for, in milliseconds."""
        return self.frame.end - self.frame.start


def in_order(
    frames: Sequence[Frame], duration: Milliseconds | None = None
) -> tuple[Frame, ...]:
    """Sort frames by time and fill time that no frame stands for with failed ones.

    Args:
        frames: every sampled moment, in any order.
        duration: length of the session; the end of the last frame if not given.
    """
    whole: list[Frame] = []
    clock = Milliseconds(0)
    for frame in sorted(frames, key=lambda frame: (frame.start, frame.id)):
        if frame.start > clock:
            whole.append(_unsampled(clock, frame.start))
        whole.append(frame)
        clock = frame.end
    if duration is not None and duration > clock:
        whole.append(_unsampled(clock, duration))
    return tuple(whole)


def _unsampled(start: Milliseconds, end: Milliseconds) -> Frame:
    return Frame(
        id=FrameId(f"unsampled-{start}"),
        at=start,
        start=start,
        end=end,
        state=FrameState.FAILED,
        detail="not sampled",
    )


def moments(
    frames: Sequence[Frame],
    answers: Mapping[FrameId, Sequence[Answer]],
    question: PolicyQuestion,
) -> tuple[Moment, ...]:
    """Say for every frame what ``question`` knows of it."""
    by_id = {frame.id: frame for frame in frames}
    return tuple(
        _moment(frame, by_id.get(frame.inherits or frame.id), answers, question.key)
        for frame in frames
    )


def _moment(
    frame: Frame,
    source: Frame | None,
    answers: Mapping[FrameId, Sequence[Answer]],
    key: str,
) -> Moment:
    if frame.state is FrameState.DROPPED:
        return Moment(frame, MomentState.DROPPED)
    if frame.state is FrameState.FAILED:
        return Moment(frame, MomentState.FAILED)
    if source is None:
        return Moment(frame, MomentState.UNANSWERED)
    answer = _usable(answers.get(source.id, ()), key)
    if answer is None:
        return Moment(frame, MomentState.UNANSWERED, picture=source.picture)
    picture = answer.reused_from or source.picture
    if answer.status is Status.CANNOT_TELL:
        return Moment(frame, MomentState.UNDECIDED, answer, picture)
    inherited = frame.state is FrameState.INHERITED or answer.reused_from is not None
    state = MomentState.INHERITED if inherited else MomentState.EXAMINED
    return Moment(frame, state, answer, picture)


def _usable(answers: Sequence[Answer], key: str) -> Answer | None:
    """Take the newest usable answer: a repeat after an error replaces it."""
    for answer in reversed(answers):
        if answer.key == key and answer.status in USABLE:
            return answer
    return None


def replies(answer: Answer | None) -> tuple[str, ...]:
    """Return what was replied: one word, a level's number, tags; none if undecided."""
    if answer is None or answer.value is None:
        return ()
    if isinstance(answer.value, float | int):
        return (str(round(answer.value)),)
    return (answer.value,) if isinstance(answer.value, str) else answer.value


def probability_of(answer: Answer, reply: str) -> float:
    """Return the probability of ``reply``.

    An engine that gives no probabilities is taken at its word: 1 for what it said,
    0 for all else.
    """
    if reply in answer.options:
        return answer.options[reply]
    if answer.options or reply not in replies(answer):
        return 0.0
    return 1.0 if answer.probability is None else answer.probability


def risk_probability(risk: Risk, answer: Answer) -> float:
    """Return how probable the risk is.

    Where the model could not tell, the risky replies still have a probability. It
    counts as far as the model wanted to give one of the offered replies at all
    (``label_mass``): a policy that asks for a look from 0.3 on gets it.
    """
    total = sum(probability_of(answer, reply) for reply in risk.when)
    if answer.status is Status.CANNOT_TELL and answer.label_mass is not None:
        total *= answer.label_mass
    return min(1.0, total)
