"""Chooses the words of a reply and says them one by one. Pure: no model, no I/O.

Every engine that speaks goes through `Speech`, so that temperature, seed, stop texts,
schemas, thoughts and loops mean the same whichever model speaks::

    speech = Speech(lexicon, sampling, prompt_tokens=len(ids))
    yield from say(speech, listen, go_on)
"""

import codecs
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from idolens.vlm.conversation import Finish, Sampling, Spoken
from idolens.vlm.lexicon import Allowed, Lexicon
from idolens.vlm.reading import unrepeated

THOUGHT_END = "</think>"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One token, its log-probability, and the likeliest tokens at its place."""

    token: int
    log_probability: float
    alternatives: tuple[tuple[int, float], ...] = ()


def choose(
    logits: NDArray[np.float32],
    sampling: Sampling,
    chance: np.random.Generator,
    allowed: Allowed | None = None,
) -> Chosen:
    """Choose the next token.

    Args:
        logits: floats [words].
        sampling: temperature 0 takes the likeliest token that is allowed.
        chance: where the dice come from.
        allowed: tokens that may be chosen; None allows all. The probabilities told
            are the model's own, whatever is allowed.
    """
    wide = logits.astype(np.float64)
    highest = wide.max()
    logs = wide - (highest + np.log(np.exp(wide - highest).sum()))
    open_to = logs if allowed is None else _only(logs, allowed)
    if sampling.temperature == 0:
        token = int(open_to.argmax())
    else:
        token = _draw(open_to / sampling.temperature, sampling.top_p, chance)
    return Chosen(token, float(logs[token]), _likeliest(logs, sampling.top_logprobs))


def _only(logs: NDArray[np.float64], allowed: Allowed) -> NDArray[np.float64]:
    kept = np.full_like(logs, -np.inf)
    count = min(len(logs), len(allowed))
    kept[:count] = np.where(allowed[:count], logs[:count], -np.inf)
    return kept


def _draw(logs: NDArray[np.float64], top_p: float, chance: np.random.Generator) -> int:
    weights = np.exp(logs - logs.max())
    if top_p == 1:
        return _at(weights, chance)
    order = np.argsort(-weights, kind="stable")
    shares = np.cumsum(weights[order]) / weights.sum()
    kept = order[: int((shares < top_p).sum()) + 1]  # the one that crosses is kept
    return int(kept[_at(weights[kept], chance)])


def _at(weights: NDArray[np.float64], chance: np.random.Generator) -> int:
    sums = np.cumsum(weights)
    before = int((sums <= chance.random() * sums[-1]).sum())
    return min(before, int(weights.nonzero()[0][-1]))  # rounding may reach the end


def _likeliest(logs: NDArray[np.float64], count: int) -> tuple[tuple[int, float], ...]:
    count = min(count, len(logs))
    if count == 0:
        return ()
    best = np.argpartition(-logs, count - 1)[:count]
    best = best[np.lexsort((best, -logs[best]))]
    return tuple((int(token), float(logs[token])) for token in best)


class Heard(Protocol):
    """What an engine has read up to now."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """Floats [words]: what may come next."""
        ...


H = TypeVar("H", bound=Heard)


def say(
    speech: "Speech",
    listen: Callable[[bool], H],
    go_on: Callable[[H, tuple[int, ...]], H],
) -> Iterator[Spoken]:
    """Say a reply to its end.

    Thoughts that come to no end are left: the conversation is read a second time, with
    thinking off, and the reply is to that.

    Args:
        speech: chooses the words.
        listen: reads the conversation, with thinking or without.
        go_on: reads more tokens behind what was read.
    """
    heard = listen(speech.thinking)
    while not speech.over:
        yield from speech.hear(speech.choose(heard.logits))
        if speech.overthought:
            heard = listen(False)  # noqa: FBT003  (that is all it takes)
        elif not speech.over:
            heard = go_on(heard, speech.next_ids)
    yield speech.last()


class Speech:
    """One reply while it is being said; it belongs to one thread at a time.

    Args:
        lexicon: the model's tokens.
        sampling: how to choose; its schema is checked here.
        prompt_tokens: what was read before.
        plain_tokens: what is read instead, with thinking off, should it think too long.
        thinking: the prompt ended within a thought (``<think>``).

    Raises:
        QuestionError: the schema cannot be kept.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        sampling: Sampling,
        *,
        prompt_tokens: int,
        plain_tokens: int = 0,
        thinking: bool = False,
    ) -> None:
        self._lexicon = lexicon
        self._sampling = sampling
        self._prompt_tokens = prompt_tokens
        self._plain_tokens = plain_tokens
        self._chance = np.random.default_rng(sampling.seed)
        self._grammar = lexicon.grammar(sampling.schema) if sampling.schema else None
        self._thought_end = lexicon.token(THOUGHT_END)
        self.thinking = thinking and self._thought_end is not None
        """Whether what comes now is a thought."""
        self.overthought = False
        """The thought was left: the conversation is to be read again without it."""
        self._letters = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = _Stops(sampling.stop)
        self._thoughts: list[int] = []
        self._said: list[int] = []
        self._begun = self._grammar is not None
        self._finish: Finish | None = None
        self.next_ids: tuple[int, ...] = ()
        """What the model has to read before the next token can be chosen."""

    @property
    def over(self) -> bool:
        """Whether the reply is at its end."""
        return self._finish is not None

    def choose(self, logits: NDArray[np.float32]) -> Chosen:
        """Choose the next token from logits [words]."""
        bound = self._grammar is not None and not self.thinking
        allowed = self._grammar.allowed() if self._grammar and bound else None
        return choose(logits, self._sampling, self._chance, allowed)

    def hear(self, chosen: Chosen) -> Iterator[Spoken]:
        """Take the token that was chosen; yield what can be told by now."""
        self.next_ids = (chosen.token,)
        self.overthought = False
        if chosen.token in self._lexicon.stop:
            self._finish = "stop"
        elif self.thinking:
            yield from self._think(chosen)
        else:
            yield from self._say(chosen)
        if self.over:
            yield from self._stops.rest()

    def last(self) -> Spoken:
        """Return the step that ends the reply."""
        return Spoken(
            "",
            0.0,
            finish=self._finish,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=len(self._thoughts) + len(self._said),
        )

    def _think(self, chosen: Chosen) -> Iterator[Spoken]:
        self._thoughts.append(chosen.token)
        ended = chosen.token == self._thought_end
        text = self._letters.decode(self._lexicon.bytes_of(chosen.token), ended)
        yield self._spoken(chosen, text, thought=True)
        if ended:
            self.thinking = False
        elif self._thinks_on():
            self.thinking, self.overthought = False, True
            self._letters.reset()
            self._prompt_tokens += self._plain_tokens

    def _thinks_on(self) -> bool:
        """Tell whether the thought will come to nothing: too long, or in a loop."""
        count = len(self._thoughts)
        looped = unrepeated(self._thoughts) < count
        return looped or count >= self._sampling.thinking_tokens

    def _say(self, chosen: Chosen) -> Iterator[Spoken]:
        self._said.append(chosen.token)
        text = self._letters.decode(self._lexicon.bytes_of(chosen.token))
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        yield from self._stops.hear(self._spoken(chosen, text))
        if self._stops.met or self._ends(chosen.token):
            self._finish = "stop"
        elif self._loops() or len(self._said) >= self._sampling.max_tokens:
            self._finish = "length"

    def _ends(self, token: int) -> bool:
        if self._grammar is None:
            return False
        self._grammar.take(token)
        return self._grammar.done

    def _loops(self) -> bool:
        return self._grammar is None and unrepeated(self._said) < len(self._said)

    def _spoken(self, chosen: Chosen, text: str, *, thought: bool = False) -> Spoken:
        return Spoken(
            text,
            chosen.log_probability,
            tuple((self._word(token), log) for token, log in chosen.alternatives),
            thought,
        )

    def _word(self, token: int) -> str:
        mark = self._lexicon.mark(token)
        return mark or self._lexicon.bytes_of(token).decode("utf-8", "replace")


class _Stops:
    """Holds back steps that may be the beginning of a text to stop at."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._held: deque[Spoken] = deque()
        self.met = False

    def hear(self, step: Spoken) -> Iterator[Spoken]:
        self._held.append(step)
        text = "".join(held.text for held in self._held)
        found = [text.find(one) for one in self._texts if one in text]
        if found:
            self.met = True
            self._cut(min(found))
            return
        free = len(text) - self._doubtful(text)
        while self._held and len(self._held[0].text) <= free:
            free -= len(self._held[0].text)
            yield self._held.popleft()

    def rest(self) -> Iterator[Spoken]:
        """Yield what is still held, once nothing can follow."""
        while self._held:
            yield self._held.popleft()

    def _doubtful(self, text: str) -> int:
        """Return how many characters at the end may begin a text to stop at."""
        lengths = (
            length
            for one in self._texts
            for length in range(1, len(one))
            if text.endswith(one[:length])
        )
        return max(lengths, default=0)

    def _cut(self, at: int) -> None:
        kept: deque[Spoken] = deque()
        for step in self._held:
            if at <= 0:
                break
            kept.append(replace(step, text=step.text[:at]))
            at -= len(step.text)
        self._held = kept
