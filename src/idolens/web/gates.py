"""What every request passes on its way in and out: host name, headers, record."""

import logging
import time
from collections.abc import Iterable

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idolens.vocabulary import Language
from idolens.web.addresses import OWN_NAMES, host_name
from idolens.web.problems import CODE, for_openai, is_openai, problem
from idolens.web.records import ABOUT, Records, frames_of

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_DRAIN_S = 5.0
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
HANG_UP = {"Connection": "close"}  # the rest of the body is not read


class HostGate:
    """Turns away requests under a foreign host name.

    A web page elsewhere can let its own name point at 127.0.0.1 (DNS rebinding) and
    so reach a service that listens on this machine only.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], language: Language) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in (*OWN_NAMES, *names))
        self._language: Language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 421."""
        if scope["type"] == "lifespan" or self._known(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _refusal(scope, 421, self._language)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _known(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and host_name(hosts[0]) in self._names


class SizeGate:
    """Stops a body at ``most`` bytes, announced or not, while it still comes in."""

    def __init__(self, app: ASGIApp, most: int, language: Language) -> None:
        self._app = app
        self._most = most
        self._language: Language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413 and hang up."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._most:
            await drain(receive, 2 * self._most)
            refusal = _refusal(scope, 413, self._language, headers=HANG_UP)
            await refusal(scope, receive, send)
            return
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                await drain(receive, self._most)
                raise HTTPException(413, headers=HANG_UP)
            return message

        await self._app(scope, counting, send)


def _refusal(
    scope: Scope,
    status: int,
    language: Language,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    refusal = problem(status, language, headers=headers)
    return for_openai(refusal, language) if is_openai(scope["path"]) else refusal


async def drain(receive: Receive, most: int) -> None:
    """Throw away up to ``most`` bytes of a body.

    A connection that is closed with bytes unread is reset, and a reset can overtake
    the answer; so a client that is only a little over the limit is heard out.
    """
    with anyio.move_on_after(_DRAIN_S):
        while most > 0:
            message = await receive()
            most -= len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


class RecordGate:
    """Adds the safe headers and writes one record a request, without its content."""

    def __init__(self, app: ASGIApp, records: Records | None) -> None:
        self._app = app
        self._records = records

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and record how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, received, whole = time.perf_counter(), 500, 0, False

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def watching(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get(
                "more_body"
            )

        failure: Exception | None = None
        try:
            await self._app(scope, counting, watching)
        except Exception as error:
            failure = error
            # The client has its 500 and the log its record; what is raised now would
            # only cut the connection before the client's next request.
            if not whole:
                raise
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            self._note(scope, failure, status=status, received=received, ms=ms)

    def _note(self, scope: Scope, failure: Exception | None, **figures: float) -> None:
        if self._records is None:
            return
        self._records.write(
            "request",
            logging.ERROR if failure else logging.INFO,
            about=_about(scope),
            method=scope["method"] if scope["method"] in _METHODS else "other",
            route=_route(scope),
            code=scope.get(CODE, ""),
            **figures,
            **_failure(failure),
        )


def _about(scope: Scope) -> dict[str, str]:
    """Return which things of the studio's a request was about, by their own names."""
    named = {name: str(at) for name, at in scope.get("path_params", {}).items()}
    return named | scope.get(ABOUT, {})


def _route(scope: Scope) -> str:
    # The route's own pattern; the path that was asked for may hold anything.
    return str(getattr(scope.get("route"), "path", "other"))


def _failure(error: Exception | None) -> dict[str, object]:
    if error is None:
        return {}
    return {"exception": type(error).__name__, "frames": frames_of(error)}
