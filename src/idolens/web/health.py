"""Whether the service is alive, and whether it can do its work."""

import io
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response
from PIL import Image
from pydantic import BaseModel, Field

from idolens.archive import Archive
from idolens.errors import IdolensError
from idolens.vlm.question import YesNo
from idolens.vocabulary import Bilingual, QuestionKey
from idolens.web.eyes import Eyes
from idolens.web.problems import FAILURES, Message

Check = Callable[[], Bilingual | None]
"""Returns what is wrong and how to mend it, or None when all is well."""


class Soft:
    """A check whose failure is told, but does not keep requests from being answered."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def __call__(self) -> Bilingual | None:
        """See `Check`."""
        return self._check()


class Life(BaseModel):
    """The process answers; it says nothing more."""

    alive: Literal[True] = Field(
        default=True, description="Always true; a dead process gives no answer."
    )


class Finding(BaseModel):
    """The result of one check."""

    ok: bool = Field(description="Whether this part works.")
    message: Message | None = Field(description="What is wrong and how to mend it.")


class Shortfall(Message):
    """Something that does not work as it should, though requests are answered."""

    name: str = Field(
        description="What it is: `disk_room`, `load`, `jobs`, `model_servers`, "
        "`messages`, `watchman`, `alerts` or `open_access`."
    )


class Readiness(BaseModel):
    """Whether requests can be answered now, check by check."""

    ready: bool = Field(description="True when every check is ok.")
    checks: dict[str, Finding] = Field(
        description="What was looked at: `model`, `database` and `disk`."
    )
    degraded: list[Shortfall] = Field(
        description="What does not work as it should, though requests are answered."
    )


def health_routes(checks: Mapping[str, Check]) -> APIRouter:
    """Return /livez and /readyz; the latter runs ``checks`` in a thread."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", summary="Does the process answer?")
    async def livez() -> Life:
        return Life()

    @router.get(
        "/readyz",
        summary="Can it do its work: model, database, disk?",
        responses={
            503: {"model": Readiness, "description": "Some check failed."},
            "4XX": FAILURES["4XX"],
        },
    )
    def readyz(response: Response) -> Readiness:
        hard = {n: check for n, check in checks.items() if not isinstance(check, Soft)}
        soft = {n: check for n, check in checks.items() if isinstance(check, Soft)}
        findings = {name: _run(check) for name, check in hard.items()}
        ready = all(finding.ok for finding in findings.values())
        response.status_code = 200 if ready else 503
        return Readiness(ready=ready, checks=findings, degraded=_shortfalls(soft))

    return router


def _run(check: Check) -> Finding:
    wrong = _wrong(check)
    if wrong is None:
        return Finding(ok=True, message=None)
    return Finding(ok=False, message=Message(zh=wrong.zh, en=wrong.en))


def _wrong(check: Check) -> Bilingual | None:
    try:
        return check()
    except IdolensError as error:
        return error.words


def _shortfalls(checks: Mapping[str, Check]) -> list[Shortfall]:
    wrong = {name: _wrong(check) for name, check in checks.items()}
    return [
        Shortfall(name=name, zh=words.zh, en=words.en)
        for name, words in wrong.items()
        if words is not None
    ]


class ModelCheck:
    """Asks the model about a plain picture once; a failure is tried again next time."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self._answered = False
        self._alone = threading.Lock()

    def __call__(self) -> Bilingual | None:
        """Return None once the model has answered."""
        with self._alone:
            if self._answered:
                return None
            question = YesNo(key=QuestionKey("warm_up"), instruction="画面中有人物吗？")
            try:
                self._eyes.ask(_plain_picture(), [question])
            except IdolensError as error:
                return error.words
            self._answered = True
            return None


def database_check(archive: Callable[[], Archive]) -> Check:
    """Return a check that writes to the database."""

    def check() -> None:
        archive().check_writing()

    return check


def disk_check(folder: Path, least_mib: int) -> Check:
    """Return a check that ``folder``'s disk has at least ``least_mib`` MiB free."""

    def check() -> Bilingual | None:
        existing = next(
            place
            for place in (folder.absolute(), *folder.absolute().parents)
            if place.exists()
        )
        free = shutil.disk_usage(existing).free // 2**20
        if free >= least_mib:
            return None
        return Bilingual(
            zh=f"磁盘仅剩 {free} MiB;请至少腾出 {least_mib} MiB。",
            en=f"Only {free} MiB of disk are free; make room for {least_mib} MiB.",
        )

    return check


def _plain_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (40, 60, 120)).save(file, "PNG")
    return file.getvalue()
