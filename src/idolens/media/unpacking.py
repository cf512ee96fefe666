"""Unpacks a zip that others made: our names, within limits, or not at all.

What a member is called is only remembered; on the disk it gets a number. A zip with
one member that only an attacker (or an accident) makes is refused as a whole.
"""

import errno
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from idolens.errors import DiskFullError, MediaError, TooLargeError
from idolens.media.decoder import open_regular
from idolens.media.kinds import kind_by_name
from idolens.settings import DecodeSettings

_SIGNATURE: Final = b"PK\x03\x04"
_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x06"
_IN_64: Final = 0xFFFF_FFFF
_TAIL: Final = 1 << 17
_ENTRY_BYTES: Final = 1024
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_BLOCK: Final = 1 << 20
_SMALL: Final = 1 << 20
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True, slots=True)
class _Member:
    """A file in the zip, and the name we know it by."""

    info: zipfile.ZipInfo
    name: str


def is_zip(head: bytes) -> bool:
    """Tell a zip by its first bytes."""
    return head.startswith(_SIGNATURE)


def unpack(path: Path, into: Path, limits: DecodeSettings) -> list[tuple[str, Path]]:
    """Unpack the recordings and pictures of a zip.

    Args:
        path: the zip.
        into: folder to write to; each zip gets a new folder below it.
        limits: of members, bytes and expansion.

    Returns:
        Each file's name in the zip, and where it lies now.

    Raises:
        MediaError: it is damaged, encrypted, or has a name that leads elsewhere.
        TooLargeError: it is over a limit.
        DiskFullError: there is no room for its files.
    """
    into.mkdir(parents=True, exist_ok=True)
    folder = into / f"{len(list(into.iterdir())):04d}"
    folder.mkdir()
    try:
        with open_regular(path) as fd, open(fd, "rb", closefd=False) as file:
            return list(_unpack(file, path.name, folder, limits))
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise _disk_full(path.name) from error
        raise


def _unpack(
    file: IO[bytes], archive: str, folder: Path, limits: DecodeSettings
) -> Iterator[tuple[str, Path]]:
    _check_directory(file, archive, limits)
    try:
        with zipfile.ZipFile(file) as opened:
            members = _members(opened, archive, limits)
            left = limits.archive_bytes
            for number, member in enumerate(members):
                suffix = PurePosixPath(member.name).suffix.lower()
                target = folder / f"{number:05d}{suffix}"
                left -= _write(opened, member, target, left)
                yield member.name, target
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise MediaError(
            f"The zip {archive} is damaged; pack it again.",
            f"压缩包 {archive} 已损坏,请重新打包。",
        ) from error


def _check_directory(file: IO[bytes], archive: str, limits: DecodeSettings) -> None:
    """Refuse a list of contents that would not fit into memory, before it is read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    stated = 0
    for mark, at, width in ((_END, 12, 4), (_END_64, 40, 8)):
        place = tail.rfind(mark)
        if place >= 0:
            value = int.from_bytes(tail[place + at : place + at + width], "little")
            stated = max(stated, 0 if value == _IN_64 else value)
    if stated > limits.archive_entries * _ENTRY_BYTES:
        raise _too_many(archive, limits)


def _members(
    opened: zipfile.ZipFile, archive: str, limits: DecodeSettings
) -> list[_Member]:
    """Check all members, and return those to unpack."""
    infos = opened.infolist()
    if len(infos) > limits.archive_entries:
        raise _too_many(archive, limits)
    members: list[_Member] = []
    seen: set[str] = set()
    total = 0
    for info in infos:
        name = _name(info)
        _check_name(info, name, archive)
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            raise _unsafe(archive, name, "is there twice", "重复出现")
        seen.add(key)
        total += info.file_size
        if not info.is_dir() and _wanted(name):
            _check_size(info, name, archive, limits)
            members.append(_Member(info, name))
    if total > limits.archive_bytes:
        raise _too_large(archive, limits)
    return members


def _name(info: zipfile.ZipInfo) -> str:
    """Read a name; what Windows packs in China is GB 18030 without saying so."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not hidden and kind_by_name(name) in {"recording", "picture"}


def _check_name(info: zipfile.ZipInfo, name: str, archive: str) -> None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or name[1:2] == ":":
        raise _unsafe(archive, name, "leads out of it", "指向压缩包之外")
    if not name or any(not letter.isprintable() for letter in name):
        raise _unsafe(archive, name, "is no proper name", "文件名不合法")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _unsafe(archive, name, "is a link or a device", "是链接或设备")


def _check_size(
    info: zipfile.ZipInfo, name: str, archive: str, limits: DecodeSettings
) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise _unsafe(archive, name, "is encrypted", "已加密")
    if info.compress_type not in _METHODS:
        raise _unsafe(archive, name, "is packed in a rare way", "压缩方式不受支持")
    most = max(_SMALL, info.compress_size * limits.archive_ratio)
    if info.file_size > most:
        raise _too_large(archive, limits)


def _write(opened: zipfile.ZipFile, member: _Member, target: Path, left: int) -> int:
    """Write one member, of at most the stated size; return its bytes."""
    most = min(left, member.info.file_size)
    written = 0
    with opened.open(member.info) as packed, target.open("xb") as out:
        while block := packed.read(_BLOCK):
            written += len(block)
            if written > most:
                raise zipfile.BadZipFile
            out.write(block)
    return written


def _unsafe(archive: str, name: str, en: str, zh: str) -> MediaError:
    shown = ascii(name)
    return MediaError(
        f"In the zip {archive}, {shown} {en}; pack it again without it.",
        f"压缩包 {archive} 中的 {shown} {zh},请去掉后重新打包。",
    )


def _too_many(archive: str, limits: DecodeSettings) -> TooLargeError:
    return TooLargeError(
        f"The zip {archive} holds more than {limits.archive_entries} files; split it.",
        f"压缩包 {archive} 中的文件超过 {limits.archive_entries} 个,请拆分。",
    )


def _too_large(archive: str, limits: DecodeSettings) -> TooLargeError:
    return TooLargeError(
        f"The zip {archive} unfolds to too much (over {limits.archive_bytes} bytes, or"
        f" {limits.archive_ratio:g} times its size); split it, or give the files.",
        f"压缩包 {archive} 解压后过大(超过 {limits.archive_bytes} 字节或 "
        f"{limits.archive_ratio:g} 倍),请拆分或直接提供文件。",
    )


def _disk_full(archive: str) -> DiskFullError:
    return DiskFullError(
        f"There is no room on the disk to unpack {archive}; make room and try again.",
        f"磁盘空间不足,无法解压 {archive},请清理后重试。",
    )
