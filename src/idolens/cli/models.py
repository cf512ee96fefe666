"""``idolens models``: pull, list, verify and remove the models of other makers."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from idolens.cli.terminal import Terminal
from idolens.vlm import checkpoints
from idolens.vlm.checkpoints.hub import Address

DAMAGED = 1

app = typer.Typer(
    help="Pull, check and remove models. · 下载、校验和删除模型。",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")]
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="For example zai-org/GLM-4.6V-Flash. · 例如 zai-org/GLM-4.6V-Flash。",
    ),
]


@app.command()
def pull(
    context: typer.Context,
    name: Name,
    hub: Annotated[
        str | None,
        typer.Option(
            help="huggingface or modelscope. · 模型库：huggingface 或 modelscope。"
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="Address of a mirror of the hub. · 模型库镜像的地址。", metavar="URL"
        ),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option(help="Branch, tag or commit. · 分支、标签或提交。"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a model here; goes on where it stopped. · 下载模型，可断点续传。"""
    terminal = context.ensure_object(Terminal)
    asked = terminal.settings.hub
    token = asked.token.get_secret_value() if asked.token else None
    source = checkpoints.open_hub(
        hub or asked.name, Address(endpoint or asked.endpoint, token)
    )
    shelf = checkpoints.open_shelf(terminal.settings)
    with _bar(terminal, name) as told:
        pulled = checkpoints.pull(
            shelf, source, name, revision=revision, on_progress=told
        )
    model = pulled.model
    if as_json:
        terminal.json(
            {
                "name": model.name,
                "folder": str(pulled.folder),
                "hub": model.hub,
                "endpoint": model.endpoint,
                "revision": model.revision,
                "bytes": model.size,
                "fetched_bytes": pulled.fetched,
                "files": sorted(model.files),
                "unproven": list(model.unproven),
                "left_out": list(pulled.left_out),
            }
        )
        return
    terminal.say(
        f"{model.name}({model.revision[:12]}):{_size(model.size)}，本次下载"
        f" {_size(pulled.fetched)}，全部文件已校验。",
        f"{model.name} ({model.revision[:12]}): {_size(model.size)},"
        f" {_size(pulled.fetched)} fetched now, every file verified.",
    )
    if model.unproven:
        terminal.say(
            f"模型库没有给出校验值，无法核对：{'、'.join(model.unproven)}。",
            "The hub gives no checksum for, so nothing proves: "
            f"{', '.join(model.unproven)}.",
        )
    if pulled.left_out:
        terminal.say(
            f"未下载 {len(pulled.left_out)} 个不需要的文件。",
            f"{len(pulled.left_out)} files that are not needed were left out.",
        )
    terminal.out.print(str(pulled.folder), soft_wrap=True, markup=False)


@app.command("list")
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List the models that are here. · 列出本机的模型。"""
    terminal = context.ensure_object(Terminal)
    shelf = checkpoints.open_shelf(terminal.settings)
    models, unfinished = shelf.models(), shelf.unfinished()
    if as_json:
        terminal.json(
            {
                "models": [
                    {
                        "name": model.name,
                        "folder": str(shelf.place(model.name)),
                        "hub": model.hub,
                        "revision": model.revision,
                        "bytes": model.size,
                        "pulled_at": model.pulled_at,
                    }
                    for model in models
                ],
                "unfinished": unfinished,
            }
        )
        return
    if not models and not unfinished:
        terminal.say(
            "还没有下载模型。内置的 idolens-tiny 随时可用。",
            "No model was pulled yet. idolens-tiny, which is built in, is always here.",
        )
        return
    table = Table(box=None, pad_edge=False)
    for zh, en in (("名称", "Name"), ("版本", "Revision"), ("大小", "Size")):
        table.add_column(terminal.word(zh, en))
    table.add_column(terminal.word("状态", "State"))
    for model in models:
        state = terminal.word(f"{model.pulled_at} 下载", f"pulled {model.pulled_at}")
        table.add_row(
            Text(model.name), model.revision[:12], _size(model.size), Text(state)
        )
    for name, size in unfinished.items():
        state = terminal.word("未完成：再次下载即可继续", "unfinished: pull it again")
        table.add_row(Text(name), "", _size(size), Text(state, "yellow"))
    terminal.out.print(table)


@app.command()
def verify(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Every model when left out. · 省略则校验全部。"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every byte against its sha256; needs no network. · 离线校验模型文件。"""
    terminal = context.ensure_object(Terminal)
    shelf = checkpoints.open_shelf(terminal.settings)
    names = [shelf.get(name).name] if name else [one.name for one in shelf.models()]
    found = {one: shelf.verify(one) for one in names}
    if as_json:
        terminal.json(
            {
                one: [{"path": bad.path, "kind": bad.kind} for bad in damage]
                for one, damage in found.items()
            }
        )
    else:
        for one, damage in found.items():
            _say_damage(terminal, one, damage)
    if any(found.values()):
        raise typer.Exit(DAMAGED)


@app.command("rm")
def remove(context: typer.Context, name: Name) -> None:
    """Delete a model, or what came of one. · 删除模型或未完成的下载。"""
    terminal = context.ensure_object(Terminal)
    freed = checkpoints.open_shelf(terminal.settings).remove(name)
    terminal.say(
        f"已删除 {name}，释放 {_size(freed)}。",
        f"{name} is deleted; {_size(freed)} are free again.",
    )


def _say_damage(
    terminal: Terminal, name: str, damage: list[checkpoints.Damage]
) -> None:
    if not damage:
        terminal.out.print(
            Text("✓ ", "green") + terminal.word(f"{name}：完好", f"{name}: whole")
        )
        return
    kinds = {
        "missing": terminal.word("缺失", "missing"),
        "changed": terminal.word("已改变", "changed"),
    }
    for bad in damage:
        terminal.out.print(
            Text("✗ ", "red") + Text(f"{name}: {bad.path} ({kinds[bad.kind]})")
        )
    terminal.say(
        f"请再次运行 idolens models pull {name}：只会下载损坏的文件。",
        f"Run idolens models pull {name} again: only what is damaged is fetched.",
    )


@contextmanager
def _bar(
    terminal: Terminal, name: str
) -> Generator[Callable[[checkpoints.Progress], None]]:
    """Show how far a pull is, on the terminal's error stream."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal.err, transient=True) as bar:
        task = bar.add_task(name, total=None)

        def told(now: checkpoints.Progress) -> None:
            bar.update(task, completed=now.done, total=now.total or None)

        yield told


def _size(size: int) -> str:
    """Write a number of bytes for people."""
    amount, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":  # noqa: PLR2004 - what a KiB is
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
