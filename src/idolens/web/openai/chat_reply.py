"""What POST /v1/chat/completions gives: a whole reply, or its words as events."""

import secrets
import time
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from idolens.vlm.conversation import Finish, Spoken
from idolens.vlm.engine import Model
from idolens.web.brownout import LESS_WORDS, Less
from idolens.web.openai.shape import Told


class TopLogprob(Told):
    """One of the likeliest tokens at a place."""

    token: str = Field(description="Its text.")
    logprob: float = Field(description="Natural log of its probability.")
    bytes: list[int] | None = Field(description="Its text in UTF-8.")


class TokenLogprob(TopLogprob):
    """One token of the reply; one that ends within a character has no text yet."""

    top_logprobs: list[TopLogprob] = Field(description="The likeliest instead of it.")


class Logprobs(Told):
    """How likely the reply was, token by token, before temperature and schema."""

    content: list[TokenLogprob] = Field(description="The tokens in their order.")
    refusal: None = Field(default=None, description="Always null.")


class ReplyMessage(Told):
    """What the model says."""

    role: Literal["assistant"] = Field(
        default="assistant", description="Always `assistant`."
    )
    content: str = Field(description="The reply, without thoughts and marks.")
    refusal: None = Field(default=None, description="Always null.")
    reasoning_content: str | None = Field(
        default=None,
        description="What it thought first; null where it was not to think.",
    )


class Choice(Told):
    """The one reply."""

    index: Literal[0] = Field(default=0, description="Always 0.")
    message: ReplyMessage = Field(description="The reply.")
    logprobs: Logprobs | None = Field(description="Where they were asked for.")
    finish_reason: Finish = Field(
        description="`stop` when it is whole; `length` when it was cut, by"
        " `max_tokens`, by the time that a reply may take, or for repeating itself."
    )


class TokenDetails(Told):
    """Of which kind the tokens were."""

    reasoning_tokens: int = Field(description="Those that were thought.")


class ChatUsage(Told):
    """How many tokens there were."""

    prompt_tokens: int = Field(description="Read, those of pictures among them.")
    completion_tokens: int = Field(description="Said or thought.")
    total_tokens: int = Field(description="Both together.")
    completion_tokens_details: TokenDetails = Field(description="Of the latter.")


class ChatFacts(Told):
    """What OpenAI's shape has no place for."""

    reduced: list[Less] = Field(description=LESS_WORDS)


class ChatReply(Told):
    """One reply."""

    id: str = Field(description="Another one each time.")
    object: Literal["chat.completion"] = Field(
        default="chat.completion", description="Always `chat.completion`."
    )
    created: int = Field(description="When, in seconds since 1970.")
    model: str = Field(description="The model's name.")
    system_fingerprint: str = Field(
        description="Which weights these are; with another revision a seed draws other"
        " words."
    )
    choices: list[Choice] = Field(description="One.")
    usage: ChatUsage = Field(description="Counted tokens.")
    idolens: ChatFacts = Field(description="How it was given.")


class Delta(Told):
    """What an event adds to the reply."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    reasoning_content: str | None = None


class ChunkChoice(Told):
    """The one reply, as far as an event tells it."""

    index: Literal[0] = 0
    delta: Delta
    logprobs: Logprobs | None = None
    finish_reason: Finish | None = None


class Chunk(Told):
    """One event of a stream."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChunkChoice]
    usage: ChatUsage | None = None
    idolens: ChatFacts | None = None


class Teller:
    """Puts the steps of one reply into OpenAI's shapes.

    Args:
        model: who speaks.
        logprobs: tell the probabilities too.
        thinking: the model was allowed to think.
        less: what the reply is given with less of.
    """

    def __init__(
        self,
        model: Model,
        *,
        logprobs: bool,
        thinking: bool,
        less: Sequence[Less] = (),
    ) -> None:
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())
        self._model = model
        self._logprobs = logprobs
        self._thinking = thinking
        self._less = list(less)
        self._thoughts = 0

    def reply(self, steps: Sequence[Spoken]) -> ChatReply:
        """Return the whole reply; the last step says how it ended."""
        thoughts = [step for step in steps if step.thought]
        said = [step for step in steps if not step.thought]
        self._thoughts = len(thoughts)
        message = ReplyMessage(
            content="".join(step.text for step in said),
            reasoning_content="".join(step.text for step in thoughts)
            if self._thinking
            else None,
        )
        choice = Choice(
            message=message,
            logprobs=self._told(said[:-1]),
            finish_reason=steps[-1].finish or "length",
        )
        return ChatReply(
            id=self._id,
            created=self._created,
            model=self._model.name,
            system_fingerprint=self._model.revision,
            choices=[choice],
            usage=self.usage(steps[-1]),
            idolens=ChatFacts(reduced=self._less),
        )

    def first(self) -> Chunk:
        """Return the event that opens a stream; it says what there is less of."""
        opened = self._chunk(ChunkChoice(delta=Delta(role="assistant", content="")))
        facts = ChatFacts(reduced=self._less) if self._less else None
        return opened.model_copy(update={"idolens": facts})

    def chunks(self, step: Spoken) -> Iterator[Chunk]:
        """Yield the event of one step; none where it tells nothing."""
        if step.finish:
            yield self._chunk(ChunkChoice(delta=Delta(), finish_reason=step.finish))
        elif step.thought:
            self._thoughts += 1
            if step.text:
                delta = Delta(reasoning_content=step.text)
                yield self._chunk(ChunkChoice(delta=delta))
        elif step.text or self._logprobs:
            choice = ChunkChoice(
                delta=Delta(content=step.text), logprobs=self._told([step])
            )
            yield self._chunk(choice)

    def counted(self, last: Spoken) -> Chunk:
        """Return the event that counts the tokens; it has no words."""
        return self._chunk(None, self.usage(last))

    def usage(self, last: Spoken) -> ChatUsage:
        """Return the tokens of a reply, from its last step."""
        return ChatUsage(
            prompt_tokens=last.prompt_tokens,
            completion_tokens=last.completion_tokens,
            total_tokens=last.prompt_tokens + last.completion_tokens,
            completion_tokens_details=TokenDetails(reasoning_tokens=self._thoughts),
        )

    def _chunk(
        self, choice: ChunkChoice | None, usage: ChatUsage | None = None
    ) -> Chunk:
        return Chunk(
            id=self._id,
            created=self._created,
            model=self._model.name,
            system_fingerprint=self._model.revision,
            choices=[] if choice is None else [choice],
            usage=usage,
        )

    def _told(self, steps: Sequence[Spoken]) -> Logprobs | None:
        if not self._logprobs:
            return None
        return Logprobs(
            content=[
                TokenLogprob(
                    **_token(step.text, step.log_probability).model_dump(),
                    top_logprobs=[_token(*other) for other in step.alternatives],
                )
                for step in steps
            ]
        )


def _token(text: str, log_probability: float) -> TopLogprob:
    return TopLogprob(token=text, logprob=log_probability, bytes=[*text.encode()])
