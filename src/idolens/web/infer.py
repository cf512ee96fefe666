"""POST /vlm/infer: one picture and one question in, one answer out."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from idolens.errors import QuestionError
from idolens.settings import Settings
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Model
from idolens.vlm.phrasing import KEY, language_of, question_for, spoken
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo, check
from idolens.web.brownout import LESS_WORDS, Less
from idolens.web.eyes import Eyes
from idolens.web.pictures import picture_bytes

Kind = Literal["auto", "yes_no", "choice", "score", "tags", "text"]

_QUICK = 500_000
"""Characters of base64 that are decoded and digested within half a millisecond."""
_EXAMPLE: dict[str, JsonValue] = {
    "image": "iVBORw0KGgo…",
    "question": "画面中是否有未授权LOGO?",
}


class InferRequest(BaseModel):
    """One picture and one question about it."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    image: str = Field(
        min_length=1,
        description="The picture as base64, with or without a data-URL prefix, with "
        "or without line breaks; at most 20 MB before base64.",
    )
    question: str = Field(min_length=1, description="The question in plain words.")
    kind: Kind = Field(
        "auto",
        description="How to ask; `auto` takes yes_no for 是否…, …吗? and the like, "
        "choice for 甲还是乙？, text for all others.",
    )
    choices: list[str] | None = Field(
        None,
        description="The options of a choice, the levels of a score from low to high, "
        "or the only tags that count. With `auto` it makes the question a choice.",
    )


class InferResponse(BaseModel):
    """The answer, and how far it can be trusted."""

    answer: str = Field(description="The answer in plain words; 无法判断 if unusable.")
    status: Literal["ok", "cannot_tell", "invalid", "error"] = Field(
        description="Whether the answer can be used; anything but ok is not a no."
    )
    kind: str = Field(description="How the question was asked.")
    value: str | float | list[str] | None = Field(
        description="The typed answer: yes/no, an option, a level, tags or text."
    )
    probability: float | None = Field(description="The model's own, 0 to 1.")
    options: dict[str, float] = Field(description="Probability of every option.")
    label_mass: float | None = Field(
        description="How much of all probability fell on the options; when low, the "
        "model wanted to say something else."
    )
    engine: str = Field(description="Which engine answered, as `idolens engines` says.")
    model: str = Field(description="The model's name.")
    model_revision: str = Field(
        description="Which weights these are; another revision may answer otherwise."
    )
    prompt_version: str = Field(
        description="Changes with the wording that the question was put into."
    )
    demonstration: bool = Field(
        description="True for the embedded demonstration model, which was trained on "
        "drawn scenes only."
    )
    latency_ms: float = Field(description="Time from request read to answer, in ms.")
    reduced: list[Less] = Field(default_factory=list[Less], description=LESS_WORDS)


@dataclass(frozen=True)
class Inquiry:
    """A request whose question is sound; its picture is decoded when first needed.

    Attributes:
        question: as engines get it.
        image: the picture as base64.
        most: largest picture, in bytes.
    """

    question: Question
    image: str
    most: int

    @classmethod
    def of(cls, asked: InferRequest, settings: Settings) -> "Inquiry":
        """Check what is cheap to check.

        Raises:
            QuestionError: the question is too long or its options are impossible.
        """
        question = _question(asked, settings.question_characters)
        return cls(question, asked.image, settings.picture_upload_bytes)

    @cached_property
    def picture(self) -> bytes:
        """The picture file's bytes."""
        return picture_bytes(self.image, self.most)

    def recalled(self, eyes: Eyes) -> InferResponse | None:
        """Return the answer if it is at hand; quick enough for the event loop.

        Raises:
            MalformedError: the picture is not base64.
            TooLargeError: the picture has too many bytes.
        """
        if len(self.image) > _QUICK:
            return None
        started = time.perf_counter()
        found = eyes.recall(self.picture, [self.question])
        return self._reply(found[0], eyes, started) if found else None

    def answered(self, eyes: Eyes) -> InferResponse:
        """Have the picture looked at; for a thread.

        Raises:
            MalformedError: the picture is not base64.
            MediaError: the picture cannot be read.
        """
        started = time.perf_counter()
        (answer,) = eyes.ask(self.picture, [self.question])
        return self._reply(answer, eyes, started)

    def _reply(self, answer: Answer, eyes: Eyes, started: float) -> InferResponse:
        seconds = time.perf_counter() - started
        return _response(self.question, answer, eyes.engine.model, seconds)


def _question(asked: InferRequest, most: int) -> Question:
    words = asked.question.strip()
    if len(words) > most:
        raise QuestionError(
            f"The question has more than {most} characters; shorten it.",
            f"问题超过 {most} 个字符；请缩短。",
        )
    question = _of_kind(asked, words)
    check([question])
    return question


def _of_kind(asked: InferRequest, words: str) -> Question:
    language, options = language_of(words), tuple(asked.choices or ())
    if asked.choices is not None and asked.kind in {"yes_no", "text"}:
        raise QuestionError(
            f"A {asked.kind} question takes no choices; leave them out.",
            f"{asked.kind} 类问题不带 choices;请去掉。",
        )
    match asked.kind:
        case "auto" if asked.choices is None:
            return question_for(words)
        case "auto" | "choice":
            return Choice(
                key=KEY, instruction=words, options=options, language=language
            )
        case "score":
            return Score(key=KEY, instruction=words, levels=options, language=language)
        case "tags":
            return Tags(key=KEY, instruction=words, options=options, language=language)
        case "yes_no":
            return YesNo(key=KEY, instruction=words, language=language)
        case "text":
            return Text(key=KEY, instruction=words, language=language)


def _response(
    question: Question, answer: Answer, model: Model, seconds: float
) -> InferResponse:
    value = list(answer.value) if isinstance(answer.value, tuple) else answer.value
    return InferResponse(
        answer=spoken(question, answer),
        status=answer.status.value,
        kind=question.kind,
        value=value,
        probability=answer.probability,
        options=dict(answer.options),
        label_mass=answer.label_mass,
        engine=answer.engine,
        model=answer.model,
        model_revision=answer.model_revision,
        prompt_version=answer.prompt_version,
        demonstration=model.demonstration,
        latency_ms=round(seconds * 1000, 1),
    )
