"""A session: one recording, or one lot of pictures, and how it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from idolens.vocabulary import Bilingual, Milliseconds, SessionId, Sha256

SessionKind = Literal["recording", "pictures"]


class SessionState(StrEnum):
    """How far the work on a session has come.

    ``open`` says only that the report is still owed, not that somebody is at work.
    """

    OPEN = "open"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file of a session as it was when the session began.

    Attributes:
        path: where it lies on this machine.
        name: what the studio calls it.
        sha256: digest of its bytes.
        size: in bytes.
        modified_ns: the file system's time of the last change, in nanoseconds.
    """

    path: str
    name: str
    sha256: Sha256
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is looked at, by whom and by which rules; never changed once begun.

    Attributes:
        sha256: of the recording, or of the list of the pictures' digests.
        duration: length of the session clock.
        every: sampling step.
        width: of the recording in pixels; 0 for pictures, which differ.
        height: likewise.
        policy_text: the whole policy as it was (JSON, which is YAML too).
        engine: name in the catalog.
        model: the model's name.
        model_revision: answers of two revisions never mix in one session.
        demonstration: True when the model was trained on drawn scenes only.
        chunk_frames: frames between two checkpoints.
        recipe: the settings that decide which frames are kept, and the policy that is
            judged beside, as JSON.
        created_at: UTC.
    """

    id: SessionId
    name: str
    kind: SessionKind
    sources: tuple[SourceFile, ...]
    sha256: Sha256
    duration: Milliseconds
    every: Milliseconds
    width: int
    height: int
    policy_name: str
    policy_version: str
    policy_text: str
    engine: str
    model: str
    model_revision: str
    demonstration: bool
    chunk_frames: int
    recipe: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change of a session's state.

    Attributes:
        at: UTC.
        reason: why it failed; None otherwise.
    """

    state: SessionState
    at: datetime
    reason: Bilingual | None = None


def latest(events: Sequence[Event]) -> Event:
    """Return the event that holds now; sessions begin with one."""
    return events[-1]
