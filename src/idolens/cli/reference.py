"""``idolens reference``: find in the log what may not stand in it."""

from typing import Annotated

import typer

from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.errors import ArchiveError
from idolens.web.references import References

EXAMPLES = examples(
    'idolens reference "festival night 3.mp4"',
    "grep $(idolens reference 20261123-090000-abcdef) logs/idolens.log",
)


def reference(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            help="A file's name, an id, a question, as it was sent. "
            "· 发送时的文件名、编号或问题原文。",
        ),
    ],
) -> None:
    """Say what stands in the log for a name or a question. · 显示日志中的代号。"""
    terminal = context.ensure_object(Terminal)
    try:
        references = References(terminal.settings.home)
    except OSError as error:
        raise ArchiveError(
            f"The key of the log in {terminal.settings.home} cannot be read"
            f" ({error.strerror}): run this as the user who runs the service.",
            f"无法读取 {terminal.settings.home} 中的日志密钥({error.strerror}):"
            "请以运行服务的用户身份执行。",
        ) from error
    for word in words:
        terminal.out.print(references.of(word), markup=False)
