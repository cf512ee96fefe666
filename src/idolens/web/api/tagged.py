"""ETags: what a client has already costs a 304, what has changed meanwhile a 412."""

import hashlib
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.responses import StreamingResponse

from idolens.errors import ChangedError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_OK = 200
_DONE = range(200, 300)
_CHANGING = frozenset({"PATCH", "PUT", "DELETE"})
_PRIVATE = "private, no-cache"
"""May be kept by the one browser that asked, which asks again before it shows it."""


class Readers:
    """How each address is read, so that a change can be held against what stands there.

    One at a time changes what an address stands for, where it says what it has seen.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._locks: weakref.WeakValueDictionary[str, anyio.Lock] = (
            weakref.WeakValueDictionary()
        )

    def add(self, path: str, handler: Handler) -> None:
        """Note how ``path`` (a template) is read."""
        self._handlers[path] = handler

    def lock(self, path: str) -> anyio.Lock:
        """Return what whoever changes ``path`` (an address) holds meanwhile."""
        return self._locks.setdefault(path, anyio.Lock())

    async def tag(self, path: str, request: Request) -> str:
        """Return the tag of what stands at the address of ``request`` now.

        Raises:
            ChangedError: nothing can be read there.
        """
        handler = self._handlers.get(path)
        if handler is None:
            raise ChangedError(
                "This address has no ETag: leave If-Match out.",
                "该地址没有 ETag：请去掉 If-Match。",
            )
        response = await handler(request)
        return response.headers.get("etag") or tag_of(bytes(response.body))


def tagged_route(readers: Readers) -> type[APIRoute]:
    """Return the class of routes whose whole replies to GET have an ETag.

    ``If-None-Match`` is answered 304, and PATCH, PUT and DELETE with ``If-Match`` are
    done only where what is there still is what the client has seen.

    Args:
        readers: of the addresses that are changed.
    """

    class TaggedRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            inner = super().get_route_handler()
            if "GET" in (self.methods or ()):
                readers.add(self.path_format, inner)

            async def tagged(request: Request) -> Response:
                if request.method in _CHANGING and "if-match" in request.headers:
                    return await self._changed(request, inner)
                return _told(request, await inner(request))

            return tagged

        async def _changed(self, request: Request, inner: Handler) -> Response:
            lock = readers.lock(request.url.path)
            async with lock:
                tag = await readers.tag(self.path_format, request)
                if not _names(request, "if-match", tag):
                    raise ChangedError(
                        "It has changed since you saw it: read it again, then decide.",
                        "它在你查看之后已被更改：请重新读取后再决定。",
                        tag=tag,
                    )
                response = await inner(request)
                if request.method != "DELETE" and response.status_code in _DONE:
                    response.headers["ETag"] = await readers.tag(
                        self.path_format, request
                    )
                return response

    return TaggedRoute


def tag_of(*parts: bytes) -> str:
    """Return a strong tag that changes with any of ``parts``."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return f'"{digest.hexdigest()[:32]}"'


def has_it(request: Request, tag: str) -> bool:
    """Whether the client says that it has what ``tag`` stands for."""
    return _names(request, "if-none-match", tag, weakly=True)


def unchanged(response: Response) -> Response:
    """Return the 304 that stands for ``response``."""
    kept = ("etag", "cache-control", "vary", "content-location")
    headers = {
        name: response.headers[name] for name in kept if name in response.headers
    }
    return Response(status_code=304, headers=headers)


def _told(request: Request, response: Response) -> Response:
    whole = not isinstance(response, StreamingResponse)
    if request.method != "GET" or response.status_code != _OK or not whole:
        return response
    if "etag" not in response.headers:
        response.headers["ETag"] = tag_of(bytes(response.body))
    response.headers.setdefault("Cache-Control", _PRIVATE)
    if has_it(request, response.headers["ETag"]):
        return unchanged(response)
    return response


def _names(request: Request, header: str, tag: str, *, weakly: bool = False) -> bool:
    given = ",".join(request.headers.getlist(header))
    known = {part.strip() for part in given.split(",")}
    if weakly:
        known = {part.removeprefix("W/") for part in known}
    return tag in known or "*" in known
