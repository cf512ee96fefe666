"""Moments around a finding, as a person compares them."""

from collections.abc import Sequence

from pydantic import Field

from idolens.review import Sight
from idolens.web.api.shape import Told

MOST_SIGHTS = 12
"""How many moments within a finding are told; the peak is always among them."""


class SightTold(Told):
    """A moment, and how probable the risk was in it."""

    frame: str = Field(description="Id of the frame.")
    at_ms: int = Field(description="When, on the session clock.")
    state: str = Field(description="What is known of it, e.g. `examined`, `dropped`.")
    probability: float | None = Field(description="Of the risk; null if unknown.")
    picture: str | None = Field(
        description="GET it from here; null where the model saw none."
    )
    label: str = Field(description="The file's name among still pictures, else empty.")


def sights_told(session_id: str, sights: Sequence[Sight]) -> list[SightTold]:
    """Tell moments in the shape of the API."""
    return [
        SightTold(
            frame=one.frame,
            at_ms=one.at_ms,
            state=one.state.value,
            probability=one.probability,
            picture=picture_path(session_id, one.frame) if one.picture else None,
            label=one.label,
        )
        for one in sights
    ]


def few(sights: Sequence[Sight], peak: Sight) -> list[Sight]:
    """Return the first moments, and the peak where it comes later."""
    first = list(sights[:MOST_SIGHTS])
    return first if peak in first else [*first[:-1], peak]


def picture_path(session_id: str, frame: str) -> str:
    """Return where a frame's picture is."""
    return f"/api/v1/sessions/{session_id}/frames/{frame}/picture"
