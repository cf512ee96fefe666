"""ETags: a reply that a client has already costs a 304 and no bytes."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.responses import StreamingResponse

_OK = 200
_PRIVATE = "private, no-cache"
"""May be kept by the one browser that asked, which asks again before it shows it."""


class TaggedRoute(APIRoute):
    """Gives every whole reply to GET an ETag, and answers If-None-Match."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the tag around it."""
        inner = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await inner(request)
            whole = not isinstance(response, StreamingResponse)
            if request.method != "GET" or response.status_code != _OK or not whole:
                return response
            if "etag" not in response.headers:
                response.headers["ETag"] = tag_of(bytes(response.body))
            response.headers.setdefault("Cache-Control", _PRIVATE)
            if has_it(request, response.headers["ETag"]):
                return unchanged(response)
            return response

        return tagged


def tag_of(*parts: bytes) -> str:
    """Return a strong tag that changes with any of ``parts``."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return f'"{digest.hexdigest()[:32]}"'


def has_it(request: Request, tag: str) -> bool:
    """Whether the client says that it has what ``tag`` stands for."""
    given = ",".join(request.headers.getlist("if-none-match"))
    known = {part.strip().removeprefix("W/") for part in given.split(",")}
    return tag in known or "*" in known


def unchanged(response: Response) -> Response:
    """Return the 304 that stands for ``response``."""
    kept = ("etag", "cache-control", "vary", "content-location")
    headers = {
        name: response.headers[name] for name in kept if name in response.headers
    }
    return Response(status_code=304, headers=headers)
