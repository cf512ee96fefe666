"""A conversation through a chat server: its events, one step at a time."""

import json
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import anyio

from idolens.errors import QuestionError, TemporaryError
from idolens.settings import RemoteSettings
from idolens.vlm.chat.probing import CHAT, Served
from idolens.vlm.chat.replies import Choice, Chunk, Step, Usage
from idolens.vlm.chat.requests import conversation, spoken_fields
from idolens.vlm.conversation import Sampling, Spoken, Turn
from idolens.vlm.endpoints import Fleet, RefusedError
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.failures import late, not_json

_END = "[DONE]"
_LAST_EVENTS = 4
"""Events to wait for behind the last token: the end, and the count of tokens."""
_MOST_EVENTS = 4
"""Events a token, at most, before the server is taken to have lost its mind."""


@dataclass(slots=True)
class _Count:
    """How much was said and thought so far."""

    said: int = 0
    thought: int = 0
    usage: Usage | None = None
    finish: str | None = None
    inside: bool = False


def speak(
    fleet: Fleet,
    served: Served,
    turns: Sequence[Turn],
    sampling: Sampling,
    remote: RemoteSettings,
) -> Iterator[Spoken]:
    """Go on with a conversation; see `Speaker.speak`.

    A model that thinks beyond its budget is stopped and asked again without thinking.
    """
    _check(served, sampling)
    talk = _Talk(fleet, served, turns, sampling, remote)
    steps = fleet.stream(talk.steps)
    try:
        first = next(steps, None)  # errors come before the first step
    except RefusedError as error:
        raise QuestionError(error.within("en"), error.within("zh")) from error
    return _from(first, steps)


def _check(served: Served, sampling: Sampling) -> None:
    profile = served.profile
    if sampling.schema is not None and not profile.schema:
        raise QuestionError(
            f"A server of the profile {profile.name} can't be held to a JSON schema:"
            " leave it out, or use another server.",
            f"{profile.name} 类型的服务器不支持 JSON schema:"
            "请去掉该要求,或换用其他服务器。",
        )
    if sampling.thinking and not profile.thinking_on:
        raise QuestionError(
            f"A server of the profile {profile.name} can't be told to think.",
            f"{profile.name} 类型的服务器无法开启思考。",
        )


def _from(first: Spoken | None, rest: Iterator[Spoken]) -> Iterator[Spoken]:
    if first is not None:
        yield first
    yield from rest


class _Talk:
    """One reply in the making."""

    def __init__(
        self,
        fleet: Fleet,
        served: Served,
        turns: Sequence[Turn],
        sampling: Sampling,
        remote: RemoteSettings,
    ) -> None:
        self._fleet = fleet
        self._served = served
        self._turns = turns
        self._sampling = sampling
        self._attempts = remote.attempts
        self._until = time.monotonic() + remote.deadline_s
        self._count = _Count()

    async def steps(self) -> AsyncIterator[Spoken]:
        """Yield the reply, and at last how it ended."""
        sampling, count = self._sampling, self._count
        for thinking in (True, False) if sampling.thinking else (False,):
            async for step in self._persistently(thinking=thinking):
                yield step
            if count.said or count.thought <= sampling.thinking_tokens:
                break
        yield _last(count)

    async def _persistently(self, *, thinking: bool) -> AsyncIterator[Spoken]:
        """Try again elsewhere, as long as nothing has been said."""
        profile, way = self._served.profile, self._served.way
        fields = spoken_fields(profile, way, self._sampling, thinking=thinking)
        body = conversation(self._turns, {"model": self._served.model.name, **fields})
        failed: set[Endpoint] = set()
        begun = False
        for attempt in range(self._attempts):
            endpoint = await self._fleet.pool.free(
                _affinity(self._turns), failed, self._until
            )
            try:
                async for step in self._reply(endpoint, body):
                    begun = True
                    yield step
            except TemporaryError:
                if begun or attempt + 1 == self._attempts:
                    raise
                failed.add(endpoint)
            else:
                return

    async def _reply(self, endpoint: Endpoint, body: bytes) -> AsyncIterator[Spoken]:
        """Yield one reply; stop when the server says more than it was asked for."""
        sampling, count = self._sampling, self._count
        count.inside, count.finish = False, None
        budget = count.thought + sampling.thinking_tokens
        most = _MOST_EVENTS * (sampling.max_tokens + sampling.thinking_tokens) + 16
        async with (
            endpoint.lines(CHAT, body) as lines,
            aclosing(_chunks(lines, endpoint.address, self._until)) as chunks,
        ):
            async for chunk in chunks:
                most -= 1
                count.usage = chunk.usage or count.usage
                for choice in chunk.choices[:1]:
                    if count.said < sampling.max_tokens:
                        for step in _spoken(choice, sampling.top_logprobs, count):
                            yield step
                    count.finish = choice.finish_reason or count.finish
                if count.said >= sampling.max_tokens:
                    most = min(most, _LAST_EVENTS)  # how it ended, what it cost
                if most <= 0 or (count.thought > budget and not count.said):
                    count.finish = count.finish or "length"
                    return
            if count.finish is None:
                raise not_json(endpoint.address, "the reply breaks off")


async def _chunks(
    lines: AsyncIterator[str], address: str, until: float
) -> AsyncGenerator[Chunk]:
    """Read server-sent events; every line must come before the deadline."""
    try:
        while True:
            with anyio.fail_after(max(until - time.monotonic(), 0.001)):
                line = await anext(lines, _END)
            data = line.removeprefix("data:").strip() if line[:5] == "data:" else ""
            if _END in (line, data):
                return
            if data:
                yield Chunk.model_validate(json.loads(data))
    except TimeoutError as error:
        raise late(address) from error
    except ValueError as error:
        raise not_json(address, str(error)) from error


def _spoken(choice: Choice, most: int, count: _Count) -> Iterator[Spoken]:
    thoughts, text = choice.delta.thoughts, choice.delta.content or ""
    if thoughts:
        count.thought += 1
        yield Spoken(thoughts, thought=True)
    if not text:
        return
    steps = choice.steps
    if "".join(step.token for step in steps) == text:
        for step in steps:
            yield _step(step, most, count)
        return
    sure = math.fsum(step.log for step in steps)
    yield _marked(Spoken(text, sure), count)


def _step(step: Step, most: int, count: _Count) -> Spoken:
    others = sorted(
        ((other.token, other.log) for other in step.top_logprobs),
        key=lambda other: -other[1],
    )
    return _marked(Spoken(step.token, step.log, tuple(others[:most])), count)


def _marked(spoken: Spoken, count: _Count) -> Spoken:
    """Tell thoughts between <think> marks from the reply, and count both."""
    begins, ends = "<think>" in spoken.text, "</think>" in spoken.text
    inside = count.inside or begins
    count.inside = inside and not ends
    if not inside:
        count.said += 1
        return spoken
    count.thought += 1
    return Spoken(
        spoken.text, spoken.log_probability, spoken.alternatives, thought=True
    )


def _last(count: _Count) -> Spoken:
    usage = count.usage or Usage()
    return Spoken(
        "",
        finish="length" if count.finish == "length" else "stop",
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or count.said + count.thought,
    )


def _affinity(turns: Sequence[Turn]) -> str:
    return next((one.sha256 for turn in turns for one in turn.pictures), "")
