"""``idolens analyze`` and ``idolens resume``: from files to reports."""

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from idolens.archive import Session
from idolens.cli.report_table import report_table
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError, JobError
from idolens.jobs import JobState, into_sessions
from idolens.jobs import Progress as Moment
from idolens.outputs import ReportFiles, wanted_pictures, write_report
from idolens.review import Policy, Report, load_policy
from idolens.settings import Settings
from idolens.studio import Studio, open_studio
from idolens.vlm.catalog import engine_entry
from idolens.vocabulary import Milliseconds, SessionId, Suggestion

FAILED_ON = 3
SHORTEST_STEP_S = 0.2
OUT = Path("out")
_STEP = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}
_SEVERITY = list(Suggestion)

Paths = Annotated[
    list[Path],
    typer.Argument(
        help="Recordings, pictures, folders, zips. · 录像、图片、文件夹、zip。",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder of the reports. · 报告所在文件夹。 [out/NAME]"),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")
]


class FailOn(StrEnum):
    """From which suggestion on a command fails."""

    REVIEW = Suggestion.REVIEW.value
    BLOCK = Suggestion.BLOCK.value


FailOnOption = Annotated[
    FailOn | None,
    typer.Option(
        help="Exit 3 when a report suggests this or worse. "
        "· 报告建议达到此级别时以 3 退出。"
    ),
]


def analyze(
    context: typer.Context,
    paths: Paths,
    every: Annotated[
        str | None,
        typer.Option(
            help="One frame each: 60s, 2m, 500ms. · 取帧间隔。", metavar="TIME"
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Name or file of the policy. · 审核策略的名称或文件。",
            metavar="NAME|FILE",
        ),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="Which engine answers. · 推理引擎。")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
    fail_on: FailOnOption = None,
) -> None:
    """Look at recordings and pictures, and hand in reports. · 分析并生成报告。"""
    terminal = context.ensure_object(Terminal)
    settings = _with(terminal.settings, engine)
    step = _step(every) if every else Milliseconds(round(settings.every_s * 1000))
    chosen = load_policy(policy) if policy else None
    with open_studio(settings) as studio:
        groups = into_sessions(studio.discover(paths))
        desk = _Desk(terminal, studio, out, alone=len(groups) == 1, quiet=as_json)
        for group in groups:
            judged_by = chosen or _usual_policy(settings, group[0].kind)
            desk.finish(studio.jobs.analyze(group, judged_by, step))
    _leave(terminal, desk, fail_on)


def resume(
    context: typer.Context,
    session: Annotated[
        str | None,
        typer.Argument(
            help="Which session; all unfinished ones by default. "
            "· 要继续的场次，默认为所有未完成的场次。",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="Only what began with this engine; each session goes on with its own. "
            "· 只继续由此引擎开始的场次\uff1b每个场次始终使用开始时的引擎。",
            metavar="NAME",
        ),
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
    fail_on: FailOnOption = None,
) -> None:
    """Finish what was interrupted. · 继续完成被中断的任务。"""
    terminal = context.ensure_object(Terminal)
    if engine:
        engine_entry(engine)
    with open_studio(terminal.settings) as studio:
        if session:
            wanted = [_begun_with(studio, SessionId(session), engine)]
        else:
            wanted = _unfinished(terminal, studio, engine)
        desk = _Desk(terminal, studio, out, alone=len(wanted) == 1, quiet=as_json)
        for session_id in wanted:
            studio.jobs.resume(session_id)
            desk.finish(session_id)
    _leave(terminal, desk, fail_on)


class _Desk:
    """Waits for jobs and writes their reports.

    Args:
        terminal: where to say how far it is.
        studio: where the jobs run.
        out: the folder that was asked for.
        alone: the only report lies in ``out`` itself, several in folders of it.
        quiet: no progress bar, no tables.
    """

    def __init__(
        self,
        terminal: Terminal,
        studio: Studio,
        out: Path | None,
        *,
        alone: bool,
        quiet: bool,
    ) -> None:
        self._terminal = terminal
        self._studio = studio
        self._out = out
        self._alone = alone
        self.quiet = quiet
        self._folders: set[Path] = set()
        self.done: list[dict[str, Any]] = []

    def finish(self, session_id: SessionId) -> None:
        """Wait for a job, write its report, and show it.

        Raises:
            JobError: it failed or was cancelled.
        """
        session = self._studio.archive.session(session_id)
        self._check(session, self._wait(session))
        report = Report.from_json(self._studio.archive.report(session_id) or "")
        files = self._write(session, report)
        suggestion = report.signed.judgement.suggestion
        self.done.append(
            {
                "session": session_id,
                "name": session.name,
                "suggestion": suggestion.value,
                "findings": len(report.signed.judgement.findings),
                "report_json": str(files.json),
                "report_html": str(files.html),
            }
        )
        if not self.quiet:
            self._terminal.out.print(report_table(self._terminal, report))
            self._terminal.out.print(
                f"{self._terminal.word('报告：', 'Report: ')}{files.html}",
                markup=False,
                soft_wrap=True,
            )

    def _wait(self, session: Session) -> Moment:
        jobs = self._studio.jobs
        if self.quiet:
            return self._interruptible(session, lambda: jobs.wait(session.id))
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._terminal.err,
            transient=True,
        ) as bar:
            task = bar.add_task(session.name, total=None)

            def show(moment: Moment) -> None:
                bar.update(task, completed=moment.done, total=moment.total)

            return self._interruptible(session, lambda: jobs.wait(session.id, show))

    def _interruptible(self, session: Session, wait: Callable[[], Moment]) -> Moment:
        try:
            return wait()
        except KeyboardInterrupt:
            self._terminal.say(
                f"已停止，没有丢失进度。继续请运行：idolens resume {session.id}",
                f"Stopped; nothing is lost. Go on with: idolens resume {session.id}",
            )
            raise

    def _check(self, session: Session, end: Moment) -> None:
        if end.state is JobState.DONE:
            return
        if end.reason is not None:
            raise JobError(
                f"{session.name} was not finished: {end.reason.en}",
                f"{session.name} 未能完成：{end.reason.zh}",
            )
        raise JobError(
            f"{session.name} was stopped; go on with: idolens resume {session.id}",
            f"{session.name} 已停止；继续请运行：idolens resume {session.id}",
        )

    def _write(self, session: Session, report: Report) -> ReportFiles:
        pictures = self._studio.archive.pictures
        evidence = {digest: pictures.get(digest) for digest in wanted_pictures(report)}
        folder = self._folder(session)
        return write_report(report, evidence, folder, self._terminal.language)

    def _folder(self, session: Session) -> Path:
        if self._out and self._alone:
            return self._out
        name = re.sub(r"[^\w.-]+", "_", Path(session.name).stem) or session.id
        folder = (self._out or OUT) / name
        if folder in self._folders:
            folder = folder.with_name(f"{name}-{session.id}")
        self._folders.add(folder)
        return folder


def _leave(terminal: Terminal, desk: _Desk, fail_on: FailOn | None) -> None:
    if desk.quiet:
        terminal.json({"sessions": desk.done})
    if fail_on is None:
        return
    bad = _SEVERITY[_SEVERITY.index(Suggestion(fail_on)) :]
    if any(done["suggestion"] in bad for done in desk.done):
        raise typer.Exit(FAILED_ON)


def _usual_policy(settings: Settings, kind: str) -> Policy:
    name = settings.policy if kind == "recording" else settings.picture_policy
    return load_policy(name)


def _begun_with(studio: Studio, session_id: SessionId, engine: str | None) -> SessionId:
    """Refuse to let ``engine`` finish what another one began.

    Raises:
        BadInputError: another one began it.
    """
    session = studio.archive.session(session_id)
    if engine not in {None, session.engine}:
        raise BadInputError(
            f"Session {session_id} began with {session.engine}, and answers of two "
            "engines never mix: leave --engine out to go on, or analyse "
            f"{session.name} anew with --engine {engine}.",
            f"场次 {session_id} 由引擎 {session.engine} 开始\uff0c"
            "不同引擎的回答不能混用\uff1a去掉 --engine 即可继续\uff0c"
            f"或用 --engine {engine} 重新分析 {session.name}。",
        )
    return session_id


def _unfinished(
    terminal: Terminal, studio: Studio, engine: str | None
) -> list[SessionId]:
    """List what is to be finished, and say what is left to another engine."""
    sessions = [studio.archive.session(each) for each in studio.jobs.unfinished()]
    if not sessions:
        terminal.say("没有未完成的任务。", "Nothing is unfinished.")
    for session in sessions:
        if engine not in {None, session.engine}:
            terminal.say(
                f"保留 {session.id}\uff08{session.name}\uff09\uff1a"
                f"由引擎 {session.engine} 开始。",
                f"Left as it is: {session.id} ({session.name}), which began with "
                f"{session.engine}.",
            )
    return [session.id for session in sessions if engine in {None, session.engine}]


def _with(settings: Settings, engine: str | None) -> Settings:
    return settings.model_copy(update={"engine": engine}) if engine else settings


def _step(text: str) -> Milliseconds:
    """Read a sampling step.

    Raises:
        BadInputError: it is no time, or too short.
    """
    match = _STEP.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds < SHORTEST_STEP_S:
        raise BadInputError(
            f"--every {text} is not a time of at least 0.2 s; write e.g. 60s or 500ms.",
            f"--every {text} 不是至少 0.2 秒的时间；请写成 60s 或 500ms 的形式。",
        )
    return Milliseconds(round(seconds * 1000))
