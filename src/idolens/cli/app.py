"""The commands' common root: settings, language, errors and exit codes."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import stamina
import typer

from idolens.cli import analyses, asking, evaluating, machine, models, policies
from idolens.cli.terminal import Terminal
from idolens.errors import IdolensError
from idolens.settings import load_settings
from idolens.web.records import frames_of

STOPPED = 130

app = typer.Typer(
    name="idolens",
    help="A pair of eyes for a virtual-idol studio. · 虚拟偶像工作室的一双眼睛。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("analyze")(analyses.analyze)
app.command("resume")(analyses.resume)
app.command("ask")(asking.ask)
app.add_typer(policies.app, name="policies")
app.add_typer(models.app, name="models")
app.command("engines")(machine.engines)
app.command("doctor")(machine.doctor)
app.command("eval")(evaluating.evaluate)
app.command("serve")(machine.serve)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it
    if not wanted:
        return
    try:
        typer.echo(f"idolens {version('idolens')}")
    except PackageNotFoundError:
        typer.echo("idolens (not installed)")
    raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    settings: Annotated[
        Path | None,
        typer.Option(help="YAML file of settings. · 设置文件(YAML)。"),
    ] = None,
    show_version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version. · 显示版本。",
        ),
    ] = False,
) -> None:
    """Read the settings before any command."""
    context.ensure_object(Terminal).settings = load_settings(settings)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    terminal = Terminal()
    # Else every try would be told on standard output, where only results belong.
    stamina.instrumentation.set_on_retry_hooks(())
    try:
        app(args=arguments, obj=terminal)
    except IdolensError as error:
        terminal.fail(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        terminal.say("已停止。", "Stopped.")
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - the last door: no traceback for a user
        terminal.fail(_mistake(error))
        sys.exit(1)


def _mistake(error: Exception) -> IdolensError:
    """Say where an error of ours came from; its words may quote a path."""
    where = f"{type(error).__name__}: {' < '.join(reversed(frames_of(error)))}"
    return IdolensError(
        f"idolens made a mistake; please report this line: {where}",
        f"idolens 自身出错\uff0c请反馈这一行\uff1a{where}",
    )
