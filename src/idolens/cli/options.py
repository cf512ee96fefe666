"""Options that several commands take."""

from typing import Annotated

import typer

from idolens.settings import Settings

EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Which engine answers, a name from `engines`. "
        "· 由哪个引擎回答，名称见 `engines`。",
        metavar="NAME",
    ),
]
PolicyName = Annotated[
    str | None,
    typer.Option(
        "--policy",
        help="What to ask: a name from `policies list`, or a file of yours. "
        "· 使用哪个策略：`policies list` 中的名称，或你自己的文件。",
        metavar="NAME|FILE",
    ),
]


def with_engine(settings: Settings, engine: str | None) -> Settings:
    """Return ``settings`` with the engine that was asked for, if one was."""
    return settings.model_copy(update={"engine": engine}) if engine else settings
