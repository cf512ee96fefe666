"""What a chat server answers, read strictly where it counts and loosely elsewhere."""

import math
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from idolens.vlm.reading import Piece

ID_PREFIX = "token_id:"
"""How vLLM writes a token when asked for ids."""
THOUGHT_BEGIN = "<think"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Alternative(_Part):
    """One token that could have stood here."""

    token: str
    logprob: float | None = None

    @property
    def log(self) -> float:
        """Natural log of its probability; a missing one is none at all."""
        known = self.logprob is not None and not math.isnan(self.logprob)
        return min(self.logprob or 0.0, 0.0) if known else -math.inf


class Step(Alternative):
    """One generated token."""

    top_logprobs: list[Alternative] = Field(default_factory=list[Alternative])


class LogProbabilities(_Part):
    """Token by token, how sure the model was."""

    content: list[Step] | None = None


class Message(_Part):
    """What was said, or one more piece of it."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None  # vLLM's name for it

    @property
    def thoughts(self) -> str:
        """What the server calls the model's thoughts."""
        return self.reasoning_content or self.reasoning or ""


class Choice(_Part):
    """One reply; we never ask for more."""

    message: Message = Message()
    delta: Message = Message()
    logprobs: LogProbabilities | None = None
    finish_reason: str | None = None

    @property
    def steps(self) -> list[Step]:
        """The generated tokens, if the server tells."""
        return (self.logprobs.content or []) if self.logprobs else []


class Usage(_Part):
    """How many tokens were read and said."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Reply(_Part):
    """A whole reply."""

    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """What was said, without what the server calls thoughts."""
        return self.choices[0].message.content or ""

    @property
    def steps(self) -> list[Step]:
        """The generated tokens, if the server tells."""
        return self.choices[0].steps

    @property
    def thought(self) -> bool:
        """Whether the model thought although it was told not to."""
        first = self.steps[0].token if self.steps else self.text
        begins = first.lstrip().startswith(THOUGHT_BEGIN)
        closed = self.text.lstrip().startswith("<think></think>")
        return bool(self.choices[0].message.thoughts.strip()) or (begins and not closed)

    @property
    def cut(self) -> bool:
        """Whether it ran into its length."""
        return self.choices[0].finish_reason == "length"

    @property
    def pieces(self) -> list[Piece] | None:
        """The reply token by token; None if the server does not tell probabilities.

        Where the tokens do not join to the text (special tokens that were left out),
        the text stands as one piece that is as likely as its tokens on average.
        """
        steps = self.steps
        if not steps:
            return None
        if "".join(step.token for step in steps) == self.text:
            return [Piece(step.token, step.log) for step in steps]
        return [Piece(self.text, math.fsum(step.log for step in steps) / len(steps))]


class Chunk(_Part):
    """One event of a streamed reply; the last may have no choice but the usage."""

    choices: list[Choice] = Field(default_factory=list[Choice])
    usage: Usage | None = None


class Tokens(_Part):
    """What /tokenize gives."""

    tokens: list[int]


def by_id(step: Step) -> dict[int, float]:
    """Return token id → log-probability of the alternatives at one place."""
    return dict(_ids(step))


def _ids(step: Step) -> Iterator[tuple[int, float]]:
    for alternative in (*step.top_logprobs, step):
        number = alternative.token.removeprefix(ID_PREFIX)
        if alternative.token.startswith(ID_PREFIX) and number.isdecimal():
            yield int(number), alternative.log


def by_text(step: Step) -> list[tuple[str, float]]:
    """Return token text and log-probability of the alternatives at one place."""
    told = step.top_logprobs or [step]
    return [(alternative.token, alternative.log) for alternative in told]
