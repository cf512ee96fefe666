"""GET …/recording/{number}: the file that was looked at, by byte ranges.

Only while it lies where it lay and is what it was. Whoever may not see delicate
pictures clearly plays no recording that was asked about any: nothing in it is blurred.
"""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as PathPart
from fastapi.responses import FileResponse

from idolens.archive import SourceFile
from idolens.archive.audit import Deed
from idolens.errors import GoneError, NotAllowedError, NotFoundError
from idolens.review import check_policy
from idolens.settings import Settings
from idolens.web.access.caller import caller_of
from idolens.web.access.permissions import Permission
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import SessionPath
from idolens.web.house import House

_ALONE = "default-src 'none'; sandbox"
_KINDS = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".flv": "video/x-flv",
    ".ts": "video/mp2t",
}
_OTHER = "application/octet-stream"


def add_recordings(router: APIRouter, house: House, settings: Settings) -> None:
    """Add the route."""

    @router.get(
        "/sessions/{session_id}/recording/{number}",
        summary="Play the recording that was looked at",
        response_class=FileResponse,
        responses={
            200: {
                "description": "The file; `Range` is answered 206. 410 once it was "
                "moved, changed or deleted.",
                "content": {"video/mp4": {}},
            }
        },
    )
    def recording(
        session_id: SessionPath,
        number: Annotated[
            int,
            PathPart(
                ge=0,
                le=9999,
                description="Of the session's `files`, the first is 0.",
                examples=["0"],
            ),
        ],
        request: Request,
    ) -> FileResponse:
        session, caller = session_of(house, session_id), caller_of(request)
        asked = check_policy(session.policy_text).questions
        delicate = any(one.key in settings.keep.blurred for one in asked)
        if delicate and Permission.UNREDACT not in caller.permissions:
            raise NotAllowedError(
                "This recording shows what is blurred for you: ask an admin for the "
                "permission `unredact`.",
                "该录像包含对您模糊处理的内容：请向管理员申请 unredact 权限。",
            )
        if session.kind != "recording" or number >= len(session.sources):
            raise NotFoundError(
                "The session has no such recording: see its `files`.",
                "该场次没有这段录像：请查看其 files。",
            )
        source = session.sources[number]
        reply = _file(source)
        deed = Deed.UNREDACTED if delicate else Deed.EXPORTED
        house.archive.audit.record_daily(
            caller.actor, deed, f"{session.id}/recording/{number}"
        )
        return reply


def _file(source: SourceFile) -> FileResponse:
    path = Path(source.path)
    try:
        stat = path.stat()
    except OSError as error:
        raise _gone() from error
    if (stat.st_size, stat.st_mtime_ns) != (source.size, source.modified_ns):
        raise _gone()
    return FileResponse(
        path,
        media_type=_KINDS.get(Path(source.name).suffix.lower(), _OTHER),
        headers={
            "ETag": f'"{source.sha256}"',
            "Content-Disposition": "inline",
            "Content-Security-Policy": _ALONE,
        },
        stat_result=stat,
    )


def _gone() -> GoneError:
    return GoneError(
        "The recording is not there any more, or is not what was looked at.",
        "录像已不在原处，或已不是当时检测的文件。",
    )
