"""Rows of the database to our values and back."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from idolens.archive.session import Event, Session, SessionState, SourceFile
from idolens.media.frame import DropReason, Frame, FrameState
from idolens.vlm.answer import Answer, Region, Status
from idolens.vocabulary import Bilingual, FrameId, SessionId

Row = Mapping[str, Any]


def now_ms() -> int:
    """Return the UTC time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def session_to_row(session: Session) -> dict[str, Any]:
    """Return the columns of ``session``."""
    row = asdict(session)
    row["sources"] = [asdict(source) for source in session.sources]
    row["duration_ms"] = row.pop("duration")
    row["every_ms"] = row.pop("every")
    row["created_at_ms"] = int(row.pop("created_at").timestamp() * 1000)
    return row


def session_from_row(row: Row) -> Session:
    """Return the session of a row."""
    values = dict(row)
    values["sources"] = tuple(SourceFile(**source) for source in row["sources"])
    values["duration"] = values.pop("duration_ms")
    values["every"] = values.pop("every_ms")
    values["created_at"] = _utc(values.pop("created_at_ms"))
    return Session(**values)


def event_from_row(row: Row) -> Event:
    """Return the event of a row."""
    reason = (
        None
        if row["reason_en"] is None
        else Bilingual(zh=row["reason_zh"], en=row["reason_en"])
    )
    return Event(state=SessionState(row["state"]), at=_utc(row["at_ms"]), reason=reason)


def frame_to_row(session_id: SessionId, frame: Frame) -> dict[str, Any]:
    """Return the columns of ``frame``."""
    return {
        "session_id": session_id,
        "id": frame.id,
        "at_ms": frame.at,
        "start_ms": frame.start,
        "end_ms": frame.end,
        "state": frame.state.value,
        "drop_reason": frame.drop.value if frame.drop else None,
        "inherits": frame.inherits,
        "picture": frame.picture,
        "fingerprint": frame.fingerprint,
        "label": frame.label,
        "detail": frame.detail,
    }


def frame_from_row(row: Row) -> Frame:
    """Return the frame of a row."""
    return Frame(
        id=row["id"],
        at=row["at_ms"],
        start=row["start_ms"],
        end=row["end_ms"],
        state=FrameState(row["state"]),
        drop=DropReason(row["drop_reason"]) if row["drop_reason"] else None,
        inherits=row["inherits"],
        picture=row["picture"],
        fingerprint=row["fingerprint"],
        label=row["label"],
        detail=row["detail"],
    )


def answer_to_row(
    session_id: SessionId, frame_id: FrameId, answer: Answer
) -> dict[str, Any]:
    """Return the columns of ``answer``."""
    value = answer.value
    return {
        "session_id": session_id,
        "frame_id": frame_id,
        "question": answer.key,
        "model_revision": answer.model_revision,
        "prompt_version": answer.prompt_version,
        "status": answer.status.value,
        "value": list(value) if isinstance(value, tuple) else value,
        "probability": answer.probability,
        "options": answer.options,
        "label_mass": answer.label_mass,
        "raw": answer.raw,
        "engine": answer.engine,
        "model": answer.model,
        "latency_ms": answer.latency_ms,
        "detail": answer.detail,
        "reused_from": answer.reused_from,
        "regions": [[one.x1, one.y1, one.x2, one.y2] for one in answer.regions] or None,
    }


def answer_from_row(row: Row) -> Answer:
    """Return the answer of a row."""
    value = row["value"]
    return Answer(
        key=row["question"],
        status=Status(row["status"]),
        value=tuple(value) if isinstance(value, list) else value,  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        probability=row["probability"],
        options=row["options"],
        label_mass=row["label_mass"],
        raw=row["raw"],
        engine=row["engine"],
        model=row["model"],
        model_revision=row["model_revision"],
        prompt_version=row["prompt_version"],
        latency_ms=row["latency_ms"],
        detail=row["detail"],
        reused_from=row["reused_from"],
        regions=tuple(
            Region(x1=x1, y1=y1, x2=x2, y2=y2)
            for x1, y1, x2, y2 in row["regions"] or ()
        ),
    )


def _utc(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
