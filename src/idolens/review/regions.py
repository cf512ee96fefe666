"""Where a model's words point in a finding's picture: evidence, never a finding."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from idolens.review.moments import Moment
from idolens.review.policy import PolicyQuestion
from idolens.review.record import Record, Words


class PointedRegion(Record):
    """A rectangle that a model named when it answered, in pixels of the picture.

    Attributes:
        question: whose answer named it.
    """

    question: str
    label: Words
    x1: int
    y1: int
    x2: int = Field(description="The first column outside of it.")
    y2: int = Field(description="The first row outside of it.")


def pointed(
    questions: Sequence[PolicyQuestion],
    seen: Mapping[str, Sequence[Moment]],
    place: int,
    picture: str | None,
) -> tuple[PointedRegion, ...]:
    """Return what all answers about one picture point to.

    Args:
        questions: the policy's.
        seen: every question's moments, alike in their order.
        place: which moment.
        picture: digest of what is shown of it; an answer that was taken over from
            another picture points into that one, and is left out.
    """
    found: list[PointedRegion] = []
    for question in questions:
        moment = seen[question.key][place]
        if moment.answer is None or moment.picture != picture:
            continue
        found += [
            PointedRegion(
                question=question.key,
                label=question.label,
                x1=region.x1,
                y1=region.y1,
                x2=region.x2,
                y2=region.y2,
            )
            for region in moment.answer.regions
        ]
    return tuple(found)
