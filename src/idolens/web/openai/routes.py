"""Puts the routes under /v1 together."""

from fastapi import APIRouter

from idolens.settings import Settings
from idolens.web.desk import Desk
from idolens.web.eyes import Eyes
from idolens.web.openai.chat import add_chat
from idolens.web.openai.decisions import add_decisions
from idolens.web.openai.models import add_models


def openai_routes(
    eyes: Eyes, settings: Settings, desk: Desk, talking: Desk
) -> APIRouter:
    """Return the routes under /v1.

    Args:
        eyes: who answers.
        settings: limits and language.
        desk: where decisions wait, with all pictures.
        talking: where replies wait.
    """
    router = APIRouter(prefix="/v1", tags=["openai"])
    add_decisions(router, eyes, settings, desk)
    add_chat(router, eyes, settings, talking)
    add_models(router, eyes)
    return router
