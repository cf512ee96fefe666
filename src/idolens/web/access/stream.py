"""Ends an answer that goes on and on once whoever asked for it is not let in any more.

A stream of events stays open for hours; the gate has looked at its request once.
"""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Send

from idolens.errors import NotSignedInError

EVERY_S = 10.0
"""How long a stream may go on before it is asked again who listens."""


class Listened:
    """Passes an answer on for as long as its listener is known.

    Args:
        send: where the answer goes.
        check: raises NotSignedInError when the listener is known no more.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        send: Send,
        check: Callable[[], Awaitable[object]],
        clock: Callable[[], float],
    ) -> None:
        self._send = send
        self._check = check
        self._clock = clock
        self._looked_at = clock()
        self._endless = False
        self._ended = False

    async def __call__(self, message: Message) -> None:
        """Pass a part on, or end the answer."""
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", ())}
            self._endless = b"content-length" not in names
        if self._ended:  # the app learns from `receive` that nobody listens
            return
        if self._endless and message.get("more_body") and not await self._known():
            self._ended = True
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _known(self) -> bool:
        if self._clock() - self._looked_at < EVERY_S:
            return True
        self._looked_at = self._clock()
        try:
            await self._check()
        except NotSignedInError:
            return False
        return True
