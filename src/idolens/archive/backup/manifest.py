"""What a backup says of itself: what it is of, and a digest of every file in it.

The digests stand in a file as ``sha256sum`` writes it, so that a backup can be proven
whole on a machine that has no idolens.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError

from idolens.errors import BackupError

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
FORMAT: Final = 1
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is of.

    Attributes:
        format: of the backup itself.
        made_at: UTC, ISO 8601.
        idolens: the version that made it.
        schema: revision of its database.
        home: the data folder that it is of.
        counts: rows of the larger tables.
        files: how many it has beside this one and the digests.
        bytes: what they take.
        uploads: whether uploaded recordings are in it.
        lacking: pictures that were missing or damaged when it was made.
        sums_sha256: digest of the file of digests.
    """

    format: int = FORMAT
    made_at: str
    idolens: str
    schema: str
    home: str
    counts: Mapping[str, int]
    files: int
    bytes: int
    uploads: bool
    lacking: tuple[str, ...]
    sums_sha256: str


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the last file of a backup."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n"
    write_private(folder / MANIFEST, text.encode())


def read_manifest(folder: Path) -> Manifest:
    """Return what the backup in ``folder`` says of itself.

    Raises:
        BackupError: there is none, or it is not whole.
    """
    try:
        values = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise _no_backup(folder) from error
    if isinstance(values, dict) and cast("dict[str, Any]", values).get(
        "format"
    ) not in {
        None,
        FORMAT,
    }:
        raise BackupError(
            f"{folder} was made by a newer idolens: restore it with that one.",
            f"{folder} 由更新版本的 idolens 生成:请用该版本恢复。",
        )
    try:
        return TypeAdapter(Manifest).validate_python(values)
    except ValidationError as error:
        raise _no_backup(folder) from error


def write_sums(folder: Path, sums: Mapping[str, str]) -> str:
    """Write the digests of all files; return the digest of what was written."""
    text = "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))
    write_private(folder / SUMS, text.encode())
    return hashlib.sha256(text.encode()).hexdigest()


def read_sums(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return the digest of every file by its path.

    Raises:
        BackupError: the list is not the one that was written.
    """
    try:
        content = (folder / SUMS).read_bytes()
    except OSError as error:
        raise _no_backup(folder) from error
    if hashlib.sha256(content).hexdigest() != manifest.sums_sha256:
        raise damaged(folder, [SUMS])
    found: dict[str, str] = {}
    for line in content.decode().splitlines():
        match = _LINE.fullmatch(line)
        if match is None or not _within(match[2]):
            raise damaged(folder, [SUMS])
        found[match[2]] = match[1]
    return found


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def damaged(folder: Path, paths: list[str]) -> BackupError:
    """Return the error that says which files of a backup are not as they were."""
    named = ", ".join(paths[:3]) + (", …" if len(paths) > 3 else "")  # noqa: PLR2004
    return BackupError(
        f"The backup {folder} is damaged ({len(paths)} files, such as {named}); "
        "nothing was changed: take another one.",
        f"备份 {folder} 已损坏({len(paths)} 个文件,如 {named}),未作任何更改:"
        "请换用其他备份。",
    )


def write_private(file: Path, content: bytes) -> None:
    """Write a new file that nobody else may read, and see it onto the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """See the names in ``folder`` onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _within(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts


def _no_backup(folder: Path) -> BackupError:
    return BackupError(
        f"{folder} is no backup of idolens, or not a whole one: name a folder that "
        "`idolens backup` made.",
        f"{folder} 不是 idolens 的完整备份:请指定由 `idolens backup` 生成的文件夹。",
    )
