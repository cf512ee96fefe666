"""Idempotency-Key: a POST that is sent twice is done once, and answered alike.

A client that heard no answer cannot know whether its request was done. With a key of
its own making it sends the same again: what was done is answered as it was then, what
is being done is 409, and another request under the same key is 422.
"""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import StreamingResponse

from idolens.archive.kept_replies import KeptReply
from idolens.errors import BadInputError, ConflictError, IdolensError, KeyReusedError
from idolens.web.access.caller import caller_of
from idolens.web.api.tagged import TaggedRoute
from idolens.web.api.uploads import UPLOADS
from idolens.web.house import House

KEPT_MS = 24 * 3_600_000
"""How long a reply is given again."""
HEADER = "Idempotency-Key"
_LOG = logging.getLogger(__name__)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_GIVEN_AGAIN = ("content-type", "location")
_OF_STREAMED = ("content-type", "content-length", "upload-length", "upload-metadata")
_DONE = range(200, 300)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Repeats:
    """Knows which requests were done, and which are being done.

    Args:
        house: where replies are kept.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._begun: set[str] = set()

    async def answer(
        self, request: Request, handle: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Answer a request that has a key.

        Raises:
            ConflictError: the same is being done.
            KeyReusedError: the key stood for another request.
        """
        key = _digest(caller_of(request).actor, _key(request))
        if key in self._begun:
            raise ConflictError(
                "A request with this Idempotency-Key is being done: ask again later.",
                "使用此 Idempotency-Key 的请求正在处理：请稍后再试。",
            )
        self._begun.add(key)
        try:
            sent = await _fingerprint(request)
            replies = self._house.archive.replies
            kept = await to_thread.run_sync(replies.get, key, KEPT_MS)
            if kept is not None:
                return _again(kept, sent)
            response = await handle(request)
            whole = not isinstance(response, StreamingResponse)
            if whole and response.status_code in _DONE:
                await to_thread.run_sync(self._keep, key, sent, response)
            return response
        finally:
            self._begun.discard(key)

    def _keep(self, key: str, sent: str, response: Response) -> None:
        headers = {
            name: response.headers[name]
            for name in _GIVEN_AGAIN
            if name in response.headers
        }
        reply = KeptReply(sent, response.status_code, headers, bytes(response.body))
        try:
            self._house.archive.replies.put(key, reply, KEPT_MS)
        except IdolensError:
            # It is done, which matters more than that it can be told again.
            _LOG.exception("reply_not_kept")


def repeatable(house: House) -> type[APIRoute]:
    """Return the class of routes whose POSTs may be sent twice."""
    repeats = Repeats(house)

    class RepeatableRoute(TaggedRoute):
        def get_route_handler(self) -> Handler:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                if request.method != "POST" or HEADER not in request.headers:
                    return await inner(request)
                return await repeats.answer(request, inner)

            return handle

    return RepeatableRoute


def document_key(router: APIRouter) -> None:
    """Let the description of every POST name the header."""
    parameter = {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "Made up by the client; the same request under the same key is "
        "done once in 24 hours.",
        "schema": {"type": "string", "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
    }
    for route in router.routes:
        if isinstance(route, APIRoute) and route.methods == {"POST"}:
            extra = route.openapi_extra or {}
            route.openapi_extra = extra | {"parameters": [parameter]}


def _key(request: Request) -> str:
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        raise BadInputError(
            "Idempotency-Key takes 1 to 255 visible ASCII characters.",
            "Idempotency-Key 应为 1 至 255 个可见 ASCII 字符。",
        )
    return key


async def _fingerprint(request: Request) -> str:
    parts = [request.method, request.url.path, request.url.query]
    if request.url.path == UPLOADS:  # its body goes to the disk, and may be endless
        parts += [request.headers.get(name, "") for name in _OF_STREAMED]
        return _digest(*parts)
    return _digest(*parts, (await request.body()).hex())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _again(kept: KeptReply, sent: str) -> Response:
    if kept.request != sent:
        raise KeyReusedError(
            "This Idempotency-Key stood for another request: make up a new one.",
            "此 Idempotency-Key 已用于另一个请求：请换一个新的。",
        )
    headers = dict(kept.headers) | {"Idempotent-Replayed": "true"}
    return Response(kept.body, kept.status, headers)
