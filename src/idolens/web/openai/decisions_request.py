"""What POST /v1/decisions takes, and the questions that it means."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from idolens.errors import QuestionError
from idolens.vlm.phrasing import language_of
from idolens.vlm.question import Choice, Question, Score, YesNo, check
from idolens.vlm.rounds import MOST_IN_ROUNDS
from idolens.vocabulary import QuestionKey
from idolens.web.openai.shape import MOST_NAME_CHARACTERS, Asked, tag_of, text_or_list

MOST_QUESTIONS = 400


class InputText(Asked):
    """Some words about the picture, or of a question."""

    type: Literal["input_text"] = Field(description="Always `input_text`.")
    text: str = Field(min_length=1, description="The words.")


class InputImage(Asked):
    """The picture."""

    type: Literal["input_image"] = Field(description="Always `input_image`.")
    image_url: str = Field(
        description="The picture as a data URL; no other is fetched."
    )
    detail: Literal["auto", "low"] | None = Field(
        default=None, description="Pictures are looked at within 512x512 in any case."
    )


InputPart = Annotated[
    Annotated[InputText, Tag("~input_text")]
    | Annotated[InputImage, Tag("~input_image")],
    Discriminator(lambda part: tag_of(part, "type")),
]
Instructions = Annotated[
    Annotated[str, Field(min_length=1), Tag("~text")]
    | Annotated[list[InputText], Field(min_length=1), Tag("~parts")],
    Discriminator(text_or_list),
]


class InputMessage(Asked):
    """A message of the input; together they hold one picture."""

    type: Literal["message"] = Field(default="message", description="Always `message`.")
    role: Literal["user"] = Field(description="Always `user`.")
    content: Annotated[
        Annotated[str, Tag("~text")]
        | Annotated[list[InputPart], Field(min_length=1), Tag("~parts")],
        Discriminator(text_or_list),
    ] = Field(description="Text, or a list of `InputText` and `InputImage`.")


class Predicate(Asked):
    """Is it so?"""

    type: Literal["predicate"] = Field(description="Always `predicate`.")
    instructions: Instructions = Field(
        description="The question, as text or a list of `InputText`."
    )
    name: str | None = Field(
        default=None,
        max_length=MOST_NAME_CHARACTERS,
        description="Its name, given back in the answer.",
    )


class Option(Asked):
    """One choice."""

    value: str | bool = Field(description="What the answer says.")
    description: str | None = Field(default=None, description="What it means.")


class ChoiceQuestion(Asked):
    """Which one?"""

    type: Literal["choice"] = Field(description="Always `choice`.")
    instructions: Instructions = Field(
        description="The question, as text or a list of `InputText`."
    )
    choices: list[Option] = Field(
        description="2 to 255 different ones; over 25 are asked in two rounds."
    )
    name: str | None = Field(
        default=None,
        max_length=MOST_NAME_CHARACTERS,
        description="Its name, given back in the answer.",
    )


class Level(Asked):
    """One step of a scale."""

    label: str = Field(description="Its name.")
    description: str | None = Field(default=None, description="What it means.")


class ScoreQuestion(Asked):
    """How much?"""

    type: Literal["score"] = Field(description="Always `score`.")
    instructions: Instructions = Field(
        description="The question, as text or a list of `InputText`."
    )
    levels: list[Level] = Field(description="2 to 10, from the lowest to the highest.")
    name: str | None = Field(
        default=None,
        max_length=MOST_NAME_CHARACTERS,
        description="Its name, given back in the answer.",
    )


AskedQuestion = Annotated[
    Annotated[Predicate, Tag("~predicate")]
    | Annotated[ChoiceQuestion, Tag("~choice")]
    | Annotated[ScoreQuestion, Tag("~score")],
    Discriminator(lambda question: tag_of(question, "type")),
]


class DecisionRequest(Asked):
    """One picture and many questions; a field not listed here is refused."""

    model: str = Field(
        max_length=MOST_NAME_CHARACTERS,
        description="The model's name, as GET /v1/models says.",
    )
    input: Annotated[
        Annotated[str, Tag("~text")] | Annotated[list[InputMessage], Tag("~parts")],
        Discriminator(text_or_list),
    ] = Field(
        description="A list of `InputMessage` with one picture; words in it are read"
        " before every question."
    )
    questions: list[AskedQuestion] = Field(
        min_length=1,
        max_length=MOST_QUESTIONS,
        description="1 to 400 of `Predicate`, `ChoiceQuestion` and `ScoreQuestion`.",
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request as the engine is asked.

    Attributes:
        image_url: where the picture is.
        questions: a question each, in their order; its key is its place.
    """

    image_url: str
    questions: tuple[Question, ...]


def wanted(asked: DecisionRequest) -> Wanted:
    """Return what is to be asked of the engine.

    Raises:
        QuestionError: not exactly one picture, two questions of one name, or a
            question that no engine could answer.
    """
    texts, images = _input(asked.input)
    if len(images) != 1:
        raise QuestionError(
            "Send exactly one picture (input_image) in the input; ask about several in"
            " several requests.",
            "input 中须有且只有一张图片(input_image);多张图片请分多次请求。",
        )
    names = [one.name for one in asked.questions if one.name is not None]
    if len(set(names)) < len(names):
        raise QuestionError(
            "Two questions have the same name: give each its own, or none.",
            "有两个问题同名:请为每个问题取不同的 name,或都不写。",
        )
    before = "".join(f"{text}\n" for text in texts)
    questions = tuple(
        _question(one, before, QuestionKey(f"questions.{number}"))
        for number, one in enumerate(asked.questions)
    )
    check(questions, most_options=MOST_IN_ROUNDS)
    return Wanted(images[0].image_url, questions)


def _input(given: str | list[InputMessage]) -> tuple[list[str], list[InputImage]]:
    if isinstance(given, str):
        return [given], []
    texts: list[str] = []
    images: list[InputImage] = []
    for message in given:
        if isinstance(message.content, str):
            texts.append(message.content)
            continue
        texts += [part.text for part in message.content if isinstance(part, InputText)]
        images += [part for part in message.content if isinstance(part, InputImage)]
    return texts, images


def _question(asked: AskedQuestion, before: str, key: QuestionKey) -> Question:
    words = before + _words(asked.instructions)
    language = language_of(words)
    if isinstance(asked, ChoiceQuestion):
        options = [_shown(one.value, one.description) for one in asked.choices]
        return Choice(
            key=key, instruction=words, options=tuple(options), language=language
        )
    if isinstance(asked, ScoreQuestion):
        levels = [_shown(one.label, one.description) for one in asked.levels]
        return Score(
            key=key, instruction=words, levels=tuple(levels), language=language
        )
    return YesNo(key=key, instruction=words, language=language)


def _words(instructions: str | Sequence[InputText]) -> str:
    if isinstance(instructions, str):
        return instructions
    return "\n".join(part.text for part in instructions)


def _shown(value: str | bool, description: str | None) -> str:  # noqa: FBT001
    name = value if isinstance(value, str) else json.dumps(value)
    return f"{name}: {description}" if description else name
