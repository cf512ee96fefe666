"""Many requests at a time, and what it means when some of them fail."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import anyio

from idolens.errors import IdolensError, TemporaryError
from idolens.vlm.endpoints.failures import RefusedError


async def together(
    one: Callable[[int], Coroutine[Any, Any, None]], numbers: Sequence[int]
) -> None:
    """Run ``one`` for all numbers at the same time.

    Raises:
        IdolensError: the first that any of them raised, when all are done.
    """
    errors: list[IdolensError] = []

    async def careful(number: int) -> None:
        try:
            await one(number)
        except IdolensError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for number in numbers:
            group.start_soon(careful, number)
    if errors:
        raise errors[0]


def raise_if_hopeless(found: Sequence[object]) -> None:
    """Raise what makes the whole call fail rather than one question of it.

    Args:
        found: for each question its answer, or the error it ended with.

    Raises:
        PermanentError: the servers can't be used as the settings say.
        TemporaryError: no question was answered.
    """
    errors = [one for one in found if isinstance(one, IdolensError)]
    for error in errors:
        if not isinstance(error, TemporaryError | RefusedError):
            raise error
    temporary = [one for one in errors if isinstance(one, TemporaryError)]
    if temporary and len(temporary) == len(found):
        raise max(temporary, key=lambda error: error.delay_s)
