"""Sessions, frames and answers for the archive's tests."""

from datetime import UTC, datetime
from pathlib import Path

from idolens.archive import Archive, Session, SourceFile
from idolens.media.frame import DropReason, Frame, FrameState
from idolens.settings import Settings
from idolens.vlm.answer import Answer, Status


def home(folder: Path, **changes) -> Settings:
    return Settings(home=folder / "home", disk_reserve_mib=1, **changes)


def a_session(session_id: str = "s1", **changes) -> Session:
    facts = {
        "name": "首场.mp4",
        "kind": "recording",
        "sources": (
            SourceFile(
                path="/shows/首场.mp4",
                name="首场.mp4",
                sha256="0" * 64,
                size=5,
                modified_ns=7,
            ),
        ),
        "sha256": "0" * 64,
        "duration": 120_000,
        "every": 1000,
        "width": 1280,
        "height": 720,
        "policy_name": "livestream-zh",
        "policy_version": "abc",
        "policy_text": "{}",
        "engine": "fake",
        "model": "fake-model",
        "model_revision": "fake-1",
        "demonstration": True,
        "chunk_frames": 32,
        "recipe": "{}",
        "created_at": datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    }
    return Session(id=session_id, **(facts | changes))


def a_frame(index: int = 0, **changes) -> Frame:
    facts = {
        "at": index * 1000,
        "start": index * 1000,
        "end": (index + 1) * 1000,
        "state": FrameState.KEPT,
        "picture": f"{index:064x}",
        "fingerprint": "f" * 16,
    }
    return Frame(id=f"f{index:06d}", **(facts | changes))


def dropped(index: int) -> Frame:
    return a_frame(index, state=FrameState.DROPPED, drop=DropReason.BLACK, picture=None)


def an_answer(key: str = "exposure", **changes) -> Answer:
    facts = {
        "status": Status.OK,
        "value": "no",
        "probability": 0.75,
        "options": {"yes": 0.2, "no": 0.75, "cannot_tell": 0.05},
        "label_mass": 0.99,
        "raw": "否",
        "engine": "fake",
        "model": "fake-model",
        "model_revision": "fake-1",
        "prompt_version": "zh-1",
        "latency_ms": 12.5,
    }
    return Answer(key=key, **(facts | changes))


def forget(archive: Archive, session_id: str) -> None:
    """Delete a session for good, as far as the archive holds it."""
    begun = archive.purges.begin(session_id, "terminal")
    archive.purges.remove_files(session_id)
    archive.purges.remove_rows(begun)
    archive.purges.finish(session_id)
