"""``idolens purge``, ``forget``, ``pin`` and ``unpin``: what goes, and what stays."""

from typing import Annotated

import typer
from rich.table import Table

from idolens.archive.terms import Gone
from idolens.cli.accounts import ACTOR
from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.studio import open_studio
from idolens.vocabulary import Bilingual, FrameId, SessionId

KINDS = {
    "pictures": Bilingual(zh="画面图片", en="pictures"),
    "answers": Bilingual(zh="回答", en="answers"),
    "reports": Bilingual(zh="报告", en="reports"),
    "uploads": Bilingual(zh="过期上传", en="expired uploads"),
    "messages": Bilingual(zh="消息", en="messages"),
    "kept_replies": Bilingual(zh="留存的应答", en="kept replies"),
    "logins": Bilingual(zh="已结束的登录", en="ended logins"),
    "job_steps": Bilingual(zh="已完成任务的步骤", en="steps of jobs that are done"),
    "audit": Bilingual(zh="操作记录", en="entries of the audit log"),
}
PURGE_EXAMPLES = examples("idolens purge --dry-run", "idolens purge")
FORGET_EXAMPLES = examples("idolens forget 20260101-200000-a1b2c3")
PIN_EXAMPLES = examples("idolens pin 20260101-200000-a1b2c3 f000012")

SessionArgument = Annotated[
    str, typer.Argument(help="Its id. · 场次编号。", metavar="SESSION")
]
FrameArgument = Annotated[
    str, typer.Argument(help="The frame's id. · 帧编号。", metavar="FRAME")
]


def purge(
    context: typer.Context,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only tell what would go. · 只显示将删除的内容，不删除。",
        ),
    ] = False,
) -> None:
    """Delete what is past its term; evidence stays. · 删除过期内容，证据保留。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        if not dry_run:
            studio.finish_purges()
        gone = studio.caretaker.sweep(dry=dry_run)
    terminal.out.print(_table(terminal, gone))
    if dry_run:
        terminal.say("没有删除任何内容。", "Nothing was deleted.")


def forget(
    context: typer.Context,
    session: SessionArgument,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask. · 不再询问。")
    ] = False,
) -> None:
    """Delete a session for good, evidence too. · 永久删除一个场次，包括证据。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        if studio.archive.purges.find(SessionId(session)) is None:
            name = studio.archive.session(SessionId(session)).name
            if not yes:
                typer.confirm(
                    terminal.word(
                        f"永久删除场次 {session}（{name}）？无法恢复。",
                        f"Delete session {session} ({name}) for good?",
                    ),
                    abort=True,
                    err=True,
                )
        studio.forget(SessionId(session), ACTOR)
    terminal.say(
        "已删除。备份和已导出的报告不受影响。",
        "Deleted. Backups and reports that were exported are not touched.",
    )


def pin(context: typer.Context, session: SessionArgument, frame: FrameArgument) -> None:
    """Keep a frame's picture and answers, however old. · 固定一帧，到期也不删除。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        found = studio.archive.pages.frame(SessionId(session), FrameId(frame))
        studio.archive.pins.add(SessionId(session), found.id, ACTOR)
    terminal.say("已固定。", "Pinned.")


def unpin(
    context: typer.Context, session: SessionArgument, frame: FrameArgument
) -> None:
    """Let a pinned frame go with the others. · 取消固定一帧。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        found = studio.archive.pages.frame(SessionId(session), FrameId(frame))
        studio.archive.pins.remove(SessionId(session), found.id, ACTOR)
    terminal.say("已取消固定。", "No longer pinned.")


def _table(terminal: Terminal, gone: list[Gone]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(terminal.word("种类", "Kind"))
    table.add_column(terminal.word("数量", "How many"), justify="right")
    table.add_column(terminal.word("约 MB", "About MB"), justify="right")
    for one in gone:
        size = f"{one.bytes / 1e6:.1f}" if one.bytes else ""
        kind = KINDS[one.kind].within(terminal.language)
        table.add_row(kind, str(one.count), size)
    return table
