"""``idolens backup`` and ``idolens restore``: copies of the data folder, and back."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.archive import open_archive
from idolens.archive.audit import Deed
from idolens.archive.backup import (
    Manifest,
    Restored,
    backups_in,
    prune,
    restore,
    take_backup,
    undo,
    verify,
)
from idolens.cli.bilingual import examples
from idolens.cli.sizes import size
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError
from idolens.settings import Settings
from idolens.web.app import own_version

BACKUP_EXAMPLES = examples(
    "idolens backup /mnt/nas/idolens", "idolens backup --list /mnt/nas/idolens"
)
RESTORE_EXAMPLES = examples(
    "idolens restore --dry-run /mnt/nas/idolens/idolens-20261123T040000Z",
    "idolens restore /mnt/nas/idolens/idolens-20261123T040000Z",
    "idolens restore --undo",
)


def backup(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(
            help="Folder that backups are kept in; without it, that of the setting "
            "backup.folder. · 存放备份的文件夹；省略时取设置 backup.folder。",
            metavar="FOLDER",
        ),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option("--list", help="Only show which there are. · 只列出已有的备份。"),
    ] = False,
) -> None:
    """Copy all data to a folder, while the service runs. · 备份数据，不必停止服务。"""
    terminal = context.ensure_object(Terminal)
    settings = terminal.settings
    folder = target or settings.backup.folder
    if folder is None:
        raise BadInputError(
            "Name the folder to back up to, or set backup.folder.",
            "请写明备份文件夹，或填写设置 backup.folder。",
        )
    if listed:
        _list(terminal, folder)
        return
    with open_archive(settings) as archive:
        made = take_backup(
            settings.home,
            folder,
            version=own_version(),
            uploads=settings.backup.uploads,
        )
        if target is None:
            prune(settings.home, folder, settings.backup.keep)
        # First said, then noted: a full disk may have no room for that.
        _say_made(terminal, settings, made.folder, made.manifest)
        archive.audit.record("terminal", Deed.BACKED_UP, made.folder.name)


def restore_backup(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(
            help="The backup: a folder that `backup` made. "
            "· 备份：由 `backup` 生成的文件夹。",
            metavar="BACKUP",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Read all of the backup and say whether it is whole; change nothing. "
            "· 只检查备份是否完整，不作更改。",
        ),
    ] = False,
    back: Annotated[
        bool,
        typer.Option(
            "--undo",
            help="Have again what was there before the last restore. "
            "· 撤销上一次恢复，回到之前的数据。",
        ),
    ] = False,
) -> None:
    """Put a backup in the place of the data; stop the service first. · 恢复备份。"""
    terminal = context.ensure_object(Terminal)
    home = terminal.settings.home
    if (source is None) is not back:
        raise BadInputError(
            "Name one backup, or --undo.", "请写明一个备份，或使用 --undo。"
        )
    if source is None:
        came_from = undo(home)
        terminal.say(
            f"已撤销恢复({came_from})，数据与恢复之前相同。",
            f"Undone ({came_from}): the data is as it was before the restore.",
        )
        _note(terminal.settings, f"undo of {came_from}")
        return
    if dry_run:
        _say_whole(terminal, verify(source))
        return
    terminal.say("正在检查并复制备份…", "Checking and copying the backup …")
    done = restore(source, home)
    _say_restored(terminal, done)
    _note(terminal.settings, source.resolve().name)


def _note(settings: Settings, what: str) -> None:
    with open_archive(settings) as archive:
        archive.audit.record("terminal", Deed.RESTORED, what)


def _list(terminal: Terminal, folder: Path) -> None:
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("备份", "Backup"),
        ("版本", "Version"),
        ("场次", "Sessions"),
        ("文件", "Files"),
        ("大小", "Size"),
        ("数据文件夹", "Of"),
    ):
        table.add_column(terminal.word(zh, en))
    for one in backups_in(folder):
        about = one.manifest
        table.add_row(
            one.folder.name,
            about.idolens,
            str(about.counts["session"]),
            str(about.files),
            size(about.bytes),
            Text(about.home),
        )
    terminal.out.print(table)


def _say_made(
    terminal: Terminal, settings: Settings, folder: Path, manifest: Manifest
) -> None:
    typer.echo(str(folder))
    sessions, taken = manifest.counts["session"], size(manifest.bytes)
    terminal.say(
        f"备份完成：{sessions} 个场次，{manifest.files} 个文件，{taken}。"
        "备份中含有帐号与密钥的摘要和图片，请像数据本身一样保管；"
        "设置文件(其中有机器人地址和密码)不在备份中。",
        f"Backed up: {sessions} sessions, {manifest.files} files, {taken}. It holds "
        "pictures and hashes of passwords and keys: guard it like the data. Settings "
        "files, with the secrets of your bots, are not in it.",
    )
    if manifest.lacking:
        terminal.warn(
            f"有 {len(manifest.lacking)} 张图片原本就缺失或损坏，未能备份："
            "请运行 `idolens check`。",
            f"{len(manifest.lacking)} pictures were missing or damaged before, and are "
            "not in it: run `idolens check`.",
        )
    if folder.stat().st_dev == settings.home.stat().st_dev:
        terminal.say(
            "备份与数据在同一磁盘上：磁盘损坏时两者都会丢失，请另存一份到别处。",
            "The backup is on the same disk as the data, and would be lost with it: "
            "keep another copy elsewhere.",
        )


def _say_whole(terminal: Terminal, manifest: Manifest) -> None:
    terminal.say(
        f"备份完整，可以恢复：{manifest.made_at}，{manifest.counts['session']} 个场次，"
        f"{manifest.files} 个文件，{size(manifest.bytes)}。",
        f"The backup is whole and can be restored: {manifest.made_at}, "
        f"{manifest.counts['session']} sessions, {manifest.files} files, "
        f"{size(manifest.bytes)}.",
    )


def _say_restored(terminal: Terminal, done: Restored) -> None:
    taken = sum(file.stat().st_size for file in done.point.rglob("*") if file.is_file())
    terminal.say(
        f"已恢复 {done.manifest.made_at} 的备份。恢复之前的数据在 {done.point}"
        f"({size(taken)})：可用 `idolens restore --undo` 撤销，确认无误后请删除。",
        f"Restored the backup of {done.manifest.made_at}. What was there before lies "
        f"in {done.point} ({size(taken)}): `idolens restore --undo` brings it back; "
        "delete it when all is well.",
    )
    terminal.say(
        "所有人都需要重新登录。", "Everybody has been signed out and signs in again."
    )
    if done.revived is None:
        terminal.warn(
            "无法得知备份之后删除了哪些场次、吊销了哪些密钥：它们可能又生效了，请检查。",
            "What was forgotten, revoked or disabled since the backup may be there "
            "again, and could not be compared: check it.",
        )
    elif done.revived.any:
        _say_revived(terminal, done)


def _say_revived(terminal: Terminal, done: Restored) -> None:
    if done.revived is None:
        return
    for names, zh, en in (
        (done.revived.sessions, "已删除的场次又出现了", "sessions that were forgotten"),
        (done.revived.keys, "已吊销的密钥又生效了", "keys that were revoked"),
        (done.revived.accounts, "已停用的帐号又生效了", "accounts that were disabled"),
    ):
        if names:
            shown = ", ".join(sorted(names))
            terminal.warn(
                f"{zh}：{shown}。请再次处理。",
                f"There are again {en} since the backup; end them again: {shown}",
            )
