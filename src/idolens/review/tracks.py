"""Tracks and tags: what was replied when, and for how long in all."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from idolens.media.frame import DropReason, FrameState
from idolens.review.moments import (
    DECIDED,
    Moment,
    MomentState,
    probability_of,
    replies,
)
from idolens.review.policy import PolicyQuestion
from idolens.review.record import Record, Words, rounded
from idolens.vlm.answer import Answer

BEST = 3
"""How many frames are kept as examples of a tag."""


class Stretch(Record):
    """Consecutive moments that a question knows the same of.

    Attributes:
        replies: what was replied; empty unless ``state`` is examined or inherited.
        drop: why the gate dropped it, when ``state`` is dropped.
        frame: the first moment.
    """

    start_ms: int
    end_ms: int
    state: MomentState
    replies: tuple[Words, ...]
    drop: DropReason | None
    frame: str


class Track(Record):
    """One question over the whole session, without gaps or overlaps."""

    question: str
    label: Words
    stretches: tuple[Stretch, ...]


class Example(Record):
    """A frame that shows a tag, with its probability (None: the engine gave none)."""

    frame: str
    at_ms: int
    picture: str | None
    probability: float | None


class Tag(Record):
    """How long one reply held in the session (标签).

    Attributes:
        value: the reply as the model was offered it.
        words: the same in both languages.
        best: the frames that show it best, best first.
    """

    namespace: str
    question: str
    label: Words
    value: str
    words: Words
    total_ms: int
    looks: int
    first_ms: int
    peak: float | None
    best: tuple[Example, ...]


def track(question: PolicyQuestion, seen: Sequence[Moment]) -> Track:
    """Merge consecutive moments that the question knows the same of."""
    stretches: list[Stretch] = []
    for (state, drop, words), group in groupby(seen, key=_same):
        same = list(group)
        stretches.append(
            Stretch(
                start_ms=same[0].frame.start,
                end_ms=same[-1].frame.end,
                state=state,
                replies=tuple(question.shown(word) for word in words),
                drop=drop,
                frame=same[0].frame.id,
            )
        )
    return Track(
        question=question.key, label=question.label, stretches=tuple(stretches)
    )


def _same(moment: Moment) -> tuple[MomentState, DropReason | None, tuple[str, ...]]:
    drop = moment.frame.drop if moment.state is MomentState.DROPPED else None
    return moment.state, drop, replies(moment.answer)


def tags(question: PolicyQuestion, seen: Sequence[Moment]) -> list[Tag]:
    """Return the tags of one question, longest first; none without a namespace."""
    if question.namespace is None:
        return []
    shown: dict[str, list[tuple[Moment, float | None]]] = {}
    for moment in seen:
        if moment.state in DECIDED and moment.answer is not None:
            for word, chance in _tagged(question, moment.answer):
                shown.setdefault(word, []).append((moment, chance))
    found = [
        _tag(question, question.namespace, word, looks) for word, looks in shown.items()
    ]
    return sorted(found, key=lambda tag: (-tag.total_ms, tag.first_ms, tag.value))


def _tagged(
    question: PolicyQuestion, answer: Answer
) -> Iterator[tuple[str, float | None]]:
    known = bool(answer.options) or answer.probability is not None
    for word in replies(answer):
        chance = probability_of(answer, word)
        says_nothing = question.kind == "yes_no" and word == "no"
        if chance >= question.tag_at and not says_nothing:
            yield word, chance if known else None


def _tag(
    question: PolicyQuestion,
    namespace: str,
    word: str,
    looks: Sequence[tuple[Moment, float | None]],
) -> Tag:
    kept = [look for look in looks if look[0].frame.state is FrameState.KEPT] or looks
    best = sorted(kept, key=lambda look: (-(look[1] or 0.0), look[0].frame.at))[:BEST]
    examples = tuple(
        Example(
            frame=moment.frame.id,
            at_ms=moment.frame.at,
            picture=moment.picture,
            probability=None if chance is None else rounded(chance),
        )
        for moment, chance in best
    )
    return Tag(
        namespace=namespace,
        question=question.key,
        label=question.label,
        value=word,
        words=question.shown(word),
        total_ms=sum(moment.duration for moment, _ in looks),
        looks=len(looks),
        first_ms=looks[0][0].frame.start,
        peak=examples[0].probability,
        best=examples,
    )
