"""POST /v1/decisions: many closed questions about one picture."""

import time
from dataclasses import dataclass
from functools import cached_property, partial

from fastapi import APIRouter, Request, Response

from idolens.settings import Settings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.engine import Engine, tokens_read
from idolens.vlm.prompt import render
from idolens.vlm.question import MOST_OPTIONS, Choice, Question
from idolens.vlm.rounds import Told, ask_in_rounds
from idolens.web.asker import ASKING, asker_of
from idolens.web.brownout import Sight, tell
from idolens.web.desk import Desk
from idolens.web.eyes import Eyes
from idolens.web.openai.decisions_reply import DecisionReply, reply
from idolens.web.openai.decisions_request import DecisionRequest, Wanted, wanted
from idolens.web.openai.models import check_model
from idolens.web.pictures import data_url_bytes
from idolens.web.problems import FAILURES

NOT_LOOKED_AT = (
    "not looked at: too much is asked of the service now; ask again later"
    " (未查看:服务当前过载,请稍后再问)"
)


def add_decisions(
    router: APIRouter, eyes: Eyes, settings: Settings, desk: Desk
) -> None:
    """Add the route."""

    @router.post(
        "/decisions",
        summary="Ask up to 400 closed questions about one picture",
        responses=FAILURES,
        openapi_extra=ASKING,
    )
    async def decisions(
        asked: DecisionRequest, request: Request, response: Response
    ) -> DecisionReply:
        decision = Decision(asked, wanted(asked), settings.picture_upload_bytes)
        asker = asker_of(request)
        known = await desk.aside(partial(decision.recalled, eyes))
        if known is not None:
            return known
        count = len(decision.wanted.questions)
        async with desk.place(asker, questions=count) as place:
            sight = Sight(eyes, place.step, settings.load)
            told = await desk.step(partial(decision.answered, sight))
        desk.gave_less(sight.less)
        tell(response, sight.less)
        return told


@dataclass(frozen=True)
class Decision:
    """A request, and what it means.

    Attributes:
        asked: the request.
        wanted: what is to be asked of the engine.
        most: largest picture, in bytes.
    """

    asked: DecisionRequest
    wanted: Wanted
    most: int

    @cached_property
    def picture(self) -> bytes:
        """The picture file's bytes."""
        return data_url_bytes(self.wanted.image_url, self.most)

    def recalled(self, eyes: Eyes) -> DecisionReply | None:
        """Return the answers if all are at hand; for a thread, but never waits long.

        Raises:
            MalformedError: the picture is not base64.
            TooLargeError: the picture has too many bytes.
            UnknownModelError: another model is meant than the one that answered.
        """
        started = time.perf_counter()
        questions = self.wanted.questions
        if any(map(_in_rounds, questions)):
            return None
        found = eyes.recall(self.picture, questions)
        if found is None:
            return None
        check_model(self.asked.model, eyes.engine.model)
        told = Told(found, [questions])
        return self._reply(Sight.whole(eyes), told, started, frozenset())

    def answered(self, sight: Sight) -> DecisionReply:
        """Have the picture looked at; for a thread.

        Raises:
            MalformedError: the picture is not base64.
            MediaError: the picture cannot be read.
            UnknownModelError: another model is meant than the one that would answer.
        """
        started = time.perf_counter()
        engine, questions = sight.engine, self.wanted.questions
        check_model(self.asked.model, engine.model)
        picture = sight.look(self.picture)
        now, known = sight.fewer(self.picture, questions)
        told = ask_in_rounds(engine, picture, now)
        known |= {one.key: one for one in told.answers}
        left = frozenset(one.key for one in questions if one.key not in known)
        answers = [
            known.get(one.key) or _not_looked_at(one, engine) for one in questions
        ]
        return self._reply(sight, Told(answers, told.calls), started, left)

    def _reply(
        self, sight: Sight, told: Told, started: float, left: frozenset[str]
    ) -> DecisionReply:
        engine = sight.engine
        picture = sight.look(self.picture)
        return reply(
            list(zip(self.asked.questions, self.wanted.questions, strict=True)),
            told.answers,
            engine.model,
            tokens=sum(tokens_read(engine, picture, call) for call in told.calls),
            seconds=time.perf_counter() - started,
            left=left,
            reduced=sight.less,
        )


def _in_rounds(question: Question) -> bool:
    return isinstance(question, Choice) and len(question.options) > MOST_OPTIONS


def _not_looked_at(question: Question, engine: Engine) -> Answer:
    return Answer(
        key=question.key,
        status=Status.ERROR,
        value=None,
        probability=None,
        engine=engine.name,
        model=engine.model.name,
        model_revision=engine.model.revision,
        prompt_version="" if _in_rounds(question) else render(question).version,
        latency_ms=0.0,
        detail=NOT_LOOKED_AT,
    )
