"""The commands' common root: settings, language, errors and exit codes."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import stamina
import typer
from typer.exceptions import TyperException
from typer.main import get_command

from idolens.cli import (
    accounts,
    alerts,
    analyses,
    asking,
    auditing,
    backups,
    calibrating,
    checking,
    comparing,
    evaluating,
    exporting,
    keeping,
    keys,
    machine,
    models,
    policies,
    reference,
)
from idolens.cli.bilingual import complain, speak
from idolens.cli.terminal import Terminal
from idolens.errors import IdolensError
from idolens.settings import load_settings, wanted_language
from idolens.vocabulary import Language
from idolens.web.crash import described, tell_little

STOPPED = 130

app = typer.Typer(
    name="idolens",
    help="A pair of eyes for a virtual-idol studio. · 虚拟偶像工作室的一双眼睛。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("analyze", epilog=analyses.ANALYZE_EXAMPLES)(analyses.analyze)
app.command("resume", epilog=analyses.RESUME_EXAMPLES)(analyses.resume)
app.command("ask", epilog=asking.EXAMPLES)(asking.ask)
app.command("export", epilog=exporting.EXAMPLES)(exporting.export)
app.add_typer(policies.app, name="policies")
app.add_typer(models.app, name="models")
app.add_typer(alerts.app, name="alerts")
app.command("engines")(machine.engines)
app.command("doctor")(machine.doctor)
app.command("eval", epilog=evaluating.EXAMPLES)(evaluating.evaluate)
app.command("calibrate", epilog=calibrating.EXAMPLES)(calibrating.calibrate)
app.command("compare", epilog=comparing.EXAMPLES)(comparing.compare_engines)
app.add_typer(accounts.app, name="accounts")
app.add_typer(keys.app, name="keys")
app.add_typer(auditing.app, name="audit")
app.command("purge", epilog=keeping.PURGE_EXAMPLES)(keeping.purge)
app.command("forget", epilog=keeping.FORGET_EXAMPLES)(keeping.forget)
app.command("pin", epilog=keeping.PIN_EXAMPLES)(keeping.pin)
app.command(
    "unpin", epilog=keeping.PIN_EXAMPLES.replace("idolens pin", "idolens unpin")
)(keeping.unpin)
app.command("reference", epilog=reference.EXAMPLES)(reference.reference)
app.command("check", epilog=checking.EXAMPLES)(checking.check)
app.command("backup", epilog=backups.BACKUP_EXAMPLES)(backups.backup)
app.command("restore", epilog=backups.RESTORE_EXAMPLES)(backups.restore_backup)
app.command("serve", epilog=machine.SERVE_EXAMPLES)(machine.serve)


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
        typer.Option(
            help="YAML file of settings; see docs/settings.md. "
            "· 设置文件（YAML），见 docs/settings.md。",
            metavar="FILE",
        ),
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
    words = sys.argv[1:] if arguments is None else arguments
    if arguments is None:  # else somebody else's process
        tell_little()
    # Before the settings are read for good: help and complaints do not wait for that.
    language = _language(words)
    terminal.settings = terminal.settings.model_copy(update={"language": language})
    command = get_command(app)
    speak(command, language)
    # Else every try would be told on standard output, where only results belong.
    stamina.instrumentation.set_on_retry_hooks(())
    try:
        sys.exit(command(args=words, obj=terminal, standalone_mode=False))
    except TyperException as error:
        complain(error, language)
        sys.exit(error.exit_code)
    except IdolensError as error:
        terminal.fail(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        terminal.say("已停止。", "Stopped.")
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - the last door: no traceback for a user
        terminal.fail(_mistake(error))
        sys.exit(1)


def _language(words: list[str]) -> Language:
    """Return the language that the settings ask for, if they can be read."""
    given = re.search(r"(?:^|\n)--settings[=\n]([^\n]+)", "\n".join(words))
    return wanted_language(Path(given[1]) if given else None)


def _mistake(error: Exception) -> IdolensError:
    """Say where an error of ours came from; its words may quote a path."""
    where = described(error)
    return IdolensError(
        f"idolens made a mistake; please report this line: {where}",
        f"idolens 自身出错\uff0c请反馈这一行\uff1a{where}",
    )
