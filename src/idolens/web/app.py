"""Puts routes, gates and error shape together into one ASGI app."""

import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from idolens.settings import Settings
from idolens.web.access import AccessGate, Callers, access_routes
from idolens.web.api import PastLimit, api_routes, repeatable
from idolens.web.asker import ASKING, asker_of
from idolens.web.brownout import Sight, tell
from idolens.web.console_pages import add_console, built_console
from idolens.web.crowd import CrowdGate
from idolens.web.described import completed
from idolens.web.desk import Desk
from idolens.web.entrance import WatchedEntrance, open_words
from idolens.web.full_disk import FullDiskGate
from idolens.web.gates import HostGate, RecordGate, SizeGate
from idolens.web.heads import HeadGate
from idolens.web.health import Check, ModelCheck, Soft, health_routes
from idolens.web.house import House
from idolens.web.infer import InferRequest, InferResponse, Inquiry
from idolens.web.metrics import MeterGate, Metrics, WatchedDesks, metrics_routes
from idolens.web.openai import openai_routes
from idolens.web.other_pages import for_pages
from idolens.web.overload import load_check
from idolens.web.patience import PaceGate
from idolens.web.problems import Problem, add_handlers
from idolens.web.records import ABOUT, Records

_PAGE = {
    "/page": ("page.html", "text/html; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/sdk.js": ("sdk.js", "text/javascript; charset=utf-8"),
    "/sdk-demo": ("sdk-demo.html", "text/html; charset=utf-8"),
    "/sdk-demo.js": ("sdk-demo.js", "text/javascript; charset=utf-8"),
}
_FAILURES = (400, 401, 403, 408, 413, 415, 421, 422, 429, 500, 503)


def create_app(  # noqa: PLR0913 - what the service is made of
    eyes: House,
    settings: Settings,
    *,
    records: Records | None = None,
    checks: Mapping[str, Check] | None = None,
    metrics: Metrics | None = None,
    on_ready: Callable[[], None] | None = None,
    closing: threading.Event | None = None,
) -> ASGIApp:
    """Build the service around an open studio.

    Args:
        eyes: an open studio; it is not closed here.
        settings: limits, language and allowed host names.
        records: where one record a request is written; None writes none.
        checks: what /readyz looks at beside the model.
        metrics: what /metrics tells; None counts requests only.
        on_ready: called once, when requests can come.
        closing: set when the service is about to end; streams end with it.
    """
    metrics = metrics or Metrics()
    callers = Callers(lambda: eyes.archive, settings)
    api = create_api(
        eyes,
        settings,
        callers=callers,
        checks=checks,
        metrics=metrics,
        on_ready=on_ready,
        closing=closing,
    )
    names, most = (settings.host, *settings.allowed_hosts), body_limit(settings)
    # Outside of FastAPI, so that its own answers to failures pass the gates too.
    paced = PaceGate(api, settings.clients)
    sized = PastLimit(paced, SizeGate(paced, most, settings.language))
    room = FullDiskGate(sized, lambda: eyes.archive.disk, most, settings.language)
    let_in = AccessGate(room, api.routes, callers, most, settings.language)
    heads = HeadGate(let_in, api.routes)
    known = for_pages(HostGate(heads, names, settings.language), settings)
    bounded = CrowdGate(known, most, settings.language)
    return RecordGate(MeterGate(bounded, metrics), records)


def create_api(  # noqa: PLR0913 - likewise
    eyes: House,
    settings: Settings,
    *,
    callers: Callers | None = None,
    checks: Mapping[str, Check] | None = None,
    metrics: Metrics | None = None,
    on_ready: Callable[[], None] | None = None,
    closing: threading.Event | None = None,
) -> FastAPI:
    """Build the routes alone; docs/http.md is written from them."""
    known = callers or Callers(lambda: eyes.archive, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        if on_ready:
            on_ready()
        yield

    app = FastAPI(
        title="idolens",
        version=own_version(),
        description="Pictures in, answers out. 图片进，回答出。",
        docs_url=None,  # the stock page loads its script from a CDN
        redoc_url=None,
        lifespan=lifespan,
        telemetry={
            "tracing": False,  # its spans would hold query strings and messages
            "metrics": False,
            "logs": False,
            "auto_configure": False,
        },
    )
    app.openapi = completed(app.openapi)
    add_handlers(app, settings.language)
    metrics = metrics or Metrics()
    desk, talking = _desks(eyes, metrics)
    _add_infer(app, eyes, settings, desk)
    app.include_router(openai_routes(eyes, settings, desk, talking))
    routes = repeatable(eyes)
    app.include_router(access_routes(lambda: eyes.archive, settings, known, routes))
    closed = closing or threading.Event()
    app.include_router(api_routes(eyes, settings, closed, routes))
    checked = {
        "model": ModelCheck(eyes),
        "load": Soft(load_check([desk, talking])),
        "open_access": Soft(partial(open_words, known)),
    }
    metrics.watch(WatchedEntrance(known))
    app.include_router(health_routes({**checked, **(checks or {})}))
    app.include_router(metrics_routes(metrics))
    _add_pages(app)
    return app


def _desks(eyes: House, metrics: Metrics) -> tuple[Desk, Desk]:
    """Return the desk of pictures and that of replies."""
    looking = Desk(eyes.doors.look, name="look", meter=metrics)
    talking = Desk(eyes.doors.talk, name="talk", meter=metrics)
    metrics.watch(WatchedDesks([looking, talking]))
    return looking, talking


def own_version() -> str:
    """Return the installed version, or ``0+source`` when run from a source folder."""
    try:
        return version("idolens")
    except PackageNotFoundError:
        return "0+source"


def body_limit(settings: Settings) -> int:
    """Return the largest body in bytes: base64 with line breaks, and a question.

    >>> body_limit(Settings(picture_upload_bytes=3_000_000))
    4165536
    """
    return settings.picture_upload_bytes * 41 // 30 + 65_536


def _add_infer(app: FastAPI, eyes: House, settings: Settings, desk: Desk) -> None:
    failures: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in _FAILURES
    }

    @app.post(
        "/vlm/infer",
        tags=["vlm"],
        summary="Ask one question about one picture",
        responses=failures,
        openapi_extra=ASKING,
    )
    async def infer(
        asked: InferRequest, request: Request, response: Response
    ) -> InferResponse:
        request.scope[ABOUT] = {"question": asked.question}
        inquiry = Inquiry.of(asked, settings)
        known = inquiry.recalled(eyes)
        if known is not None:
            return known
        async with desk.place(asker_of(request)) as place:
            sight = Sight(eyes, place.step, settings.load)
            told = await desk.step(partial(inquiry.answered, sight))
        desk.gave_less(sight.less)
        tell(response, sight.less)
        return told.model_copy(update={"reduced": sight.less})


def _add_pages(app: FastAPI) -> None:
    folder = files("idolens.web")
    add_console(app, built_console(), folder.joinpath("page.html").read_bytes())
    for path, (name, kind) in _PAGE.items():
        content = folder.joinpath(name).read_bytes()

        def page(content: bytes = content, kind: str = kind) -> Response:
            return Response(content, media_type=kind)

        app.add_route(path, lambda _request, page=page: page(), include_in_schema=False)
