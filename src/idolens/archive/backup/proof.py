"""Proves a backup: every byte of it is what was written, and this idolens knows it."""

from pathlib import Path

from idolens.archive.backup.contents import DATABASE
from idolens.archive.backup.manifest import (
    Manifest,
    damaged,
    digest_of,
    read_manifest,
    read_sums,
)
from idolens.archive.migrate import is_known
from idolens.errors import BackupError


def verify(backup: Path) -> Manifest:
    """Read every byte of a backup; return what it says of itself.

    Raises:
        BackupError: it is damaged, not whole, or of a newer idolens.
    """
    return verified(backup)[0]


def verified(backup: Path) -> tuple[Manifest, dict[str, str]]:
    """Read every byte; return what it says of itself, and the digest of each file.

    Errors are those of `verify`.
    """
    manifest = read_manifest(backup)
    if not is_known(manifest.schema):
        raise BackupError(
            f"{backup} was made by a newer idolens ({manifest.idolens}, schema "
            f"{manifest.schema}): install that version, then restore.",
            f"{backup} 由更新版本的 idolens 生成({manifest.idolens},结构版本 "
            f"{manifest.schema}):请先安装该版本再恢复。",
        )
    sums = read_sums(backup, manifest)
    wrong = [path for path, digest in sums.items() if not _is(backup / path, digest)]
    if wrong or DATABASE not in sums:
        raise damaged(backup, wrong or [DATABASE])
    return manifest, sums


def _is(file: Path, digest: str) -> bool:
    try:
        return not file.is_symlink() and digest_of(file) == digest
    except FileNotFoundError:
        return False
