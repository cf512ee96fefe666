"""``idolens analyze`` and ``idolens resume``: from files to reports."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idolens.archive import Session
from idolens.cli.bilingual import examples
from idolens.cli.desk import Desk
from idolens.cli.options import EngineName, PolicyName, with_engine
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError, MediaError
from idolens.jobs import into_sessions
from idolens.media import Source
from idolens.review import Policy
from idolens.studio import Studio, open_studio
from idolens.vlm.catalog import engine_entry
from idolens.vocabulary import Milliseconds, SessionId, Suggestion

FAILED_ON = 3
SHORTEST_STEP_S = 0.2
_STEP = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}
_SEVERITY = list(Suggestion)

Paths = Annotated[
    list[Path],
    typer.Argument(
        help="Recordings, pictures, folders, zips. · 录像、图片、文件夹、zip。",
        metavar="PATH",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the reports; out/NAME if not given. "
        "· 报告写入的文件夹，默认为 out/名称。",
        metavar="FOLDER",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print JSON only, where the reports are. · 只输出 JSON（报告的位置）。",
    ),
]
ANALYZE_EXAMPLES = examples(
    "idolens analyze concert.mp4 --every 5s",
    "idolens analyze night/ --policy mine.yaml --out reports",
    "idolens analyze posters.zip --json --fail-on review",
)
RESUME_EXAMPLES = examples(
    "idolens resume",
    "idolens resume 20260101-200000-a1b2c3 --out reports",
)


class FailOn(StrEnum):
    """From which suggestion on a command fails."""

    REVIEW = Suggestion.REVIEW.value
    BLOCK = Suggestion.BLOCK.value


FailOnOption = Annotated[
    FailOn | None,
    typer.Option(
        help="End with 3 when a report suggests this or worse. "
        "· 有报告的建议达到此级别时，以退出码 3 结束。"
    ),
]


def analyze(
    context: typer.Context,
    paths: Paths,
    every: Annotated[
        str | None,
        typer.Option(
            help="How often to look at a recording: 60s, 2m, 500ms. "
            "· 录像每隔多久看一帧：60s、2m、500ms。",
            metavar="TIME",
        ),
    ] = None,
    policy: PolicyName = None,
    engine: EngineName = None,
    out: Out = None,
    as_json: AsJson = False,
    fail_on: FailOnOption = None,
) -> None:
    """Look at recordings and pictures, hand in reports. · 审核录像和图片，生成报告。"""
    terminal = context.ensure_object(Terminal)
    settings = with_engine(terminal.settings, engine)
    step = _step(every) if every else Milliseconds(round(settings.every_s * 1000))
    with open_studio(settings) as studio:
        chosen = studio.rules.policy(policy) if policy else None
        groups = into_sessions(studio.discover(paths))
        desk = Desk(terminal, studio, out, alone=len(groups) == 1, quiet=as_json)
        sessions = _described(studio, desk, groups, chosen, step)
        # All are known before the first begins, so that resume finishes all of them.
        studio.jobs.add(sessions)
        desk.finish([session.id for session in sessions])
    _leave(terminal, desk, fail_on)


def resume(
    context: typer.Context,
    session: Annotated[
        str | None,
        typer.Argument(
            help="Its id, as shown when it stopped; without one, all unfinished. "
            "· 停止时显示的场次编号；不填则继续所有未完成的场次。",
            metavar="SESSION",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="Only what began with this engine; each session goes on with its own. "
            "· 只继续由此引擎开始的场次；每个场次始终使用开始时的引擎。",
            metavar="NAME",
        ),
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
    fail_on: FailOnOption = None,
) -> None:
    """Finish what Ctrl-C or a crash interrupted. · 继续被中断的分析。"""
    terminal = context.ensure_object(Terminal)
    if engine:
        engine_entry(engine)
    with open_studio(terminal.settings) as studio:
        if session:
            wanted = [_begun_with(studio, SessionId(session), engine)]
            studio.jobs.resume(wanted[0])
        else:
            wanted = _unfinished(terminal, studio, engine)
        desk = Desk(terminal, studio, out, alone=len(wanted) == 1, quiet=as_json)
        desk.finish(wanted)
    _leave(terminal, desk, fail_on)


def _leave(terminal: Terminal, desk: Desk, fail_on: FailOn | None) -> None:
    if desk.quiet:
        terminal.json({"sessions": desk.done, "failed": desk.failed})
    if desk.exit_code:
        raise typer.Exit(desk.exit_code)
    if fail_on is None:
        return
    bad = _SEVERITY[_SEVERITY.index(Suggestion(fail_on)) :]
    if any(done["suggestion"] in bad for done in desk.done):
        raise typer.Exit(FAILED_ON)


def _described(
    studio: Studio,
    desk: Desk,
    groups: list[list[Source]],
    policy: Policy | None,
    step: Milliseconds,
) -> list[Session]:
    """Describe a session of each group; one that is unreadable stops no other."""
    sessions: list[Session] = []
    for group in groups:
        judged_by = policy or studio.rules.usual(group[0].kind)
        try:
            sessions.append(studio.jobs.describe(group, judged_by, step))
        except MediaError as error:
            desk.refuse(group[0].name, error)
    return sessions


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
            f"场次 {session_id} 由引擎 {session.engine} 开始，"
            "不同引擎的回答不能混用：去掉 --engine 即可继续，"
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
                f"保留 {session.id}（{session.name}）：由引擎 {session.engine} 开始。",
                f"Left as it is: {session.id} ({session.name}), which began with "
                f"{session.engine}.",
            )
    return [session.id for session in sessions if engine in {None, session.engine}]


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
