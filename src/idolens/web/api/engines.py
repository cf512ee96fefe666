"""GET /api/v1/engines: who can answer here."""

from fastapi import APIRouter
from pydantic import Field

from idolens.settings import Settings
from idolens.vlm import ENGINES, EngineEntry
from idolens.web.api.shape import Told
from idolens.web.problems import Message


class EngineTold(Told):
    """One engine that idolens knows."""

    name: str = Field(description="What `engine` takes.")
    title: Message = Field(description="What it is.")
    runs_on: Message = Field(description="What it needs.")
    here: bool = Field(description="Whether it can be used on this machine.")
    obstacle: Message | None = Field(description="Why not, and what to do about it.")
    chosen: bool = Field(description="Whether the settings name it.")


class EngineList(Told):
    """All engines; it is a short list without pages."""

    items: list[EngineTold] = Field(description="As `idolens engines` lists them.")


def add_engines(router: APIRouter, settings: Settings) -> None:
    """Add the route."""

    @router.get("/engines", summary="List the engines")
    def engines() -> EngineList:
        return EngineList(items=[_told(entry, settings) for entry in ENGINES.values()])


def _told(entry: EngineEntry, settings: Settings) -> EngineTold:
    why = entry.obstacle(settings)
    return EngineTold(
        name=entry.name,
        title=Message(zh=entry.title.zh, en=entry.title.en),
        runs_on=Message(zh=entry.runs_on.zh, en=entry.runs_on.en),
        here=why is None,
        obstacle=why and Message(zh=why.zh, en=why.en),
        chosen=entry.name == settings.engine,
    )
