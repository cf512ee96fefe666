"""POST /v1/decisions: many closed questions about one picture."""

import time
from collections.abc import Callable

from fastapi import APIRouter

from idolens.settings import Settings
from idolens.vlm.engine import tokens_read
from idolens.vlm.rounds import ask_in_rounds
from idolens.web.desk import Desk
from idolens.web.eyes import Eyes
from idolens.web.openai.decisions_reply import DecisionReply, reply
from idolens.web.openai.decisions_request import DecisionRequest, wanted
from idolens.web.openai.models import check_model
from idolens.web.pictures import data_url_bytes
from idolens.web.problems import FAILURES


def add_decisions(
    router: APIRouter, eyes: Eyes, settings: Settings, desk: Desk
) -> None:
    """Add the route."""

    @router.post(
        "/decisions",
        summary="Ask up to 400 closed questions about one picture",
        responses=FAILURES,
    )
    async def decisions(asked: DecisionRequest) -> DecisionReply:
        return await desk.run(_work(asked, eyes, settings))


def _work(
    asked: DecisionRequest, eyes: Eyes, settings: Settings
) -> Callable[[], DecisionReply]:
    asking = wanted(asked)

    def work() -> DecisionReply:
        started = time.perf_counter()
        engine = eyes.engine
        check_model(asked.model, engine.model)
        picture = eyes.look(
            data_url_bytes(asking.image_url, settings.picture_upload_bytes)
        )
        told = ask_in_rounds(engine, picture, asking.questions)
        return reply(
            list(zip(asked.questions, asking.questions, strict=True)),
            told.answers,
            engine.model,
            tokens=sum(tokens_read(engine, picture, call) for call in told.calls),
            seconds=time.perf_counter() - started,
        )

    return work
