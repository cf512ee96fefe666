"""How urgent a request is, and whether anybody still waits for its answer."""

from dataclasses import dataclass
from typing import Final, cast

import anyio
from starlette.requests import Request
from starlette.types import Receive

from idolens.errors import BadInputError, NotAllowedError
from idolens.vlm.admission import Priority
from idolens.web.access.caller import Caller
from idolens.web.access.permissions import Permission

HEADER: Final = "Idolens-Priority"
"""In which a request says that it is less urgent than it might be."""
_OF_NAME: Final = {one.name.lower(): one for one in Priority}
ASKING: Final[dict[str, object]] = {
    "parameters": [
        {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "Less urgent than whoever asks might be: `batch` can wait.",
            "schema": {
                "type": "string",
                "enum": [one.name.lower() for one in Priority if one < Priority.ALERT],
            },
        }
    ]
}
"""What a route that asks the engine says of the header, in the API's description."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever waits at a desk.

    Attributes:
        priority: how urgent.
        receive: what the server hears of the client; None for one who never leaves.
    """

    priority: Priority
    receive: Receive | None = None

    async def left(self) -> None:
        """Return when the client has hung up."""
        if self.receive is None:
            await anyio.sleep_forever()
            return
        while (await self.receive())["type"] != "http.disconnect":
            pass


ANYBODY: Final = Asker(Priority.CHAT)
"""Somebody of whom nothing is known."""


def asker_of(request: Request) -> Asker:
    """Return who asks; the request's body must have been read.

    Raises:
        BadInputError: the header names no priority.
        NotAllowedError: it names one that the caller may not have.
    """
    most = _most(request)
    wanted = request.headers.get(HEADER)
    if wanted is None:
        return Asker(most, request.receive)
    priority = _OF_NAME.get(wanted.strip().lower())
    if priority is None:
        known = ", ".join(_OF_NAME)
        raise BadInputError(
            f"There is no such priority; {HEADER} is one of: {known}.",
            f"没有这种优先级;{HEADER} 可选:{known}。",
        )
    if priority > most:
        raise NotAllowedError(
            f"You may ask as `{most.name.lower()}` at most; leave {HEADER} out.",
            f"你最高只能以 `{most.name.lower()}` 优先级提问;请去掉 {HEADER}。",
        )
    return Asker(priority, request.receive)


def _most(request: Request) -> Priority:
    """Return the most urgent class that whoever asks may have.

    A person who waits is a reviewer, and so is a program that may judge as one. What
    else has a key is a bot or a script. Alerts come from within the service only.
    """
    state = cast("dict[str, object]", request.scope.get("state", {}))
    caller = state.get("caller")
    if not isinstance(caller, Caller):
        return Priority.CHAT
    if caller.kind != "key" or Permission.JUDGE in caller.permissions:
        return Priority.REVIEWER
    return Priority.CHAT
