"""Lets a request in if whoever sent it may do what its address does; else not.

It stands in front of the whole app, so that websockets, mounted apps and pages pass
it too. It goes by the route that the app will take, never by the URL, which also
holds what the client said its host was.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from fastapi.routing import RouteContext, iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from idolens.errors import IdolensError, NotAllowedError, NotSignedInError
from idolens.vocabulary import Language
from idolens.web.access.caller import Caller
from idolens.web.access.callers import Callers
from idolens.web.access.cross_site import Sender, sender_of
from idolens.web.access.permissions import RULES, Open, Permission
from idolens.web.access.stream import Listened
from idolens.web.gates import HANG_UP, drain
from idolens.web.problems import for_openai, is_openai, of_error, problem

_BODY = ("content-length", "transfer-encoding")


class AccessGate:
    """Asks of every request who sent it, and whether they may.

    Args:
        app: what lies behind.
        routes: of ``app``.
        callers: knows who asks.
        most: bytes of a refused body that are heard out.
        language: of the refusals.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        callers: Callers,
        most: int,
        language: Language,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._routes = list(iter_route_contexts(routes))
        self._callers = callers
        self._most = most
        self._language: Language = language
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = await self._refusal(connection)
        if refusal is None:
            if scope["type"] == "http" and scope["state"]["caller"] is not None:
                known = partial(self._callers.of, connection)
                send = Listened(send, known, self._clock)
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            if any(name in connection.headers for name in _BODY):
                await drain(receive, self._most)
                refusal.headers.update(HANG_UP)
            await refusal(scope, receive, send)
        elif "websocket.http.response" in scope.get("extensions", {}):
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        """Return why a request is not let in; note who sent it if it is."""
        scope = connection.scope
        match, route = self._taken(scope)
        address = ""
        if route is not None:
            scope["route"] = route.original_route  # for the record of a refusal
            address = f"{_method(scope)} {route.path_format or ''}"
        try:
            caller = await self._caller(connection, match, address)
        except IdolensError as error:
            return self._said(connection, error)
        scope.setdefault("state", {})["caller"] = caller
        if match is Match.NONE:
            return self._shaped(scope, problem(404, self._language))
        return None

    async def _caller(
        self, connection: HTTPConnection, match: Match, address: str
    ) -> Caller | None:
        """Return who sent a request, or None where nobody is asked.

        Raises:
            NotSignedInError: nobody known.
            NotAllowedError: they may not.
            TooManyError: they ask too often.
        """
        sender = sender_of(_method(connection.scope), connection.headers)
        rule = RULES.get(address)
        if match is Match.FULL and rule is Open.OPEN:
            if sender is Sender.FOREIGN:
                raise _cross_site()
            return None
        caller = await self._callers.of(connection)
        _check_sender(sender, caller)
        self._callers.rates.count(caller, connection)
        if match is Match.FULL:  # else the app says 404 or 405
            _check_rule(rule, caller)
        return caller

    def _taken(self, scope: Scope) -> tuple[Match, RouteContext | None]:
        """Return the route that the app will take, found in the way it does."""
        partly: RouteContext | None = None
        for route in self._routes:
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return Match.FULL, route
            if match is Match.PARTIAL and partly is None:
                partly = route
        return (Match.PARTIAL if partly else Match.NONE), partly

    def _said(self, connection: HTTPConnection, error: IdolensError) -> Response:
        if isinstance(error, NotSignedInError) and _is_visit(connection):
            back = quote(connection.scope["path"])
            return RedirectResponse(f"/sign-in?next={back}", HTTPStatus.SEE_OTHER)
        return self._shaped(connection.scope, of_error(error, self._language))

    def _shaped(self, scope: Scope, refusal: JSONResponse) -> Response:
        if is_openai(scope["path"]):
            return for_openai(refusal, self._language)
        return refusal


def _check_sender(sender: Sender, caller: Caller) -> None:
    if caller.kind == "key":  # no browser sends one by itself
        return
    if sender is Sender.FOREIGN:
        raise _cross_site()
    if sender is Sender.PROGRAM and caller.kind == "account":
        raise _program()


def _check_rule(rule: Permission | Open | None, caller: Caller) -> None:
    if rule is None:
        raise _no_rule()
    if rule not in caller.permissions:
        raise _not_allowed(rule.value)


def _method(scope: Scope) -> str:
    if scope["type"] == "websocket":
        return "WS"
    return "GET" if scope["method"] == "HEAD" else scope["method"]


def _is_visit(connection: HTTPConnection) -> bool:
    """Tell whether somebody opens a page, rather than a script its data."""
    return (
        connection.scope["type"] == "http"
        and connection.scope["method"] == "GET"
        and "text/html" in connection.headers.get("accept", "")
        and "authorization" not in connection.headers
        and "x-api-key" not in connection.headers
    )


def _cross_site() -> NotAllowedError:
    return NotAllowedError(
        "A page of another site may not do this here.",
        "不允许其他网站的页面在此执行操作。",
    )


def _program() -> NotAllowedError:
    return NotAllowedError(
        "Programs use a key, not a cookie: `Authorization: Bearer idl_…`.",
        "程序请使用密钥，而不是 Cookie：`Authorization: Bearer idl_…`。",
    )


def _no_rule() -> NotAllowedError:
    return NotAllowedError(
        "It is not said who may use this address; please report this.",
        "尚未规定谁可以使用该地址；请反馈此问题。",
    )


def _not_allowed(permission: str) -> NotAllowedError:
    return NotAllowedError(
        f"You may not do this: it needs the permission `{permission}`; ask an admin.",
        f"你无权执行此操作：需要权限 `{permission}`，请联系管理员。",
    )
