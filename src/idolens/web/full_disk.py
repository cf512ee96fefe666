"""What the service still does when the disk is nearly full: it adds nothing."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from idolens.archive import Disk, DiskLevel
from idolens.errors import DiskFullError
from idolens.vocabulary import Bilingual, Language
from idolens.web.gates import HANG_UP, drain
from idolens.web.problems import of_error

_ADDING = frozenset({"POST", "PUT", "PATCH"})
_ADDS_NOTHING = ("/vlm/", "/v1/")
_MAKES_ROOM = ("/api/v1/session", "/api/v1/setup")
"""Who signs in may be about to delete something."""


class FullDiskGate:
    """Refuses what would add to a disk on which nothing may be added any more.

    Args:
        app: what lies behind.
        disk: gives the disk.
        most: bytes of a refused body that are heard out.
        language: of the refusals.
    """

    def __init__(
        self, app: ASGIApp, disk: Callable[[], Disk], most: int, language: Language
    ) -> None:
        self._app = app
        self._disk = disk
        self._most = most
        self._language: Language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 507."""
        if not _adds(scope) or self._disk().level is not DiskLevel.READ_ONLY:
            await self._app(scope, receive, send)
            return
        await drain(receive, self._most)
        refusal = of_error(_read_only(), self._language)
        refusal.headers.update(HANG_UP)
        await refusal(scope, receive, send)


def disk_words(disk: Disk) -> Bilingual | None:
    """Say what does not work because of the disk; None when there is room."""
    level, free = disk.look()
    if level is DiskLevel.OK:
        return None
    zh, en = _WORDS[level]
    return Bilingual(
        zh=f"磁盘仅剩 {free:.1%}：{zh}请腾出空间。",
        en=f"Only {free:.1%} of the disk are free: {en}make room.",
    )


def _adds(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in _ADDING:
        return False
    path: str = scope["path"]
    stops = path.startswith("/api/v1/jobs/") and path.endswith("/cancel")
    return not (path.startswith(_ADDS_NOTHING) or path in _MAKES_ROOM or stops)


def _read_only() -> DiskFullError:
    return DiskFullError(
        "The disk is nearly full, so nothing can be added; what is there can be read. "
        "Delete sessions or uploads that nobody needs, or make room otherwise.",
        "磁盘即将写满，暂时不能新增内容，已有内容仍可查看。"
        "请删除不再需要的场次或上传文件，或以其他方式腾出空间。",
    )


_WORDS = {
    DiskLevel.LOW: ("", ""),
    DiskLevel.NO_UPLOADS: ("已停止接收上传，", "uploads are refused; "),
    DiskLevel.READ_ONLY: (
        "已停止一切写入，分析任务也会停止，",
        "nothing is added any more, and analyses stop; ",
    ),
}
