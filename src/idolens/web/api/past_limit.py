"""Lets uploads past the limit on bodies: theirs go to the disk, and have their own."""

from starlette.types import ASGIApp, Receive, Scope, Send

from idolens.web.api.uploads import UPLOADS


class PastLimit:
    """Chooses between the bare app and the one behind the limit.

    Args:
        app: the app itself.
        limited: the same behind the limit on bodies.
    """

    def __init__(self, app: ASGIApp, limited: ASGIApp) -> None:
        self._app = app
        self._limited = limited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path = scope.get("path", "")
        streamed = path == UPLOADS or path.startswith(f"{UPLOADS}/")
        app = self._app if streamed else self._limited
        await app(scope, receive, send)
