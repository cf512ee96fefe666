"""``idolens check``: whether everything that the database knows is there, and sound."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from idolens.archive.soundness import (
    LOST,
    STRAY,
    Flaw,
    Found,
    look_through,
    set_aside,
)
from idolens.cli.bilingual import examples
from idolens.cli.sizes import size
from idolens.cli.terminal import Terminal
from idolens.vocabulary import Bilingual

EXAMPLES = examples("idolens check", "idolens check --mend")
_SHOWN = 5
_WORDS: dict[Flaw, Bilingual] = {
    Flaw.DATABASE: Bilingual(zh="数据库损坏", en="a database is damaged"),
    Flaw.REFERENCE: Bilingual(
        zh="数据行引用了不存在的行", en="rows refer to rows that are not there"
    ),
    Flaw.AUDIT: Bilingual(
        zh="操作记录从此条起被改动", en="the audit log was changed from this entry on"
    ),
    Flaw.REPORT: Bilingual(
        zh="报告内容与保存时不符", en="reports are not what was kept"
    ),
    Flaw.PICTURE_GONE: Bilingual(zh="图片文件缺失", en="pictures have no file"),
    Flaw.PICTURE_CHANGED: Bilingual(zh="图片文件已损坏", en="pictures are damaged"),
    Flaw.SOURCE_GONE: Bilingual(
        zh="未完成的场次所需的上传文件缺失",
        en="uploads that unfinished sessions need are gone",
    ),
    Flaw.STRAY_PICTURE: Bilingual(
        zh="数据库中没有记录的图片文件", en="picture files that no row knows"
    ),
    Flaw.STRAY_UPLOAD: Bilingual(
        zh="不完整的上传文件夹", en="upload folders that are none"
    ),
    Flaw.UNUSED_UPLOAD: Bilingual(
        zh="没有场次使用的上传文件，到期后自动删除",
        en="uploads that no session uses; they go when their time is over",
    ),
    Flaw.RESTORE_POINT: Bilingual(
        zh="恢复之前的数据，确认无误后请删除",
        en="what was there before a restore; delete it when all is well",
    ),
}


def check(
    context: typer.Context,
    mend: Annotated[
        bool,
        typer.Option(
            "--mend",
            help="Move stray files into the folder quarantine; nothing is deleted. "
            "· 把无主文件移入 quarantine 文件夹；不删除任何内容。",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON. · 输出 JSON。")
    ] = False,
) -> None:
    """Check that no data is lost or damaged, file by file. · 检查数据是否完整。"""
    terminal = context.ensure_object(Terminal)
    found = look_through(terminal.settings)
    if as_json:
        terminal.json(
            [
                {
                    "flaw": one.flaw.value,
                    "what": one.what,
                    "bytes": one.bytes,
                    "lost": one.flaw in LOST,
                }
                for one in found
            ]
        )
    else:
        _show(terminal, found)
    if mend:
        _mend(terminal, found)
    if any(one.flaw in LOST for one in found):
        raise typer.Exit(1)


def _show(terminal: Terminal, found: Sequence[Found]) -> None:
    by_flaw: dict[Flaw, list[Found]] = defaultdict(list)
    for one in found:
        by_flaw[one.flaw].append(one)
    for flaw, group in by_flaw.items():
        mark = Text("✗ ", "red") if flaw in LOST else Text("! ", "yellow")
        taken = sum(one.bytes for one in group)
        line = f"{_WORDS[flaw].within(terminal.language)}: {len(group)}"
        line += f" ({size(taken)})" if taken else ""
        named = [f"    {one.what}" for one in group[:_SHOWN]]
        if len(group) > _SHOWN:
            named.append("    …")
        terminal.out.print(mark + Text("\n".join([line, *named])), soft_wrap=True)
    kinds = Counter(
        "lost" if one.flaw in LOST else "stray" if one.flaw in STRAY else "other"
        for one in found
    )
    if kinds["lost"]:
        terminal.warn(
            "有数据丢失或损坏：请用 `idolens restore` 从备份恢复。",
            "Data is lost or damaged: bring it back from a backup with "
            "`idolens restore`.",
        )
    elif not kinds["stray"]:
        terminal.out.print(
            Text("✓ ", "green")
            + Text(terminal.word("数据完整。", "Everything is there, and sound."))
        )


def _mend(terminal: Terminal, found: Sequence[Found]) -> None:
    folder = set_aside(terminal.settings.home, found)
    if folder is None:
        terminal.say("没有需要移动的文件。", "There is nothing to move.")
        return
    taken = sum(one.bytes for one in found if one.flaw in STRAY)
    terminal.say(
        f"已把无主文件移入 {folder}({size(taken)})；确认不再需要后请删除。",
        f"Moved what is stray to {folder} ({size(taken)}); delete it when nobody "
        "needs it.",
    )
