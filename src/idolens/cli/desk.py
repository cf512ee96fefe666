"""Where sessions are waited for, one after the other, until each has its report."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from idolens.archive import Session
from idolens.archive.audit import Deed
from idolens.cli.accounts import ACTOR
from idolens.cli.report_table import report_table
from idolens.cli.terminal import Terminal
from idolens.errors import IdolensError, JobError
from idolens.jobs import JobState
from idolens.jobs import Progress as Moment
from idolens.outputs import ReportFiles, wanted_pictures, write_report
from idolens.review import Report
from idolens.studio import Studio
from idolens.vocabulary import SessionId

OUT = Path("out")


class Desk:
    """Waits for jobs and writes their reports.

    What goes wrong with one of several does not keep the others from their reports;
    with a single one it is raised.

    Args:
        terminal: where to say how far it is.
        studio: where the jobs run.
        out: the folder that was asked for.
        alone: the only report lies in ``out`` itself, several in folders of it.
        quiet: no progress bar, no tables.

    Attributes:
        done: what became of each session that has its report.
        failed: the name of each other one, and why.
        exit_code: of the first failure; 0 while there is none.
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
        self.failed: list[dict[str, Any]] = []
        self.exit_code = 0

    def finish(self, wanted: Sequence[SessionId]) -> None:
        """Let each session begin or go on, wait for it, write and show its report.

        Raises:
            JobError: the only one failed or was cancelled.
        """
        for at, session_id in enumerate(wanted):
            session = self._studio.archive.session(session_id)
            place = "" if self._alone else f"{at + 1}/{len(wanted)} "
            try:
                self._finish(session, f"{place}{session.name}")
            except IdolensError as error:
                self.refuse(session.name, error)
            except KeyboardInterrupt:
                self._say_how_to_go_on(wanted[at:])
                raise

    def refuse(self, name: str, error: IdolensError) -> None:
        """Note that there is no report of ``name``, and why."""
        if self._alone:
            raise error
        self._terminal.fail(error, name)
        said = error.within(self._terminal.language)
        self.failed.append({"name": name, "code": error.code, "message": said})
        self.exit_code = self.exit_code or error.exit_code

    def _finish(self, session: Session, title: str) -> None:
        jobs = self._studio.jobs
        # One that was cancelled while it waited for its turn stays so.
        if jobs.progress(session.id).state is JobState.INTERRUPTED:
            jobs.resume(session.id)
        self._check(session, self._wait(session, title))
        report = Report.from_json(self._studio.archive.report(session.id) or "")
        files = self._write(session, report)
        self.done.append(
            {
                "session": session.id,
                "name": session.name,
                "policy": session.policy_name,
                "policy_version": session.policy_version,
                "suggestion": report.signed.judgement.suggestion.value,
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

    def _wait(self, session: Session, title: str) -> Moment:
        jobs = self._studio.jobs
        if self.quiet:
            return jobs.wait(session.id)
        with Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._terminal.err,
            transient=True,
        ) as bar:
            task = bar.add_task(title, total=None)

            def show(moment: Moment) -> None:
                bar.update(task, completed=moment.done, total=moment.total)

            return jobs.wait(session.id, show)

    def _say_how_to_go_on(self, left: Sequence[SessionId]) -> None:
        if len(left) == 1:
            self._terminal.say(
                f"已停止，没有丢失进度。继续请运行：idolens resume {left[0]}",
                f"Stopped; nothing is lost. Go on with: idolens resume {left[0]}",
            )
            return
        self._terminal.say(
            f"已停止，没有丢失进度，还有 {len(left)} 个场次未完成。"
            "继续请运行：idolens resume",
            f"Stopped; nothing is lost, {len(left)} sessions are unfinished. "
            "Go on with: idolens resume",
        )

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
        archive = self._studio.archive
        kept = archive.pictures.there(wanted_pictures(report))
        evidence = {digest: archive.pictures.get(digest) for digest in kept}
        folder = self._folder(session)
        files = write_report(report, evidence, folder, self._terminal.language)
        archive.audit.record(ACTOR, Deed.EXPORTED, session.id, {"format": "folder"})
        return files

    def _folder(self, session: Session) -> Path:
        if self._out and self._alone:
            return self._out
        name = re.sub(r"[^\w.-]+", "_", Path(session.name).stem) or session.id
        folder = (self._out or OUT) / name
        if folder in self._folders:
            folder = folder.with_name(f"{name}-{session.id}")
        self._folders.add(folder)
        return folder
