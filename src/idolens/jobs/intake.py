"""From files to a session: what they are now, so that a resumed job can tell."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from idolens.archive import Session, SourceFile
from idolens.errors import BadInputError, JobError
from idolens.media import Source, Target, plan, plan_pictures, probe
from idolens.review import Policy, check_policy, policy_text
from idolens.settings import GateSettings, Settings
from idolens.vlm.engine import Engine
from idolens.vocabulary import Milliseconds, SessionId, Sha256

_ALIKE = ("similar_bits", "cut_bits")
"""Settings of the cache that decide which answers are taken over."""
PICTURE_MS = Milliseconds(1000)
"""A still picture's share of the session clock."""


def into_sessions(sources: Sequence[Source]) -> list[list[Source]]:
    """Group files as they are analysed: each recording alone, all pictures together."""
    recordings = [[source] for source in sources if source.kind == "recording"]
    pictures = [source for source in sources if source.kind == "picture"]
    return [*recordings, pictures] if pictures else recordings


def new_session(  # noqa: PLR0913 - what a session begins with
    sources: Sequence[Source],
    policy: Policy,
    every: Milliseconds,
    *,
    engine: Engine,
    settings: Settings,
    session_id: SessionId | None,
    shadow: Policy | None = None,
) -> Session:
    """Describe a session of ``sources`` that begins now.

    Raises:
        BadInputError: neither one recording nor pictures only.
        MediaError: the recording is unreadable.
        PolicyError: the policy is calibrated for another engine.
    """
    if policy.calibration is not None:
        policy.calibration.check_engine(engine, policy.asked())
    kinds = {source.kind for source in sources}
    if kinds not in ({"recording"}, {"picture"}) or (
        "recording" in kinds and len(sources) > 1
    ):
        raise BadInputError(
            "A session is one recording, or pictures only: analyse them one by one.",
            "一个场次只能是一段录像,或全部为图片:请分别分析。",
        )
    created_at = datetime.now(UTC).replace(microsecond=0)
    if "recording" in kinds:
        found = probe(sources[0], settings.decode)
        files = (_file(sources[0], found.sha256),)
        name, size = sources[0].name, (found.width, found.height)
        duration = found.duration
    else:
        files = tuple(_file(source, _digest(source.path)) for source in sources)
        name, size = _lot(sources), (0, 0)
        duration, every = Milliseconds(PICTURE_MS * len(sources)), PICTURE_MS
    return Session(
        id=session_id
        or SessionId(f"{created_at:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"),
        name=name,
        kind="recording" if "recording" in kinds else "pictures",
        sources=files,
        sha256=_together(files),
        duration=duration,
        every=every,
        width=size[0],
        height=size[1],
        policy_name=policy.name,
        policy_version=policy.version,
        policy_text=policy_text(policy),
        engine=engine.name,
        model=engine.model.name,
        model_revision=engine.model.revision,
        demonstration=engine.model.demonstration,
        chunk_frames=settings.chunk_frames,
        recipe=_recipe(settings, shadow),
        created_at=created_at,
    )


def targets_of(session: Session) -> tuple[Target, ...]:
    """Return the moments of ``session`` to look at; always the same ones."""
    if session.kind == "pictures":
        return plan_pictures(len(session.sources))
    return plan(session.duration, session.every)


def sources_of(session: Session) -> list[Source]:
    """Return the files of ``session``."""
    kind = "picture" if session.kind == "pictures" else "recording"
    return [
        Source(path=Path(file.path), name=file.name, kind=kind)
        for file in session.sources
    ]


def as_begun(settings: Settings, session: Session) -> Settings:
    """Return ``settings`` with those that decide on frames as the session began."""
    recipe = json.loads(session.recipe)
    return settings.model_copy(
        update={
            "gate": GateSettings(**recipe["gate"]),
            "keyframe_tolerance_s": recipe["keyframe_tolerance_s"],
            "language": recipe["language"],
            "batch_frames": recipe["batch_frames"],
            "cache": settings.cache.model_copy(update=recipe.get("cache", {})),
        }
    )


def check_unchanged(session: Session) -> None:
    """Refuse to go on with other files than the session began with.

    Raises:
        JobError: a file is gone or has another content.
    """
    for file in session.sources:
        path = Path(file.path)
        if not path.is_file():
            raise JobError(
                f"{file.name} is gone: put it back, then resume session {session.id}.",
                f"{file.name} 已不存在:请放回原处,再继续场次 {session.id}。",
            )
        now = path.stat()
        same = (now.st_size, now.st_mtime_ns) == (file.size, file.modified_ns)
        if not same and _digest(path) != file.sha256:
            raise JobError(
                f"{file.name} has changed since the session began: analyse it anew.",
                f"{file.name} 在场次开始后已被修改:请重新分析。",
            )


def unpack_folder(settings: Settings) -> Path:
    """Return the folder for what zips hold, until its session is done."""
    return settings.home / "unpacked"


def drop_unpacked(session: Session, settings: Settings) -> None:
    """Delete the files of ``session`` that were unpacked for it."""
    folder = unpack_folder(settings).resolve()
    for file in session.sources:
        path = Path(file.path)
        if not path.is_relative_to(folder):
            continue
        path.unlink(missing_ok=True)
        for parent in path.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()


def shadow_in(session: Session) -> Policy | None:
    """Return the version of the policy that ``session`` is judged by beside its own."""
    text = json.loads(session.recipe).get("shadow")
    return None if text is None else check_policy(text)


def _recipe(settings: Settings, shadow: Policy | None) -> str:
    beside = {"shadow": policy_text(shadow)} if shadow else {}
    return json.dumps(
        {
            **beside,
            "gate": settings.gate.model_dump(),
            "keyframe_tolerance_s": settings.keyframe_tolerance_s,
            "language": settings.language,
            "batch_frames": settings.batch_frames,
            "cache": settings.cache.model_dump(include=set(_ALIKE)),
        },
        sort_keys=True,
    )


def _file(source: Source, sha256: Sha256) -> SourceFile:
    path = source.path.resolve()
    stat = path.stat()
    return SourceFile(
        path=str(path),
        name=source.name,
        sha256=sha256,
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
    )


def _digest(path: Path) -> Sha256:
    with path.open("rb") as file:
        return Sha256(hashlib.file_digest(file, "sha256").hexdigest())


def _together(files: Sequence[SourceFile]) -> Sha256:
    if len(files) == 1:
        return files[0].sha256
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    return Sha256(hashlib.sha256(lines.encode()).hexdigest())


def _lot(sources: Sequence[Source]) -> str:
    """Name a lot of pictures after its folder, one picture after its file."""
    if len(sources) == 1:
        return sources[0].name
    return sources[0].path.resolve().parent.name
