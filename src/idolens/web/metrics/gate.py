"""Counts every request by its route's template, never by the path asked for."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idolens.web.metrics.measures import Metrics
from idolens.web.problems import CODE


class MeterGate:
    """Passes every request on, and notes how it ended and how long it took."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 500

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            self._metrics.request(
                scope["method"],
                str(getattr(scope.get("route"), "path", "other")),
                status,
                str(scope.get(CODE, "")),
                time.perf_counter() - begin,
            )
