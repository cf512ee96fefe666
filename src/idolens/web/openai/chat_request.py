"""What POST /v1/chat/completions takes, and the conversation that it means."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, JsonValue, Tag

from idolens.errors import QuestionError
from idolens.media.picture import Picture
from idolens.vlm.conversation import Role, Sampling, Turn, check_shown
from idolens.web.openai.shape import MOST_NAME_CHARACTERS, Asked, tag_of, text_or_list

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]

_THOUGHTS: dict[Effort, int] = {
    "none": 0,
    "minimal": 64,
    "low": 256,
    "medium": 512,
    "high": 1024,
    "xhigh": 2048,
}
_DEFAULT_TOKENS = 256


class ImageURL(Asked):
    """Where a picture is: in the request itself."""

    url: str = Field(description="The picture as a data URL; no other is fetched.")
    detail: Literal["auto", "low"] | None = Field(
        default=None, description="Pictures are looked at within 512x512 in any case."
    )


class TextPart(Asked):
    """Some words of a message."""

    type: Literal["text"] = Field(description="Always `text`.")
    text: str = Field(description="The words.")


class ImagePart(Asked):
    """One picture of a user's message."""

    type: Literal["image_url"] = Field(description="Always `image_url`.")
    image_url: ImageURL = Field(description="The picture.")


UserPart = Annotated[
    Annotated[TextPart, Tag("~text")] | Annotated[ImagePart, Tag("~image_url")],
    Discriminator(lambda part: tag_of(part, "type")),
]
UserContent = Annotated[
    Annotated[str, Tag("~text")]
    | Annotated[list[UserPart], Field(min_length=1), Tag("~parts")],
    Discriminator(text_or_list),
]
TextContent = Annotated[
    Annotated[str, Tag("~text")]
    | Annotated[list[TextPart], Field(min_length=1), Tag("~parts")],
    Discriminator(text_or_list),
]


class SystemMessage(Asked):
    """How the model is to behave; the first message only."""

    role: Literal["system", "developer"] = Field(description="Both mean the same.")
    content: TextContent = Field(description="Text, or a list of `TextPart`.")


class UserMessage(Asked):
    """What the user says and shows; pictures stand before the words."""

    role: Literal["user"] = Field(description="Always `user`.")
    content: UserContent = Field(
        description="Text, or a list of `TextPart` and `ImagePart`."
    )


class AssistantMessage(Asked):
    """What the model said before."""

    role: Literal["assistant"] = Field(description="Always `assistant`.")
    content: TextContent = Field(description="Text, or a list of `TextPart`.")


Message = Annotated[
    Annotated[SystemMessage, Tag("~system")]
    | Annotated[SystemMessage, Tag("~developer")]
    | Annotated[UserMessage, Tag("~user")]
    | Annotated[AssistantMessage, Tag("~assistant")],
    Discriminator(lambda message: tag_of(message, "role")),
]


class JsonSchema(Asked):
    """The schema that a reply keeps."""

    name: str = Field(
        min_length=1,
        max_length=MOST_NAME_CHARACTERS,
        description="A name for it; it has no effect.",
    )
    description: str | None = Field(
        default=None, max_length=2000, description="What it is; it has no effect."
    )
    schema_: dict[str, JsonValue] = Field(alias="schema", description="JSON Schema.")
    strict: bool | None = Field(
        default=None, description="It is kept strictly in any case."
    )


class TextFormat(Asked):
    """A reply in free text."""

    type: Literal["text"] = Field(description="Always `text`.")


class ObjectFormat(Asked):
    """A reply that is some JSON object."""

    type: Literal["json_object"] = Field(description="Always `json_object`.")


class SchemaFormat(Asked):
    """A reply that keeps a JSON schema."""

    type: Literal["json_schema"] = Field(description="Always `json_schema`.")
    json_schema: JsonSchema = Field(description="The schema, and its name.")


Format = Annotated[
    Annotated[TextFormat, Tag("~text")]
    | Annotated[ObjectFormat, Tag("~json_object")]
    | Annotated[SchemaFormat, Tag("~json_schema")],
    Discriminator(lambda wanted: tag_of(wanted, "type")),
]


class StreamOptions(Asked):
    """What a stream holds beside the words."""

    include_usage: bool | None = Field(
        default=None, description="Count the tokens in one more event at the end."
    )
    include_obfuscation: Literal[False] | None = Field(
        default=None, description="Events are never padded."
    )


class TemplateOptions(Asked):
    """What the model's chat template is told, as vLLM and SGLang take it."""

    enable_thinking: bool = Field(description="Let the model think first.")


class ChatRequest(Asked):
    """A conversation to go on with; a field not listed here is refused."""

    model: str = Field(
        max_length=MOST_NAME_CHARACTERS,
        description="The model's name, as GET /v1/models says.",
    )
    messages: list[Message] = Field(
        min_length=1,
        description="`SystemMessage`, `UserMessage` and `AssistantMessage`; the last"
        " one is the user's.",
    )
    max_completion_tokens: int | None = Field(
        default=None, description="Longest reply in tokens, thoughts not counted; 256."
    )
    max_tokens: int | None = Field(
        default=None, description="The older name of `max_completion_tokens`."
    )
    temperature: float | None = Field(
        default=None, description="0 (the default) takes the likeliest token always."
    )
    top_p: float | None = Field(
        default=None,
        description="Draw from the likeliest tokens with this share together; 1.",
    )
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = Field(
        default=None, description="The same seed draws the same words."
    )
    stop: (
        Annotated[
            Annotated[str, Tag("~text")] | Annotated[list[str], Tag("~parts")],
            Discriminator(text_or_list),
        ]
        | None
    ) = Field(default=None, description="Up to 4 texts that end the reply.")
    stream: bool | None = Field(
        default=None, description="Tell the reply word by word (SSE)."
    )
    stream_options: StreamOptions | None = Field(
        default=None, description="With `stream` only."
    )
    logprobs: bool | None = Field(
        default=None, description="Tell every token's log-probability."
    )
    top_logprobs: int | None = Field(
        default=None,
        description="Tell up to 20 alternatives of each token; with `logprobs`.",
    )
    response_format: Format | None = Field(
        default=None,
        description="`TextFormat`, `ObjectFormat` or `SchemaFormat`; JSON is kept by"
        " constrained decoding, not by asking for it.",
    )
    reasoning_effort: Effort | None = Field(
        default=None,
        description="How long the model may think first; `none` is the default.",
    )
    chat_template_kwargs: TemplateOptions | None = Field(
        default=None, description="Another way to say whether it thinks first."
    )
    n: Literal[1] | None = Field(default=None, description="One reply is all there is.")
    frequency_penalty: Annotated[float, Field(ge=0, le=0)] | None = Field(
        default=None, description="0 only."
    )
    presence_penalty: Annotated[float, Field(ge=0, le=0)] | None = Field(
        default=None, description="0 only."
    )


def turns_of(messages: Sequence[Message], look: Callable[[str], Picture]) -> list[Turn]:
    """Return the conversation; ``look`` makes a picture of a data URL.

    Raises:
        QuestionError: it has more pictures than any may have; none was looked at.
    """
    parts = [part for one in messages for part in one.content if part]
    check_shown(sum(isinstance(part, ImagePart) for part in parts))
    return [_turn(message, look) for message in messages]


def sampling_of(asked: ChatRequest) -> Sampling:
    """Return how the reply is to be said.

    Raises:
        QuestionError: two fields of the request contradict each other.
    """
    _check_pairs(asked)
    thoughts = _thoughts(asked)
    longest = asked.max_completion_tokens or asked.max_tokens
    given = asked.max_completion_tokens is not None or asked.max_tokens is not None
    return Sampling(
        max_tokens=longest or 0 if given else _DEFAULT_TOKENS,
        temperature=asked.temperature or 0.0,
        top_p=1.0 if asked.top_p is None else asked.top_p,
        seed=None if asked.seed is None else asked.seed % 2**64,
        stop=_stops(asked.stop),
        schema=_schema(asked.response_format),
        top_logprobs=asked.top_logprobs or 0,
        thinking=thoughts > 0,
        thinking_tokens=thoughts or 1,
    )


def _turn(message: Message, look: Callable[[str], Picture]) -> Turn:
    role: Role = "system" if message.role == "developer" else message.role
    if isinstance(message.content, str):
        return Turn(role=role, text=message.content)
    words = [part.text for part in message.content if isinstance(part, TextPart)]
    pictures = [
        look(part.image_url.url)
        for part in message.content
        if isinstance(part, ImagePart)
    ]
    return Turn(role=role, text="\n".join(words), pictures=tuple(pictures))


def _check_pairs(asked: ChatRequest) -> None:
    if asked.max_tokens is not None and asked.max_completion_tokens is not None:
        raise QuestionError(
            "Give max_completion_tokens or max_tokens, not both.",
            "max_completion_tokens 与 max_tokens 只能给一个。",
        )
    if asked.top_logprobs and not asked.logprobs:
        raise QuestionError(
            "top_logprobs needs logprobs: true.", "top_logprobs 需要 logprobs: true。"
        )
    if asked.stream_options and not asked.stream:
        raise QuestionError(
            "stream_options needs stream: true.", "stream_options 需要 stream: true。"
        )
    if asked.reasoning_effort and asked.chat_template_kwargs:
        raise QuestionError(
            "Give reasoning_effort or chat_template_kwargs, not both.",
            "reasoning_effort 与 chat_template_kwargs 只能给一个。",
        )


def _thoughts(asked: ChatRequest) -> int:
    """Return how many tokens the model may think; 0 is not at all."""
    if asked.chat_template_kwargs:
        thinking = asked.chat_template_kwargs.enable_thinking
        return _THOUGHTS["medium"] if thinking else 0
    return _THOUGHTS[asked.reasoning_effort or "none"]


def _stops(given: str | list[str] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def _schema(wanted: Format | None) -> Mapping[str, Any] | None:
    if isinstance(wanted, SchemaFormat):
        return wanted.json_schema.schema_
    return {"type": "object"} if isinstance(wanted, ObjectFormat) else None
