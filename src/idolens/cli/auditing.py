"""``idolens audit``: who did what, and whether the log of it is whole."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.archive.audit import Entry, Head
from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError
from idolens.studio import open_studio

app = typer.Typer(
    help="See who did what. · 查看操作记录。",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples("idolens audit list --last 20", "idolens audit verify"),
)


@app.command("list")
def list_entries(
    context: typer.Context,
    last: Annotated[
        int,
        typer.Option(
            help="How many entries, from the newest back. · 显示最近多少条。",
            min=1,
            max=100_000,
        ),
    ] = 50,
) -> None:
    """List the last entries of the log. · 列出最近的操作记录。"""
    terminal = context.ensure_object(Terminal)
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("编号", "No."),
        ("时间", "When"),
        ("谁", "Who"),
        ("操作", "What"),
        ("对象", "To what"),
        ("备注", "More"),
    ):
        table.add_column(terminal.word(zh, en))
    with open_studio(terminal.settings) as studio:
        for entry in studio.archive.audit.newest(last):
            table.add_row(*_row(entry))
    terminal.out.print(table)


@app.command()
def verify(
    context: typer.Context,
    noted: Annotated[
        str | None,
        typer.Option(
            help="A head that an earlier check printed, to see that nothing was cut "
            "off since. · 以前检查输出的末端标记，用于确认之后没有删减。",
            metavar="NUMBER:HASH",
        ),
    ] = None,
) -> None:
    """Check that no entry was changed or taken out. · 检查操作记录是否被改动。"""
    terminal = context.ensure_object(Terminal)
    wanted = None if noted is None else _head(noted)
    with open_studio(terminal.settings) as studio:
        broken = studio.archive.audit.broken_at(wanted)
        head = studio.archive.audit.head()
    if broken is not None:
        terminal.warn(
            f"操作记录从第 {broken} 条起已被改动或缺失。",
            f"The log was changed: entry {broken} is not as it was written.",
        )
        raise typer.Exit(1)
    terminal.say(
        f"操作记录完整，共 {head.seq} 条。请把下面的末端标记记在别处，"
        "下次检查时用 --noted 提供：",
        f"The log is whole: {head.seq} entries. Note its head elsewhere, and give it "
        "to the next check as --noted:",
    )
    typer.echo(f"{head.seq}:{head.hash}")


def _row(entry: Entry) -> tuple[str, str, Text, str, Text, Text]:
    when = datetime.fromtimestamp(entry.at_ms / 1000, UTC)
    more = ", ".join(f"{name}={value}" for name, value in entry.detail.items())
    return (
        str(entry.seq),
        when.strftime("%Y-%m-%d %H:%M:%S UTC"),
        Text(entry.actor),
        entry.action,
        Text(entry.subject),
        Text(more),
    )


def _head(text: str) -> Head:
    parts = re.fullmatch(r"(\d{1,12}):([0-9a-f]{64})", text.strip())
    if parts is None:
        raise BadInputError(
            "--noted takes what an earlier `idolens audit verify` printed.",
            "--noted 应为以前 `idolens audit verify` 输出的内容。",
        )
    return Head(int(parts[1]), parts[2])
