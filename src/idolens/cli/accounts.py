"""``idolens accounts``: who may sign in."""

import getpass
import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.archive import Archive
from idolens.archive.accounts import Change
from idolens.archive.passwords import LEAST
from idolens.archive.setup_token import SetupToken
from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError, ConflictError
from idolens.settings import Settings
from idolens.studio import open_studio
from idolens.vocabulary import Role

ACTOR = "terminal"
"""How the audit log calls whoever works at the command line of this machine."""

app = typer.Typer(
    help="Look after those who may sign in. · 管理可以登录的帐号。",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples(
        "idolens accounts create-admin lin",
        "idolens accounts create mei --role reviewer",
        "idolens accounts list",
        "idolens accounts reset-password lin < password.txt",
    ),
)
Name = Annotated[
    str, typer.Argument(help="Name of the account. · 帐号名称。", metavar="NAME")
]


@app.command("create-admin")
def create_admin(context: typer.Context, name: Name) -> None:
    """Make an account that looks after the others. · 创建管理员帐号。"""
    _create(context.ensure_object(Terminal), name, Role.ADMIN)


@app.command()
def create(
    context: typer.Context,
    name: Name,
    role: Annotated[
        Role,
        typer.Option(help="What it may do. · 角色。"),
    ] = Role.VIEWER,
) -> None:
    """Make an account. · 创建帐号。"""
    _create(context.ensure_object(Terminal), name, role)


@app.command("list")
def list_accounts(context: typer.Context) -> None:
    """List the accounts. · 列出帐号。"""
    terminal = context.ensure_object(Terminal)
    table = Table(box=None, pad_edge=False)
    for zh, en in (("名称", "Name"), ("角色", "Role"), ("状态", "State")):
        table.add_column(terminal.word(zh, en))
    with open_studio(terminal.settings) as studio:
        for account in studio.archive.accounts.all():
            disabled = account.disabled_at_ms is not None
            state = (
                Text(terminal.word("已停用", "disabled"), "red")
                if disabled
                else Text(terminal.word("可用", "active"), "green")
            )
            table.add_row(Text(account.name), account.role.value, state)
    terminal.out.print(table)


@app.command()
def disable(context: typer.Context, name: Name) -> None:
    """Let somebody sign in no more, and end their logins. · 停用帐号并使其退出登录。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        _change(studio.archive, name, Change(disabled=True))
    terminal.say(
        f"{name} 不能再登录。其创建的密钥仍有效，请用 `idolens keys list` 检查。",
        f"{name} can sign in no more. Keys that they made still work: check "
        "`idolens keys list`.",
    )


@app.command("reset-password")
def reset_password(context: typer.Context, name: Name) -> None:
    """Give an account a new password, and let it in again. · 重设密码并恢复登录。"""
    terminal = context.ensure_object(Terminal)
    password = _new_password(terminal)
    with open_studio(terminal.settings) as studio:
        _change(studio.archive, name, Change(password=password, disabled=False))
    terminal.say(f"{name} 的密码已更新。", f"{name} has a new password.")


@app.command("setup-link")
def print_setup_link(context: typer.Context) -> None:
    """Print a link that makes the first account. · 输出创建第一个帐号的链接。"""
    terminal = context.ensure_object(Terminal)
    settings = terminal.settings
    with open_studio(settings) as studio:
        if studio.archive.accounts.any():
            raise ConflictError(
                "There is an account already: `idolens accounts list` names it, "
                "`idolens accounts reset-password` opens it again.",
                "已经有帐号了：用 `idolens accounts list` 查看，"
                "用 `idolens accounts reset-password` 重设密码。",
            )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    typer.echo(setup_link(settings, f"http://{host}:{settings.port}"))


def setup_link(settings: Settings, address: str) -> str:
    """Return a link that makes the first account; an older one ends."""
    return f"{address}/setup?token={SetupToken(settings.home).issue()}"


def _create(terminal: Terminal, name: str, role: Role) -> None:
    password = _new_password(terminal)
    with open_studio(terminal.settings) as studio:
        accounts = studio.archive.accounts
        if role is not Role.ADMIN and not accounts.has_admin():
            raise ConflictError(
                "The first account is an admin: `idolens accounts create-admin`.",
                "第一个帐号应为管理员：`idolens accounts create-admin`。",
            )
        made = accounts.add(name, role, password, ACTOR)
    SetupToken(terminal.settings.home).withdraw()
    terminal.say(
        f"已创建帐号 {made.name}({role.value})。使用服务需要登录或密钥。",
        f"Made the account {made.name} ({role.value}). The service asks everybody to "
        "sign in, or for a key.",
    )


def _change(archive: Archive, name: str, change: Change) -> None:
    archive.accounts.change(archive.accounts.named(name).id, change, ACTOR)


def _new_password(terminal: Terminal) -> str:
    """Ask for a password twice, or read one line that a program gives."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    ask = terminal.word(f"密码(至少 {LEAST} 个字符)：", f"Password ({LEAST} or more): ")
    password = getpass.getpass(ask)
    if getpass.getpass(terminal.word("再输入一次：", "Once more: ")) != password:
        raise BadInputError(
            "The two are not the same: try again.", "两次输入不一致：请重试。"
        )
    return password
