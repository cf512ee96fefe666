"""What all requests and replies under /v1 have in common."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

MOST_NAME_CHARACTERS = 200
"""Longest name of a model, a question or a schema, in characters."""
HIDDEN = "~"
"""Tags that begin so choose between kinds of a field, and are no field's name."""


class Asked(BaseModel):
    """A part of a request; a field that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """A part of a reply."""

    model_config = ConfigDict(frozen=True)


def tag_of(part: object, field: str, default: str = "") -> str:
    """Return the tag of the kind that ``part`` says it is in ``field``."""
    if isinstance(part, Mapping):
        kind = cast("Mapping[str, Any]", part).get(field, default)
    else:
        kind = getattr(part, field, default)
    return f"{HIDDEN}{kind}"


def text_or_list(content: object) -> str:
    """Tell text from a list of parts."""
    return f"{HIDDEN}text" if isinstance(content, str) else f"{HIDDEN}parts"
