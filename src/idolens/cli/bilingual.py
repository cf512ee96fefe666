"""The command line's help, and complaints about what was typed, in one language.

Every help text is written as ``English · 中文``, which docs/cli.md shows whole; a
terminal shows the half that the studio reads. What Typer itself says about a wrong
option is English, so its few sentences are put into Chinese here.
"""

import re
import sys
from typing import Any

from idolens.vocabulary import Language

_BETWEEN = " · "
_HELP = "Show this help. · 显示帮助。"
_EXAMPLES = "Examples: · 示例："

_COMPLAINTS = (
    (r"Missing argument '(.+?)'\.?.*", "缺少参数 {0}。"),
    (r"Missing command\.", "缺少命令。"),
    (
        r"No such command '(.+?)'\. Did you mean '(.+)'\?",
        "没有命令 {0}。是不是想写 {1}？",
    ),
    (r"No such command '(.+)'\.", "没有命令 {0}。"),
    (
        r"No such option: (\S+) \(Possible options: (.+)\)",
        "没有选项 {0}。是不是想写 {1}？",
    ),
    (r"No such option: (\S+)", "没有选项 {0}。"),
    (r"Option '(.+?)' requires .+", "选项 {0} 后面缺少值。"),
    (r"Option '(.+?)' does not take a value\.", "选项 {0} 后面不带值。"),
    (r"Got unexpected extra argument.*? \((.+)\)", "多余的参数：{0}。"),
    (
        r"Invalid value for '(.+?)': .*?'(.+)' is not one of (.+)\.",
        "{0} 的值不能是 {1}，应为 {2} 之一。",
    ),
    (r"Invalid value for '(.+?)': .+ valid (?:integer|number).*", "{0} 的值应为数字。"),
    (
        r"Invalid value for '(.+?)': .+ (?:less|greater) than or equal to (\S+)",
        "{0} 的值超出范围，界限为 {1}。",
    ),
    (r"Invalid value for '(.+?)': (.+)", "{0} 的值有误：{1}"),
)


def examples(*lines: str) -> str:
    """Return command lines to be shown below a command's help."""
    # After a \b the help's writer leaves lines as they are.
    return "\n".join((_EXAMPLES, "", "\b", *lines))


def half(text: str, language: Language) -> str:
    """Return the half of ``English · 中文`` that is in ``language``."""
    english, _, chinese = text.partition(_BETWEEN)
    return chinese if language == "zh" and chinese else english


def speak(command: Any, language: Language) -> None:
    """Let the help of ``command``, and of those below it, be in ``language``."""
    if command.help:
        command.help = command.short_help = half(command.help, language)
    if command.epilog:
        title, line, rest = command.epilog.partition("\n")
        command.epilog = half(title, language) + line + rest
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = half(parameter.help, language)
    option = command.get_help_option(command.context_class(command))
    option.help = half(_HELP, language)
    for inner in getattr(command, "commands", {}).values():
        speak(inner, language)


def complain(error: Any, language: Language) -> None:
    """Say what was wrong about the words that were typed."""
    said = in_chinese(error.format_message()) if language == "zh" else None
    if said is None:
        error.show()
        return
    context = getattr(error, "ctx", None)
    if context is not None:
        usage = context.get_usage().removeprefix("Usage: ")
        sys.stderr.write(f"用法：{usage}\n帮助：{context.command_path} --help\n\n")
    sys.stderr.write(f"错误：{said}\n")


def in_chinese(message: str) -> str | None:
    """Return what Typer says in ``message``, in Chinese, if that is known."""
    for pattern, chinese in _COMPLAINTS:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match:
            return chinese.format(*match.groups())
    return None
