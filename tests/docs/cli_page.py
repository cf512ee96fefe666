"""docs/cli.md, from the commands as Typer knows them."""

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from idolens.cli import app
from tests.docs.markdown import cell

HEAD = """\
# Command line · 命令行

Every command works as `idolens …` inside the environment, and as `./start.sh …` from a
clone. Results go to standard output, everything said by the way to standard error.

每条命令都可以写成 `idolens …`(在 Python 环境内)或 `./start.sh …`(在项目文件夹内)。\
结果写入标准输出,其他信息写入标准错误。

Messages and `--help` come in the language of the setting `language`
(`IDOLENS_LANGUAGE=en`); see [settings.md](settings.md).

信息和 `--help` 的语言由设置项 `language` 决定(`IDOLENS_LANGUAGE=en`),\
见 [settings.md](settings.md)。

| exit code | meaning | 含义 |
|---|---|---|
"""
EXIT_CODES = (
    (0, "done", "完成"),
    (
        1,
        (
            "a fault that is not the input's; `doctor` found something to mend, "
            "`check` something lost"
        ),
        "出错,但不是输入的问题;或 `doctor` 发现需要修复的项目、`check` 发现数据丢失",
    ),
    (
        2,
        "bad input: a path, an option, a policy, a setting",
        "输入有误:路径、选项、审核策略或设置",
    ),
    (
        3,
        "a report suggests what `--fail-on` names, or worse",
        "报告的处置建议达到 `--fail-on` 指定的级别",
    ),
    (
        130,
        "stopped with Ctrl-C; `idolens resume` goes on",
        "用 Ctrl-C 停止;可用 `idolens resume` 继续",
    ),
)

_NOTE = re.compile(r"(.*?)\s*(?:\[([^\]]*)\])?", re.DOTALL)


def page() -> str:
    """Return the page."""
    root = get_command(app)
    context = root.context_class(root, info_name="idolens")
    codes = "".join(f"| {code} | {en} | {zh} |\n" for code, en, zh in EXIT_CODES)
    parts = [HEAD + codes, _section("Before any command · 所有命令之前", root, context)]
    parts += [
        _section(f"`{' '.join(path)}`", command, inner)
        for path, command, inner in commands(root, context)
    ]
    return "\n".join(parts)


def commands(group: Any, context: Any) -> Iterator[tuple[list[str], Any, Any]]:
    """Yield every command below ``group``: its path, itself, a context for it."""
    for name, command in group.commands.items():
        inner = command.context_class(command, info_name=name, parent=context)
        if hasattr(command, "commands"):
            yield from commands(command, inner)
        else:
            yield inner.command_path.split(), command, inner


def _section(title: str, command: Any, context: Any) -> str:
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## {title}", ""]
    if not hasattr(command, "commands"):
        lines += [" · ".join(_halves(command.help)).removesuffix(" · "), ""]
    lines += ["```", f"{context.command_path} {usage}", "```", ""]
    rows = [
        record
        for parameter in command.params
        if (record := parameter.get_help_record(context))
    ]
    if rows:
        lines += ["| argument, option | meaning | 含义 |", "|---|---|---|"]
        lines += [_row(names, text) for names, text in rows]
        lines.append("")
    if command.epilog:
        _, _, typed = command.epilog.partition("\b\n")
        lines += ["```sh", typed, "```", ""]
    return "\n".join(lines)


def _row(names: str, text: str) -> str:
    bare, note = _NOTE.fullmatch(text).groups()
    # The usage line says what is required: {so}, and what is not: [so].
    more = f" `{note}`" if note and note != "required" else ""
    english, chinese = (half + more for half in _halves(bare))
    return f"| `{cell(names)}` | {cell(english)} | {cell(chinese)} |"


def _halves(text: str) -> tuple[str, str]:
    english, _, chinese = text.partition(" · ")
    return english.strip(), chinese.strip()
