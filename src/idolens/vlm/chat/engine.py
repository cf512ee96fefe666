"""Pictures and questions in, typed answers out, through other people's chat servers.

Every question is a request of its own, all of a picture at the same time: the server
reads the picture once and finds it in its cache for the rest. Closed questions are
read from the probabilities of their labels at the first token, as every engine does.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idolens.errors import IdolensError
from idolens.media.meter import UNMETERED, Meter
from idolens.media.picture import Picture
from idolens.settings import ChatSettings, Settings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.chat.probing import CHAT, Served, find_out
from idolens.vlm.chat.profiles import named
from idolens.vlm.chat.readings import Reader
from idolens.vlm.chat.replies import Reply
from idolens.vlm.chat.requests import Shown, about, closed_fields, open_fields, shown
from idolens.vlm.chat.speaking import speak
from idolens.vlm.conversation import Sampling, Spoken, Turn, check_conversation
from idolens.vlm.endpoints import OPENING_S, Fleet, RefusedError, open_fleet
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.models import hold_to
from idolens.vlm.endpoints.privacy import public
from idolens.vlm.endpoints.together import raise_if_hopeless, together
from idolens.vlm.engine import Model, signed
from idolens.vlm.prompt import Prompt, render
from idolens.vlm.question import Question, Tags, Text, check
from idolens.vlm.reading import LEAST_LABEL_MASS, Reading

TAG_TOKENS = 96
"""Most tokens of a reply that lists tags."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question in words."""

    question: Question
    prompt: Prompt
    fields: Mapping[str, Any]


class ChatEngine:
    """Chat servers that all have the same model; safe to share between threads."""

    def __init__(
        self,
        remote: ChatSettings,
        *,
        allow_public: bool = False,
        least_mass: float = LEAST_LABEL_MASS,
    ) -> None:
        """Connect to the servers and find out what they do.

        Args:
            remote: the group ``chat`` of the settings.
            allow_public: whether pictures may leave the house.
            least_mass: label mass below which an answer is ``cannot_tell``.

        Raises:
            SettingsError: no server named, a public one, or an unknown profile.
            EngineError: a server can't be used; the message says why.
            TemporaryError: no server is up now.
        """
        chosen = named(remote.profile)
        if chosen is not None and chosen.public and not allow_public:
            raise public(", ".join(remote.endpoints))
        self._remote = remote
        self._meter: Meter = UNMETERED
        self._allow_public = allow_public
        self._fleet = open_fleet(remote, "chat", allow_public=allow_public)
        try:
            self._served = self._fleet.run(self._meet)
            if self._served.profile.health:
                self._fleet.watch(self._served.profile.health)
        except BaseException:
            self._fleet.close()
            raise
        self._reader = Reader(
            way=self._served.way, ids=self._served.ids, least_mass=least_mass
        )

    @property
    def name(self) -> str:
        """``chat``."""
        return "chat"

    @property
    def model(self) -> Model:
        """The servers' model; its revision covers what they tell of it."""
        return self._served.model

    @property
    def served(self) -> Served:
        """What the servers have been found to be and to do."""
        return self._served

    @property
    def fleet(self) -> Fleet:
        """The servers, to see how they are."""
        return self._fleet

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Ask every question about every picture; see `Engine.answer`.

        A question that a server refuses is ``invalid``, one that no server answered
        in time is ``error``; the others are answered all the same.

        Raises:
            QuestionError: a question no engine could answer.
            TemporaryError: nothing was answered, and trying again may help.
            PermanentError: the servers can't be used as the settings say.
        """
        check(questions)
        asked = [self._asked(question) for question in questions]
        parts = [shown(picture) for picture in pictures]
        until = time.monotonic() + self._remote.deadline_s
        found = self._fleet.run(lambda: self._all(parts, asked, until))
        raise_if_hopeless([one for row in found for one in row])
        return [
            [
                one if isinstance(one, Answer) else self._failed(about, one)
                for about, one in zip(asked, row, strict=True)
            ]
            for row in found
        ]

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Hold a conversation; see `Speaker.speak`."""
        check_conversation(turns, sampling)
        return speak(self._fleet, self._served, turns, sampling, self._remote)

    def heard_by(self, meter: Meter) -> None:
        """Tell ``meter`` how long requests take from now on."""
        self._meter = meter

    def close(self) -> None:
        """Close the connections."""
        self._fleet.close()

    async def _meet(self) -> Served:
        """Find out what the first server that is up does; hold the others to it."""
        pool = self._fleet.pool
        until = time.monotonic() + max(self._remote.deadline_s, OPENING_S)

        async def meet(endpoint: Endpoint) -> Served:
            return await find_out(
                endpoint, profile=self._remote.profile, model=self._remote.model
            )

        served = await pool.ask(meet, affinity="", until=until)
        if served.profile.public and not self._allow_public:
            raise public(", ".join(self._remote.endpoints))
        await hold_to(pool, served.model.name)
        return served

    def _asked(self, question: Question) -> _Asked:
        prompt = render(question)
        profile, way = self._served.profile, self._served.way
        if isinstance(question, Text | Tags):
            most = question.max_tokens if isinstance(question, Text) else TAG_TOKENS
            fields = open_fields(profile, way, most)
        else:
            ids = [
                at for label in prompt.labels for at in self._served.ids.get(label, ())
            ]
            fields = closed_fields(profile, way, prompt.labels, ids)
        return _Asked(question, prompt, {"model": self.model.name, **fields})

    async def _all(
        self, parts: Sequence[Shown], asked: Sequence[_Asked], until: float
    ) -> list[list[Answer | IdolensError]]:
        rows: list[list[Answer | IdolensError]] = [[] for _ in parts]

        async def fill(number: int) -> None:
            rows[number] = await self._about(parts[number], asked, until)

        await together(fill, range(len(parts)))
        return rows

    async def _about(
        self, part: Shown, asked: Sequence[_Asked], until: float
    ) -> list[Answer | IdolensError]:
        """Ask everything about one picture."""
        found: dict[int, Answer | IdolensError] = {}

        async def fill(number: int) -> None:
            try:
                found[number] = await self._one(part, asked[number], until)
            except IdolensError as error:
                found[number] = error

        numbers = range(len(asked))
        if self._served.profile.stagger:
            await fill(0)  # it brings the picture into the cache for the rest
            numbers = numbers[1:]
        await together(fill, numbers)
        return [found[number] for number in range(len(asked))]

    async def _one(self, part: Shown, asked: _Asked, until: float) -> Answer:
        body = about(part, asked.prompt.role, asked.prompt.text, asked.fields)
        begin = time.perf_counter()
        reply = await self._fleet.pool.ask(
            lambda endpoint: endpoint.post(CHAT, body, Reply.model_validate),
            affinity=part.sha256,
            until=until,
        )
        reading = self._reader.read(asked.question, asked.prompt, reply)
        seconds = time.perf_counter() - begin
        self._meter.took("remote", seconds)
        ms = seconds * 1000
        return signed(reading, asked.question, asked.prompt, self, latency_ms=ms)

    def _failed(self, asked: _Asked, error: IdolensError) -> Answer:
        refused = isinstance(error, RefusedError)
        reading = Reading(
            status=Status.INVALID if refused else Status.ERROR,
            detail=error.said if isinstance(error, RefusedError) else error.code,
        )
        return signed(reading, asked.question, asked.prompt, self, latency_ms=0.0)


def open_chat(settings: Settings) -> ChatEngine:
    """Open the engine on the servers that ``settings`` names."""
    return ChatEngine(settings.chat, allow_public=settings.allow_public_engine)
