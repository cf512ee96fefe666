"""What requests and replies under /api/v1 have in common: parts, ids, pages."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar, cast

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from idolens.errors import BadInputError

MOST = 200
"""Most items of one page."""
_LARGEST = 2**53
_CURSOR_CHARACTERS = 1000

T = TypeVar("T")


class Asked(BaseModel):
    """A part of a request; a field that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """A part of a reply."""

    model_config = ConfigDict(frozen=True)


class Page(Told, Generic[T]):
    """A part of a list."""

    items: list[T] = Field(description="In order.")
    next: str | None = Field(
        description="Give it as `cursor` for the next page; null on the last one."
    )


SessionPath = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Id of a session.",
        examples=["20261123-080000-abcdef"],
    ),
]
FramePath = Annotated[
    str,
    Path(
        pattern=r"^f\d{6,12}$",
        description="Id of a frame of the session.",
        examples=["f000000"],
    ),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Most items of the page.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=_CURSOR_CHARACTERS,
        description="`next` of the page before; none for the first page.",
    ),
]


def utc(ms: int) -> str:
    """Write a UTC time, given in ms since 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def cursor_of(*place: str | int) -> str:
    """Write a place in a list as a cursor; what it holds is nobody's business."""
    text = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str | None, *kinds: type) -> tuple[str | int, ...] | None:
    """Read a cursor back.

    Args:
        cursor: what the client gave; None is the beginning.
        kinds: of the parts that it must have.

    Raises:
        BadInputError: it is no cursor of this list.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place: object = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not isinstance(place, list):
        raise _bad_cursor()
    parts = cast("list[object]", place)
    if [type(part) for part in parts] != list(kinds):
        raise _bad_cursor()
    if any(isinstance(part, int) and abs(part) > _LARGEST for part in parts):
        raise _bad_cursor()  # no database counts so far
    return tuple(part for part in parts if isinstance(part, str | int))


def _bad_cursor() -> BadInputError:
    return BadInputError(
        "The cursor is not one of this list: begin again without a cursor.",
        "cursor 不属于该列表：请去掉 cursor，从第一页开始。",
    )
