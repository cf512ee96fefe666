"""``idolens engines``, ``idolens doctor`` and ``idolens serve``."""

from functools import partial
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.cli.accounts import setup_link
from idolens.cli.bilingual import examples
from idolens.cli.checkup import Finding, checkup
from idolens.cli.options import EngineName, with_engine
from idolens.cli.terminal import Terminal
from idolens.jobs import tended
from idolens.jobs.nightly import Nightly, open_nightly
from idolens.settings import Settings
from idolens.studio import Studio, open_studio
from idolens.vlm import ENGINES
from idolens.web.app import own_version
from idolens.web.health import Check, ModelCheck, database_check, disk_check
from idolens.web.metrics import Metrics, WatchedBackups
from idolens.web.monitor import open_monitor
from idolens.web.server import address_of, listen
from idolens.web.server import serve as serve_on

SERVE_EXAMPLES = examples("idolens serve", "idolens serve --port 9000")


def engines(context: typer.Context) -> None:
    """List the engines, and what each needs. · 列出引擎及其要求。"""
    terminal = context.ensure_object(Terminal)
    table = Table(box=None, pad_edge=False)
    for zh, en in (("名称", "Name"), ("可用", "Here"), ("说明", "What it is")):
        table.add_column(terminal.word(zh, en))
    for entry in ENGINES.values():
        obstacle = entry.obstacle(terminal.settings)
        about = entry.title.within(terminal.language)
        needs = entry.runs_on.within(terminal.language)
        table.add_row(
            entry.name,
            Text("✓", "green") if obstacle is None else Text("✗", "red"),
            Text(
                obstacle.within(terminal.language) if obstacle else f"{about} · {needs}"
            ),
        )
    terminal.out.print(table)


def doctor(context: typer.Context) -> None:
    """Say what works here, what does not, how to mend it. · 检查本机，指出如何修复。"""
    terminal = context.ensure_object(Terminal)
    findings = checkup(terminal.settings)
    for finding in findings:
        mark = _mark(finding)
        line = finding.what.within(terminal.language)
        if finding.mend is not None:
            line += f"\n    → {finding.mend.within(terminal.language)}"
        terminal.out.print(mark + Text(line))
    if any(finding.mend and finding.needed for finding in findings):
        raise typer.Exit(1)


def _mark(finding: Finding) -> Text:
    if finding.mend is None:
        return Text("✓ ", "green")
    return Text("✗ ", "red") if finding.needed else Text("! ", "yellow")


def serve(
    context: typer.Context,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; others than 127.0.0.1 need an admin "
            "(see `accounts create-admin`), 0.0.0.0 also the setting allowed_hosts. "
            "· 监听地址；127.0.0.1 以外的地址需要先有管理员帐号"
            "(见 `accounts create-admin`),0.0.0.0 还需要设置 allowed_hosts。",
            metavar="ADDRESS",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Port to listen on; 0 takes a free one. "
            "· 监听端口；0 为任一空闲端口。",
            metavar="PORT",
            min=0,
            max=65535,
        ),
    ] = None,
    engine: EngineName = None,
    insecure_open_lan: Annotated[
        bool,
        typer.Option(
            "--insecure-open-lan",
            help="While there is no account, let everybody who can reach the service "
            "work with it. · 没有帐号时，允许所有能访问本服务的人使用。",
        ),
    ] = False,
) -> None:
    """Run the HTTP service; Ctrl-C ends it. · 启动 HTTP 服务，按 Ctrl-C 停止。"""
    terminal = context.ensure_object(Terminal)
    chosen = {
        "host": host,
        "port": port,
        "insecure_open_lan": insecure_open_lan or None,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    settings = with_engine(terminal.settings, engine).model_copy(update=given)
    metrics = Metrics()
    with (
        open_studio(settings, meter=metrics) as studio,
        open_monitor(studio, settings, metrics) as soft,
        tended(
            studio.caretaker, studio.finish_purges, partial(metrics.failed, "keeping")
        ),
    ):
        door = listen(settings, has_admin=studio.archive.accounts.has_admin())
        address = address_of(door)
        with open_nightly(_backups(studio, settings, metrics)):
            serve_on(
                studio,
                settings,
                door,
                checks={**_checks(studio, settings), **soft},
                metrics=metrics,
                on_ready=partial(_say_ready, terminal, studio, settings, address),
            )


def _backups(studio: Studio, settings: Settings, metrics: Metrics) -> Nightly:
    nightly = Nightly(
        settings, lambda: studio.archive, own_version(), metrics.backed_up
    )
    metrics.watch(WatchedBackups(nightly.age_s))
    return nightly


def _say_ready(
    terminal: Terminal, studio: Studio, settings: Settings, address: str
) -> None:
    terminal.say(f"服务已就绪：{address}", f"The service is ready: {address}")
    if studio.archive.accounts.any():
        return
    link = setup_link(settings, address)
    terminal.say(
        f"还没有帐号。创建第一个帐号(30 分钟内有效)：{link}",
        f"There is no account yet. To make the first one, within 30 minutes: {link}",
    )
    if settings.insecure_open_lan:
        terminal.warn(
            "警告：没有帐号，任何能访问本服务的人都可以使用它。",
            "WARNING: there is no account, and everybody who can reach this service "
            "may use it.",
        )


def _checks(studio: Studio, settings: Settings) -> dict[str, Check]:
    return {
        "model": ModelCheck(studio),
        "database": database_check(lambda: studio.archive),
        "disk": disk_check(settings.home, settings.disk_reserve_mib),
    }
