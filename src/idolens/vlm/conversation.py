"""A conversation with pictures, and what an engine says next, token by token.

Beside its typed answers an engine may be able to speak freely: then it keeps the
`Speaker` protocol too. What is said here is never a finding; only answers are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeGuard

from idolens.errors import QuestionError
from idolens.media.picture import Picture
from idolens.vlm.engine import Engine

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length"]

MOST_TURNS = 64
"""Most turns of one conversation."""
MOST_TURN_CHARACTERS = 20_000
"""Longest text of one turn, in characters."""
MOST_PICTURES = 16
"""Most pictures of one conversation."""
MOST_SPOKEN_TOKENS = 4096
"""Longest reply, in tokens; thoughts are counted apart."""
MOST_TOP_LOGPROBS = 20
"""Most alternatives that are told of each token."""
MOST_STOPS = 4
"""Most texts that end a reply."""
MOST_STOP_CHARACTERS = 200
"""Longest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one side says.

    Attributes:
        role: who says it.
        text: the words; pictures of the turn stand before them.
        pictures: only a user shows pictures.
    """

    role: Role
    text: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next words are chosen.

    Attributes:
        max_tokens: most tokens of the reply, without its thoughts.
        temperature: 0 takes the likeliest token always.
        top_p: only the likeliest tokens that have this share together are drawn.
        seed: the same seed draws the same words; None draws afresh.
        stop: texts that end the reply; they are not part of it.
        schema: JSON schema that the reply must keep; None leaves it free.
        top_logprobs: how many alternatives to tell of each token.
        thinking: let the model think before it replies, where it can.
        thinking_tokens: most tokens of its thoughts.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    top_logprobs: int = 0
    thinking: bool = False
    thinking_tokens: int = 512


@dataclass(frozen=True, slots=True)
class Spoken:
    """One step of a reply.

    Attributes:
        text: what this token adds; joined they are the reply. A token that is half a
            character adds nothing, and the character comes with the next.
        log_probability: of this token (natural), before temperature and schema.
        alternatives: the likeliest tokens here and their log-probabilities, at most
            ``Sampling.top_logprobs``, the likeliest first.
        thought: True while the model thinks; the reply has not begun.
        finish: on the last step only: ``stop`` when the reply is whole, ``length``
            when it was cut at ``max_tokens``. The last step may have no text.
        prompt_tokens: on the last step only: tokens that were read.
        completion_tokens: on the last step only: tokens that were said or thought.
    """

    text: str
    log_probability: float = 0.0
    alternatives: tuple[tuple[str, float], ...] = ()
    thought: bool = False
    finish: Finish | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Speaker(Protocol):
    """An engine that also holds a conversation."""

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Say what comes next; one step a token, the last with ``finish``.

        The iterator may be closed early; the engine then stops at once. Safe to call
        from several threads, but one iterator belongs to one thread at a time.

        Raises:
            QuestionError: a conversation or sampling that cannot be; before the first
                step.
            EngineError: the engine is broken; before the first step.
        """
        ...


class SpeakingEngine(Engine, Speaker, Protocol):
    """An engine that answers and speaks."""


def can_speak(engine: Engine) -> TypeGuard[SpeakingEngine]:
    """Tell whether ``engine`` also holds a conversation."""
    return callable(getattr(engine, "speak", None))


def check_conversation(turns: Sequence[Turn], sampling: Sampling) -> None:
    """Refuse what no engine could go on with.

    Raises:
        QuestionError: no turn of a user at the end, a system turn that is not the
            first, a picture that a user does not show, too much of anything, or a
            sampling out of its range.
    """
    _check_turns(turns)
    _check_sampling(sampling)


def _check_turns(turns: Sequence[Turn]) -> None:
    if not turns or turns[-1].role != "user":
        raise QuestionError(
            "A conversation ends with what the user says: add a user turn at the end.",
            "对话须以用户的话结尾:请在最后加上一条 user 消息。",
        )
    if any(turn.role == "system" for turn in turns[1:]):
        raise QuestionError(
            "Only the first turn may be a system turn.", "只有第一条消息可以是 system。"
        )
    if any(turn.pictures and turn.role != "user" for turn in turns):
        raise QuestionError(
            "Only user turns may show pictures.", "只有 user 消息可以带图片。"
        )
    _at_most(len(turns), MOST_TURNS, "turns", "条消息")
    longest = max(len(turn.text) for turn in turns)
    _at_most(longest, MOST_TURN_CHARACTERS, "characters in a turn", "字每条消息")
    check_shown(sum(len(turn.pictures) for turn in turns))


def check_shown(pictures: int) -> None:
    """Refuse more pictures than a conversation may have, before they are decoded.

    Raises:
        QuestionError: there are too many.
    """
    _at_most(pictures, MOST_PICTURES, "pictures", "张图片")


def _at_most(value: int, most: int, en: str, zh: str) -> None:
    if value > most:
        raise QuestionError(
            f"A conversation has at most {most} {en}; this one has {value}.",
            f"一次对话最多 {most} {zh},这里有 {value}。",
        )


def _check_sampling(sampling: Sampling) -> None:
    _within("max_tokens", sampling.max_tokens, 1, MOST_SPOKEN_TOKENS)
    _within("temperature", sampling.temperature, 0, 2)
    _within("top_p", sampling.top_p, 0.001, 1)
    _within("top_logprobs", sampling.top_logprobs, 0, MOST_TOP_LOGPROBS)
    _within("thinking_tokens", sampling.thinking_tokens, 1, MOST_SPOKEN_TOKENS)
    longest = max(map(len, sampling.stop), default=1)
    if len(sampling.stop) > MOST_STOPS or not all(sampling.stop):
        raise QuestionError(
            f"Give at most {MOST_STOPS} texts to stop at, none of them empty.",
            f"停止文本最多 {MOST_STOPS} 条,且不能为空。",
        )
    if longest > MOST_STOP_CHARACTERS:
        raise QuestionError(
            f"A text to stop at has at most {MOST_STOP_CHARACTERS} characters.",
            f"每条停止文本最多 {MOST_STOP_CHARACTERS} 个字。",
        )


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # NaN compares false
        raise QuestionError(
            f"{name} must be from {least:g} to {most:g}.",
            f"{name} 须在 {least:g} 到 {most:g} 之间。",
        )
