"""Pictures and closed questions in, typed answers out, with no text generated at all.

All questions about a picture go in one request (or a few, where a server takes no
more), and pictures at the same time. A question that a server refuses is found by
halving, so that it does not cost the others their answers.
"""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from idolens.errors import IdolensError
from idolens.media.meter import UNMETERED, Meter
from idolens.media.picture import Picture
from idolens.settings import DecisionsSettings, Settings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.data_url import data_url
from idolens.vlm.decisions.probing import Served, find_out, named
from idolens.vlm.decisions.shapes import Request, Told
from idolens.vlm.endpoints import OPENING_S, Fleet, RefusedError, open_fleet
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.models import hold_to
from idolens.vlm.endpoints.together import raise_if_hopeless, together
from idolens.vlm.engine import Model, signed
from idolens.vlm.prompt import Prompt, render
from idolens.vlm.question import Question, check
from idolens.vlm.reading import LEAST_LABEL_MASS, Closed, Reading, read_closed

CLOSED_ONLY = "a decisions server answers closed questions only"
"""The detail of an answer to Tags or Text."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A closed question, and where it stands among all."""

    number: int
    question: Closed
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture, ready to be sent."""

    sha256: str
    url: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What was said of a question, and its share of the time."""

    told: Told
    ms: float


_Outcomes = dict[int, _Found | IdolensError]


class DecisionsEngine:
    """Decision servers that all have the same model; safe to share between threads."""

    def __init__(
        self,
        remote: DecisionsSettings,
        *,
        allow_public: bool = False,
        least_mass: float = LEAST_LABEL_MASS,
    ) -> None:
        """Connect to the servers and find out which form they take.

        Args:
            remote: the group ``decisions`` of the settings.
            allow_public: whether pictures may leave the house.
            least_mass: label mass below which an answer is ``cannot_tell``, where
                the server tells it.

        Raises:
            SettingsError: no server named, a public one, or an unknown form.
            EngineError: a server can't be used; the message says why.
            TemporaryError: no server is up now.
        """
        named(remote.shape)
        self._remote = remote
        self._meter: Meter = UNMETERED
        self._least_mass = least_mass
        self._fleet = open_fleet(remote, "decisions", allow_public=allow_public)
        try:
            self._served = self._fleet.run(self._meet)
            self._fleet.watch("/health")
        except BaseException:
            self._fleet.close()
            raise

    @property
    def name(self) -> str:
        """``decisions``."""
        return "decisions"

    @property
    def model(self) -> Model:
        """The servers' model; its revision covers what they tell of it."""
        return self._served.model

    @property
    def served(self) -> Served:
        """What the servers have been found to take."""
        return self._served

    @property
    def fleet(self) -> Fleet:
        """The servers, to see how they are."""
        return self._fleet

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Ask every question about every picture; see `Engine.answer`.

        Tags and Text are ``invalid``: such servers generate no words. A question that
        a server refuses is ``invalid``, one that no server answered in time is
        ``error``; the others are answered all the same.

        Raises:
            QuestionError: a question no engine could answer.
            TemporaryError: nothing was answered, and trying again may help.
            PermanentError: the servers can't be used as the settings say.
        """
        check(questions)
        asked = [
            _Asked(number, question, render(question))
            for number, question in enumerate(questions)
            if isinstance(question, Closed)
        ]
        until = time.monotonic() + self._remote.deadline_s
        shown = [_Shown(one.sha256, data_url(one)) for one in pictures if asked]
        found = self._fleet.run(lambda: self._all(shown, asked, until))
        raise_if_hopeless([one for row in found for one in row.values()])
        return [
            [
                self._answer(question, row.get(number))
                for number, question in enumerate(questions)
            ]
            for row in found or [{} for _ in pictures]
        ]

    def heard_by(self, meter: Meter) -> None:
        """Tell ``meter`` how long requests take from now on."""
        self._meter = meter

    def close(self) -> None:
        """Close the connections."""
        self._fleet.close()

    async def _meet(self) -> Served:
        async def meet(endpoint: Endpoint) -> Served:
            return await find_out(
                endpoint, shape=self._remote.shape, model=self._remote.model
            )

        until = time.monotonic() + max(self._remote.deadline_s, OPENING_S)
        served = await self._fleet.pool.ask(meet, affinity="", until=until)
        await hold_to(self._fleet.pool, served.model.name)
        return served

    async def _all(
        self, pictures: Sequence[_Shown], asked: Sequence[_Asked], until: float
    ) -> list[_Outcomes]:
        rows: list[_Outcomes] = [{} for _ in pictures]
        batches = [
            (at, batch) for at in range(len(pictures)) for batch in self._batches(asked)
        ]

        async def fill(number: int) -> None:
            at, batch = batches[number]
            rows[at] |= await self._batch(pictures[at], batch, until)

        await together(fill, range(len(batches)))
        return rows

    def _batches(self, asked: Sequence[_Asked]) -> list[list[_Asked]]:
        """Questions of one role together, as many as the form takes."""
        most = self._served.shape.most
        return [
            alike[begin : begin + most]
            for role in dict.fromkeys(one.prompt.role for one in asked)
            for alike in [[one for one in asked if one.prompt.role == role]]
            for begin in range(0, len(alike), most)
        ]

    async def _batch(
        self, picture: _Shown, asked: Sequence[_Asked], until: float
    ) -> _Outcomes:
        """Ask a few questions in one request; halve them if they are refused."""
        try:
            return await self._request(picture, asked, until)
        except RefusedError as error:
            if len(asked) == 1:
                return {asked[0].number: error}
        except IdolensError as error:
            return {one.number: error for one in asked}
        half = len(asked) // 2
        first = await self._batch(picture, asked[:half], until)
        return first | await self._batch(picture, asked[half:], until)

    async def _request(
        self, picture: _Shown, asked: Sequence[_Asked], until: float
    ) -> _Outcomes:
        shape = self._served.shape
        request = Request(
            model=self.model.name,
            role=asked[0].prompt.role,
            picture=picture.url,
            questions=[one.question for one in asked],
            offers_cannot_tell=self._served.offers_cannot_tell,
        )
        body = json.dumps(shape.body(request), ensure_ascii=False).encode()
        begin = time.perf_counter()
        told = await self._fleet.pool.ask(
            lambda endpoint: endpoint.post(
                shape.path, body, lambda content: shape.read(content, request)
            ),
            affinity=picture.sha256,
            until=until,
        )
        seconds = time.perf_counter() - begin
        self._meter.took("remote", seconds)
        ms = seconds * 1000 / len(asked)
        return {
            one.number: _Found(said, ms) for one, said in zip(asked, told, strict=True)
        }

    def _answer(
        self, question: Question, outcome: _Found | IdolensError | None
    ) -> Answer:
        ms = 0.0
        if not isinstance(question, Closed) or outcome is None:
            reading = Reading(status=Status.INVALID, detail=CLOSED_ONLY)
        elif isinstance(outcome, RefusedError):
            reading = Reading(status=Status.INVALID, detail=outcome.said)
        elif isinstance(outcome, IdolensError):
            reading = Reading(status=Status.ERROR, detail=outcome.code)
        else:
            reading = read(question, outcome.told, least_mass=self._least_mass)
            ms = outcome.ms
        return signed(reading, question, render(question), self, latency_ms=ms)


def read(question: Closed, told: Told, *, least_mass: float) -> Reading:
    """Return what a server's probabilities say, as every engine reads them."""
    if told.refusal:
        return Reading(status=Status.INVALID, detail=told.refusal)
    meanings = {meaning: meaning for meaning in render(question).labels.values()}
    mass = told.label_mass
    reading = read_closed(
        question,
        meanings,
        _logs(told.chances, 1.0 if mass is None else mass),
        least_mass=least_mass,
    )
    return reading if mass is not None else replace(reading, label_mass=None)


def open_decisions(settings: Settings) -> DecisionsEngine:
    """Open the engine on the servers that ``settings`` names."""
    return DecisionsEngine(
        settings.decisions, allow_public=settings.allow_public_engine
    )


def _logs(chances: Mapping[str, float], mass: float) -> dict[str, float]:
    return {
        meaning: math.log(chance * mass) if chance * mass > 0 else -math.inf
        for meaning, chance in chances.items()
    }
