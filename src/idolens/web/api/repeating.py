"""Idempotency-Key: a POST that is sent twice is done once, and answered alike.

A client that heard no answer cannot know whether its request was done. With a key of
its own making it sends the same again: what was done is answered as it was then, what
is being done is 409, and another request under the same key is 422. That it was begun
is kept first, so that after a crash in the middle nothing is done twice: it is said
(409) that nobody knows, and where to look.

What is kept of a request is its digest under the key itself, which is not kept: nobody
who reads the database can try passwords against it. A secret in a reply is not kept.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from anyio import CancelScope, to_thread
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from idolens.archive.kept_replies import KeptReply
from idolens.errors import (
    BadInputError,
    ConflictError,
    IdolensError,
    KeyReusedError,
    UnknownOutcomeError,
)
from idolens.web.access.caller import caller_of
from idolens.web.api.headers import documented
from idolens.web.api.tagged import Handler, Readers, tagged_route
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
_BEGUN = 0
"""Stands for the status of what was begun; who began it does not live any more, or
has it among its own."""


class Repeats:
    """Knows which requests were done, and which are being done.

    Args:
        house: where replies are kept.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._begun: set[str] = set()

    async def answer(
        self,
        request: Request,
        handle: Callable[[Request], Awaitable[Response]],
        secrets: Collection[str],
    ) -> Response:
        """Answer a request that has a key.

        Args:
            request: what is asked.
            handle: does it.
            secrets: fields of the reply that are not kept.

        Raises:
            ConflictError: the same is being done.
            UnknownOutcomeError: the same was begun, and nobody knows what became of it.
            KeyReusedError: the key stood for another request.
        """
        given = _key(request)
        key = _digest(caller_of(request).actor, given)
        if key in self._begun:
            raise ConflictError(
                "A request with this Idempotency-Key is being done: ask again later.",
                "使用此 Idempotency-Key 的请求正在处理：请稍后再试。",
            )
        self._begun.add(key)
        try:
            sent = await _fingerprint(request, given)
            replies = self._house.archive.replies
            kept = await to_thread.run_sync(replies.get, key, KEPT_MS)
            if kept is not None:
                return _again(kept, sent)
            begun = KeptReply(sent, _BEGUN, {}, b"", request.url.path)
            await to_thread.run_sync(replies.put, key, begun, KEPT_MS)
            try:
                response = await handle(request)
            except Exception:  # not when cut off: then nobody knows
                with CancelScope(shield=True):  # whoever asked may be gone
                    await to_thread.run_sync(self._forget, key)
                raise
            with CancelScope(shield=True):
                await to_thread.run_sync(self._settle, key, begun, response, secrets)
            return response
        finally:
            self._begun.discard(key)

    def _settle(
        self, key: str, begun: KeptReply, response: Response, secrets: Collection[str]
    ) -> None:
        """Keep a reply, or forget what was not done."""
        if isinstance(response, StreamingResponse) or response.status_code not in _DONE:
            self._forget(key)
            return
        headers = {
            name: response.headers[name]
            for name in _GIVEN_AGAIN
            if name in response.headers
        }
        body = _without(bytes(response.body), secrets)
        status = response.status_code
        reply = KeptReply(begun.request, status, headers, body, begun.path)
        try:
            self._house.archive.replies.put(key, reply, KEPT_MS)
        except IdolensError:
            # It is done, which matters more than that it can be told again.
            _LOG.exception("reply_not_kept")

    def _forget(self, key: str) -> None:
        try:
            self._house.archive.replies.drop(key)
        except IdolensError:
            _LOG.exception("reply_not_dropped")


def repeatable(house: House) -> type[APIRoute]:
    """Return the class of routes with ETags whose POSTs may be sent twice."""
    repeats = Repeats(house)

    class RepeatableRoute(tagged_route(Readers())):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.openapi_extra = documented(self)

        def get_route_handler(self) -> Handler:
            inner = super().get_route_handler()
            secrets = _shown_once(self.response_model)

            async def handle(request: Request) -> Response:
                if request.method != "POST" or HEADER not in request.headers:
                    return await inner(request)
                return await repeats.answer(request, inner, secrets)

            return handle

    return RepeatableRoute


def _shown_once(model: object) -> frozenset[str]:
    """Return the fields of a reply that are told once and never kept."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return frozenset()
    schema = model.model_json_schema()["properties"]
    return frozenset(name for name in schema if schema[name].get("x-shown-once"))


def _without(body: bytes, secrets: Collection[str]) -> bytes:
    if not secrets:
        return body
    told: dict[str, object] = json.loads(body)
    kept = told | dict.fromkeys(secrets)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def _key(request: Request) -> str:
    key = request.headers[HEADER]
    if not _KEY.fullmatch(key):
        raise BadInputError(
            "Idempotency-Key takes 1 to 255 visible ASCII characters.",
            "Idempotency-Key 应为 1 至 255 个可见 ASCII 字符。",
        )
    return key


async def _fingerprint(request: Request, key: str) -> str:
    parts = [request.method, request.url.path, request.url.query]
    if request.url.path == UPLOADS:  # its body goes to the disk, and may be endless
        parts += [request.headers.get(name, "") for name in _OF_STREAMED]
    else:
        parts.append((await request.body()).hex())
    return hmac.digest(key.encode(), "\0".join(parts).encode(), "sha256").hex()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _again(kept: KeptReply, sent: str) -> Response:
    if kept.request != sent:
        raise KeyReusedError(
            "This Idempotency-Key stood for another request: make up a new one.",
            "此 Idempotency-Key 已用于另一个请求：请换一个新的。",
        )
    if kept.status == _BEGUN:
        raise UnknownOutcomeError(
            "The service stopped while it did this: look whether it was done, and if "
            "not, send it with a new Idempotency-Key.",
            "服务在执行该请求时中断：请查看是否已完成；若未完成，请换一个新的 "
            "Idempotency-Key 重新发送。",
        )
    headers = dict(kept.headers) | {"Idempotent-Replayed": "true"}
    return Response(kept.body, kept.status, headers)
