"""GET …/answers: what the model said of each frame."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from idolens.vlm.answer import Answer
from idolens.vocabulary import FrameId, QuestionKey, Sha256
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import (
    Cursor,
    Limit,
    Page,
    SessionPath,
    Told,
    cursor_of,
    place_of,
)
from idolens.web.house import House


class RegionTold(Told):
    """A rectangle that a model named, in pixels of the frame's picture."""

    x1: int = Field(description="The first column.")
    y1: int = Field(description="The first row.")
    x2: int = Field(description="The first column outside of it.")
    y2: int = Field(description="The first row outside of it.")


class AnswerTold(Told):
    """One answer to one question about one frame."""

    frame: str = Field(description="Id of the frame.")
    question: str = Field(
        description="Key of the question in the policy; `key@digest` where only the "
        "version in its shadow asks it so."
    )
    status: Literal["ok", "cannot_tell", "invalid", "error"] = Field(
        description="Anything but `ok` is not a no; `invalid` and `error` count as "
        "not examined."
    )
    value: str | float | list[str] | None = Field(description="The typed answer.")
    probability: float | None = Field(description="The model's own, 0 to 1.")
    options: dict[str, float] = Field(description="Probability of every option.")
    label_mass: float | None = Field(
        description="How much of all probability fell on the options."
    )
    raw: str = Field(description="The model's own words.")
    engine: str = Field(description="Who answered.")
    model: str = Field(description="The model's name.")
    model_revision: str = Field(description="Which weights.")
    prompt_version: str = Field(description="Changes with the question's wording.")
    latency_ms: float = Field(description="This answer's share of the engine's time.")
    detail: str = Field(description="Why it is invalid or an error.")
    reused_from: str | None = Field(
        description="Digest of the similar picture that was really looked at, if so."
    )
    reused_from_frame: str | None = Field(
        description="Id of the frame that shows that picture, if so."
    )
    regions: list[RegionTold] = Field(
        description="Where the model's words point, if they do; it often errs."
    )


class AnswerPage(Page[AnswerTold]):
    """Some answers, in order of time and question."""


def add_answers(router: APIRouter, house: House) -> None:
    """Add the route."""

    @router.get("/sessions/{session_id}/answers", summary="List a session's answers")
    def answers(
        session_id: SessionPath,
        limit: Limit = 50,
        cursor: Cursor = None,
        question: Annotated[
            str | None, Query(max_length=60, description="Only those to this question.")
        ] = None,
        frame: Annotated[
            str | None, Query(max_length=13, description="Only those about this frame.")
        ] = None,
    ) -> AnswerPage:
        session = session_of(house, session_id)
        place = place_of(cursor, str, str, str, str)
        found = house.archive.pages.answers(
            session.id,
            limit + 1,
            None
            if place is None
            else (str(place[0]), str(place[1]), str(place[2]), str(place[3])),
            question=None if question is None else QuestionKey(question),
            frame=None if frame is None else FrameId(frame),
        )
        shown = found[:limit]
        origins = {one.reused_from for _, one in shown if one.reused_from}
        frames = house.archive.pages.first_showing(session.id, origins)
        return AnswerPage(
            items=[_told(frame_id, answer, frames) for frame_id, answer in shown],
            next=_cursor(*shown[-1]) if len(found) > limit else None,
        )


def _cursor(frame_id: FrameId, answer: Answer) -> str:
    return cursor_of(frame_id, answer.key, answer.model_revision, answer.prompt_version)


def _told(
    frame_id: FrameId, answer: Answer, frames: Mapping[Sha256, FrameId]
) -> AnswerTold:
    value = list(answer.value) if isinstance(answer.value, tuple) else answer.value
    return AnswerTold(
        frame=frame_id,
        question=answer.key,
        status=answer.status.value,
        value=value,
        probability=answer.probability,
        options=dict(answer.options),
        label_mass=answer.label_mass,
        raw=answer.raw,
        engine=answer.engine,
        model=answer.model,
        model_revision=answer.model_revision,
        prompt_version=answer.prompt_version,
        latency_ms=answer.latency_ms,
        detail=answer.detail,
        reused_from=answer.reused_from,
        reused_from_frame=answer.reused_from and frames.get(answer.reused_from),
        regions=[
            RegionTold(x1=one.x1, y1=one.y1, x2=one.x2, y2=one.y2)
            for one in answer.regions
        ],
    )
