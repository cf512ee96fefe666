"""``idolens alerts``: what was told to whom, and whether it arrived."""

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.archive import Delivery
from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.errors import NotFoundError
from idolens.outputs.alerts import RuleBook, prometheus_rules, read_rules
from idolens.outputs.alerts.message import figure
from idolens.outputs.delivery import (
    Delivered,
    language_of,
    letter_of,
    sender_for,
)
from idolens.settings.alerting import AnyTarget
from idolens.studio import open_studio
from idolens.web.metrics import dashboard

app = typer.Typer(
    help="Who is told when the machine needs somebody. · 机器需要人处理时通知谁。",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples(
        "idolens alerts test",
        "idolens alerts list",
        "idolens alerts replay",
    ),
)
_STATES = {
    "waiting": ("等待", "waiting"),
    "delivered": ("已送达", "delivered"),
    "dead": ("无法送达", "dead"),
}


@app.command("list")
def list_messages(
    context: typer.Context,
    most: Annotated[
        int,
        typer.Option(
            "--most",
            help="How many, the newest first. · 最多显示多少条，最新的在前。",
            metavar="COUNT",
            min=1,
            max=1000,
        ),
    ] = 20,
) -> None:
    """List messages: to whom, and what became of them. · 列出消息及其送达情况。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        found = studio.archive.deliveries.newest(most=most)
    if not found:
        terminal.say("还没有消息。", "There are no messages yet.")
        return
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("编号", "Id"),
        ("时间", "Time"),
        ("内容", "What"),
        ("目标", "Target"),
        ("状态", "State"),
        ("次数", "Tries"),
        ("最近结果", "Last answer"),
    ):
        table.add_column(terminal.word(zh, en))
    for one in found:
        table.add_row(*_row(one, terminal))
    terminal.out.print(table)


def _row(one: Delivery, terminal: Terminal) -> list[str | Text]:
    colour = {"waiting": "yellow", "delivered": "green", "dead": "red"}[one.state]
    return [
        one.event_id,
        datetime.fromtimestamp(one.at_ms / 1000, UTC)
        .astimezone()
        .strftime("%m-%d %H:%M"),
        one.kind,
        one.target,
        Text(terminal.word(*_STATES[one.state]), colour),
        str(one.tries),
        one.reason,
    ]


@app.command()
def replay(
    context: typer.Context,
    event: Annotated[
        str | None,
        typer.Argument(
            help="Id of one message; without it, all that nobody took. "
            "· 消息编号；省略时为所有无法送达的消息。",
            metavar="ID",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Only to this target. · 只发给这个目标。", metavar="NAME"),
    ] = None,
) -> None:
    """Send messages again, now. · 立即重发消息。"""
    terminal = context.ensure_object(Terminal)
    with open_studio(terminal.settings) as studio:
        for one in _chosen(terminal.settings.alerts.targets, target):
            studio.archive.deliveries.open_target(one.name)
        count = studio.archive.outbox.replay(event, target)
    terminal.say(
        f"{count} 条消息将由正在运行的服务重新发送。",
        f"{count} messages will be sent again by the running service.",
    )


@app.command("test")
def send_test(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            help="A target's name; without it, all of them. · 目标名称；省略时为全部。",
            metavar="NAME",
        ),
    ] = None,
) -> None:
    """Send a test message and say what came of it. · 发送测试消息并显示结果。"""
    terminal = context.ensure_object(Terminal)
    settings = terminal.settings
    targets = _chosen(settings.alerts.targets, target)
    if not targets:
        raise NotFoundError(
            "There are no targets: name some in the setting alerts.targets.",
            "没有目标:请在设置 alerts.targets 中填写。",
        )
    failed = 0
    for one in targets:
        language = language_of(one, settings.language)
        letter = letter_of(_test_id(), _test_payload(settings.alerts.place), language)
        outcome = sender_for(one, settings.alerts.timeout_s).send(letter)
        arrived = isinstance(outcome, Delivered)
        failed += not arrived
        mark = Text("✓ ", "green") if arrived else Text("✗ ", "red")
        terminal.out.print(mark + Text(f"{one.name} ({one.kind}): {outcome.code}"))
        if arrived:
            with open_studio(settings) as studio:
                studio.archive.deliveries.open_target(one.name)
    if failed:
        raise typer.Exit(1)


@app.command()
def rules(context: typer.Context) -> None:
    """Show the rules that hold. · 显示生效的告警规则。"""
    terminal = context.ensure_object(Terminal)
    book = read_rules(terminal.settings.alerts.rules)
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("名称", "Name"),
        ("说明", "What"),
        ("警告", "Warning"),
        ("严重", "Critical"),
    ):
        table.add_column(terminal.word(zh, en))
    for name, title, warning, critical in _shown(book, terminal):
        table.add_row(name, Text(title), warning, critical)
    terminal.out.print(table)


def _shown(book: RuleBook, terminal: Terminal) -> list[tuple[str, str, str, str]]:
    shown: list[tuple[str, str, str, str]] = []
    for rule in book.rules:
        sign = "≥" if rule.when == "above" else "≤"
        warning, critical = (
            f"{sign} {figure(level.at, rule.unit)}, {level.for_s:g} s" if level else "–"
            for level in (rule.warning, rule.critical)
        )
        title = terminal.word(rule.title.zh, rule.title.en)
        shown.append((rule.name, title, warning, critical))
    return shown


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(help="Folder to write to. · 写入的文件夹。", metavar="FOLDER"),
    ],
) -> None:
    """Write Prometheus rules and a dashboard. · 导出 Prometheus 规则和面板。"""
    terminal = context.ensure_object(Terminal)
    folder.mkdir(parents=True, exist_ok=True)
    book = read_rules(terminal.settings.alerts.rules)
    (folder / "rules.yml").write_text(prometheus_rules(book), "utf-8")
    (folder / "dashboard.json").write_text(dashboard(), "utf-8")
    terminal.say(
        f"已写入 {folder}/rules.yml 和 dashboard.json。",
        f"Wrote {folder}/rules.yml and dashboard.json.",
    )


@app.command()
def secret() -> None:
    """Make a secret for a webhook. · 生成 webhook 密钥。"""
    typer.echo(f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}")


def _chosen(targets: tuple[AnyTarget, ...], name: str | None) -> list[AnyTarget]:
    chosen = [one for one in targets if name in {None, one.name}]
    if name is not None and not chosen:
        raise NotFoundError(
            f"There is no target {name!r}: see the setting alerts.targets.",
            f"没有名为 {name!r} 的目标:请查看设置 alerts.targets。",
        )
    return chosen


def _test_id() -> str:
    return f"evt_test{secrets.token_hex(8)}"


def _test_payload(place: str) -> dict[str, object]:
    return {
        "type": "alert.test",
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": {
            "place": place,
            "title": {"zh": f"[{place}] 测试消息", "en": f"[{place}] Test message"},
            "text": {
                "zh": "如果看到这条消息，告警就能送达这里。",
                "en": "If you can read this, alerts arrive here.",
            },
        },
    }
