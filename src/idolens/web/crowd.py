"""Refuses requests beyond what the process can hold in hand, in the usual shape.

Those that wait at a desk are bounded there; this bounds all others: bodies that come
in, streams, whoever asks for reports. uvicorn's own limit, far above, has no words and
no Retry-After.
"""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from idolens.errors import EngineBusyError
from idolens.vocabulary import Language
from idolens.web.gates import HANG_UP, drain
from idolens.web.problems import for_openai, is_openai, of_error

IN_HAND: Final = 128
"""Most requests at once."""
_ALWAYS: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Looked at when it matters most."""


class CrowdGate:
    """Counts the requests in hand.

    Args:
        app: what lies behind.
        most_bytes: of a refused body that are heard out.
        language: of the refusals.
        in_hand: most requests at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        most_bytes: int,
        language: Language,
        in_hand: int = IN_HAND,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._language: Language = language
        self._in_hand = in_hand
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
        elif self._count >= self._in_hand:
            await self._refuse(scope, receive, send)
        else:
            self._count += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._count -= 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await drain(receive, self._most_bytes)
        refusal = of_error(
            EngineBusyError(
                "Too many requests are in hand; try again in a moment.",
                "同时处理的请求过多，请稍后重试。",
            ),
            self._language,
        )
        if is_openai(scope["path"]):
            refusal = for_openai(refusal, self._language)
        refusal.headers.update(HANG_UP)
        await refusal(scope, receive, send)
