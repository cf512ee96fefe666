"""``idolens keys``: what programs may do."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.archive.keys import ApiKey
from idolens.archive.rows import now_ms
from idolens.cli.accounts import ACTOR
from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.studio import open_studio
from idolens.web.access.people import DAY_MS, check_scopes

app = typer.Typer(
    help="Look after the keys that programs use. · 管理程序使用的密钥。",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples(
        "idolens keys create bot --scope read --scope ask",
        "idolens keys list",
        "idolens keys revoke ab12cd34",
    ),
)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help="What it is for; two live keys may share a name while the old one is "
            "replaced. · 用途；更换时可有两个同名密钥同时有效。",
            metavar="NAME",
        ),
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may do, e.g. read, ask, ingest; repeat for more; read and "
            "ask if left out. · 允许的操作，如 read、ask、ingest,可重复；默认为 read "
            "和 ask。",
            metavar="SCOPE",
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            help="How many days it works; 0 is for ever. · 有效天数；0 为长期有效。",
            min=0,
            max=3650,
        ),
    ] = 90,
) -> None:
    """Make a key, and print it: it is shown this once. · 创建密钥，仅此一次显示。"""
    terminal = context.ensure_object(Terminal)
    scopes = check_scopes(scope or ["read", "ask"])
    with open_studio(terminal.settings) as studio:
        made, text = studio.archive.keys.add(
            name, scopes, ACTOR, days * DAY_MS if days else None
        )
    typer.echo(text)
    terminal.say(
        f"密钥 {made.id} 已创建，请妥善保存，之后无法再次查看。",
        f"Made the key {made.id}. Keep it safe: it cannot be shown again.",
    )


@app.command("list")
def list_keys(context: typer.Context) -> None:
    """List the keys, without their secrets. · 列出密钥(不含密文)。"""
    terminal = context.ensure_object(Terminal)
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("编号", "Id"),
        ("用途", "Name"),
        ("权限", "Scopes"),
        ("状态", "State"),
        ("最近使用", "Last used"),
        ("创建者", "Made by"),
    ):
        table.add_column(terminal.word(zh, en))
    with open_studio(terminal.settings) as studio:
        for key in studio.archive.keys.all():
            table.add_row(
                key.id,
                Text(key.name),
                " ".join(key.scopes),
                _state(terminal, key),
                _day(key.used_at_ms),
                Text(key.created_by),
            )
    terminal.out.print(table)


@app.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[
        str,
        typer.Argument(
            help="Id from `keys list`. · `keys list` 中的编号。", metavar="ID"
        ),
    ],
) -> None:
    """Take a key back, at once and for good. · 立即吊销密钥。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        studio.archive.keys.revoke(key_id, ACTOR)
    terminal.say(f"密钥 {key_id} 已失效。", f"The key {key_id} works no more.")


def _state(terminal: Terminal, key: ApiKey) -> Text:
    if key.revoked_at_ms is not None:
        return Text(terminal.word("已吊销", "revoked"), "red")
    if not key.live(now_ms()):
        return Text(terminal.word("已过期", "expired"), "red")
    until = _day(key.expires_at_ms)
    return Text(
        terminal.word(f"有效至 {until}", f"until {until}")
        if key.expires_at_ms
        else terminal.word("长期有效", "for ever"),
        "green",
    )


def _day(at_ms: int | None) -> str:
    if at_ms is None:
        return "-"
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
