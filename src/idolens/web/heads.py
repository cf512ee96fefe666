"""HEAD: what GET would say, without its body, on every address that takes GET."""

from collections.abc import Sequence

import anyio
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadGate:
    """Lets a HEAD be answered like a GET, in front of whoever asks what it may do.

    Args:
        app: what lies behind.
        routes: of ``app``; one that takes HEAD itself gets it as it is.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = list(iter_route_contexts(routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and only the head of its answer back."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or self._taken(scope):
            await self._app(scope, receive, send)
            return
        got = {**scope, "method": "GET"}
        with anyio.CancelScope() as whole:

            async def head(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    names = {name.lower() for name, _ in message.get("headers", ())}
                    if b"content-length" not in names:
                        whole.cancel()  # a stream would go on for ever

            try:
                await self._app(got, receive, head)
            finally:
                # Whoever stands in front looks there for the route and the caller.
                scope.update({**got, "method": "HEAD"})

    def _taken(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)
