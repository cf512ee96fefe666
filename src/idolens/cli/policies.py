"""``idolens policies``: the rule books."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.cli.bilingual import examples
from idolens.cli.rules import has_archive, policy_in_force
from idolens.cli.terminal import Terminal
from idolens.review import Policy, load_policy, policy_text, shipped_policies
from idolens.settings import Settings
from idolens.studio import open_studio
from idolens.vlm import lint as lint_prompt
from idolens.vlm.phrasing import language_of

app = typer.Typer(
    help="Show, check and improve the rule books. · 查看、检查、改进审核策略。",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog=examples(
        "idolens policies show livestream-zh > mine.yaml",
        "idolens policies check mine.yaml",
        'idolens policies lint "这图怎么样?"',
    ),
)


@app.command("list")
def list_policies(context: typer.Context) -> None:
    """List the policies in force. · 列出当前生效的审核策略。"""
    terminal = context.ensure_object(Terminal)
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("名称", "Name"),
        ("标题", "Title"),
        ("问题数", "Questions"),
        ("版本", "Version"),
    ):
        table.add_column(terminal.word(zh, en))
    for policy in _in_force(terminal.settings):
        title = Text(policy.title.within(terminal.language))
        table.add_row(policy.name, title, str(len(policy.questions)), policy.version)
    terminal.out.print(table)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            help="A name from `policies list`, or a file. "
            "· `policies list` 中的名称，或文件。",
            metavar="NAME|FILE",
        ),
    ],
) -> None:
    """Print a policy as YAML, to copy and change. · 输出策略（YAML），供复制修改。"""
    settings = context.ensure_object(Terminal).settings
    typer.echo(policy_text(policy_in_force(settings, name)), nl=False)


@app.command()
def check(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="A policy file. · 策略文件。", metavar="FILE")
    ],
) -> None:
    """Find mistakes and vague questions in a policy. · 检查策略中的错误和含糊问题。"""
    terminal = context.ensure_object(Terminal)
    policy = load_policy(str(file))
    terminal.say(
        f"{policy.name} 正确：{len(policy.questions)} 个问题，版本 {policy.version}。",
        f"{policy.name} is fine: {len(policy.questions)} questions, "
        f"version {policy.version}.",
    )
    for entry in policy.questions:
        question = entry.question()
        _advise(terminal, question.instruction)


@app.command()
def lint(
    context: typer.Context,
    prompt: Annotated[
        str,
        typer.Argument(
            help="A question, in quotes. · 一个问题，请加引号。", metavar="QUESTION"
        ),
    ],
) -> None:
    """Say what is vague about a question, and how to put it. · 指出含糊之处和改法。"""
    terminal = context.ensure_object(Terminal)
    if not _advise(terminal, prompt):
        terminal.say("没有发现问题。", "Nothing to improve.")


def _in_force(settings: Settings) -> list[Policy]:
    if not has_archive(settings):
        return shipped_policies()
    with open_studio(settings) as studio:
        return [book.policy() for book in studio.rules.all() if book.active]


def _advise(terminal: Terminal, prompt: str) -> bool:
    advices = lint_prompt(prompt, language_of(prompt))
    for advice in advices:
        terminal.out.print(
            f"{prompt}\n  {advice.why.within(terminal.language)}\n"
            f"  → {advice.instead.within(terminal.language)}",
            markup=False,
        )
    return bool(advices)
