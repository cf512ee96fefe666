"""What a report says of the session it is about."""

from typing import Literal

from pydantic import Field

from idolens.review.record import Record


class SessionFacts(Record):
    """The session (场次) that was looked at."""

    id: str
    name: str = Field(description="What the studio calls it; never a path.")
    kind: Literal["recording", "pictures"]
    sha256: tuple[str, ...] = Field(description="Digests of the source files.")
    duration_ms: int = Field(ge=0, description="A still picture counts as one second.")
    every_ms: int = Field(gt=0, description="Sampling step.")
    width: int = Field(ge=0, description="Of the source, in pixels; 0 where it varies.")
    height: int = Field(
        ge=0, description="Of the source, in pixels; 0 where it varies."
    )
