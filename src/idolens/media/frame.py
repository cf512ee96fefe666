"""One looked-at moment of a session, without its pixels."""

from dataclasses import dataclass
from enum import StrEnum

from idolens.vocabulary import FrameId, Milliseconds, Sha256


class DropReason(StrEnum):
    """Why a frame does not go to the model (丢弃原因)."""

    BLACK = "black"
    BLANK = "blank"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    TRANSITION = "transition"
    FROZEN = "frozen"
    DUPLICATE = "duplicate"


class FrameState(StrEnum):
    """What became of a sampled moment.

    ``inherited`` frames look like an earlier one (``inherits``), whose answers hold
    here too; ``dropped`` ones are not shown to the model; of ``failed`` ones no
    picture could be decoded.
    """

    KEPT = "kept"
    INHERITED = "inherited"
    DROPPED = "dropped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A sampled moment and what became of it.

    In a session of still pictures each picture takes one second of the session
    clock, so that a count of pictures and a duration are the same number.

    Attributes:
        id: ``f000000`` …, in order of time; unique within its session.
        at: the picture's own presentation time on the session clock.
        start: begin of the stretch of the session that the frame stands for.
        end: its end; stretches of one session neither overlap nor leave gaps.
        drop: set when ``state`` is ``dropped`` or ``inherited``.
        inherits: the frame whose answers hold here, when ``state`` is ``inherited``.
        picture: digest of the standardised picture, where there is one.
        fingerprint: perceptual fingerprint (see media.fingerprint), as text.
        label: the file's name in a session of still pictures, else empty.
        detail: what went wrong, when ``state`` is ``failed``.
    """

    id: FrameId
    at: Milliseconds
    start: Milliseconds
    end: Milliseconds
    state: FrameState
    drop: DropReason | None = None
    inherits: FrameId | None = None
    picture: Sha256 | None = None
    fingerprint: str = ""
    label: str = ""
    detail: str = ""
