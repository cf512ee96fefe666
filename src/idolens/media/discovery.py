"""From what the caller names (files, folders, zips) to recordings and pictures."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from idolens.errors import BadInputError, UnsupportedMediaError
from idolens.media.decoder import open_regular
from idolens.media.kinds import (
    HEAD_BYTES,
    KINDS_EN,
    KINDS_ZH,
    Kind,
    kind_by_name,
    sniff,
)
from idolens.media.unpacking import is_zip, unpack
from idolens.settings import DecodeSettings

_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to look at.

    Attributes:
        path: where it lies.
        name: what the caller calls it: its name, in its folder or zip.
        kind: recording or picture.
    """

    path: Path
    name: str
    kind: Kind


def discover(
    paths: Sequence[Path], unpack_into: Path, limits: DecodeSettings
) -> list[Source]:
    """Find the recordings and pictures that ``paths`` name, sorted by name.

    Folders are searched to the bottom; links in them are not followed. In folders and
    zips only files whose names end like ours count.

    Args:
        paths: files, folders and zips.
        unpack_into: folder for what zips hold; made when needed.
        limits: of zips.

    Raises:
        BadInputError: a path is missing, or they hold nothing to look at.
        MediaError: a named file is none of ours, or a zip is unsafe.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        for source in _sources(path, unpack_into, limits):
            found.setdefault(source.path.resolve(), source)
    if not found:
        raise BadInputError(
            f"There is nothing to look at; give recordings or pictures: {KINDS_EN}.",
            f"没有找到可以分析的文件,请提供录像或图片:{KINDS_ZH}。",
        )
    return sorted(found.values(), key=_order)


def _sources(path: Path, unpack_into: Path, limits: DecodeSettings) -> Iterator[Source]:
    if path.is_dir():
        for member in _walk(path):
            name = member.relative_to(path).as_posix()
            yield from _member(member, name, unpack_into, limits)
        return
    if not path.exists():
        raise BadInputError(
            f"There is no file or folder {path}; check the path.",
            f"找不到文件或文件夹 {path},请检查路径。",
        )
    head = _head(path)
    if is_zip(head):
        yield from _unpacked(path, unpack_into, limits)
    else:
        yield Source(path, path.name, sniff(head, path.name).kind)


def _member(
    path: Path, name: str, unpack_into: Path, limits: DecodeSettings
) -> Iterator[Source]:
    kind = kind_by_name(name)
    if kind == "zip":
        yield from _unpacked(path, unpack_into, limits)
    elif kind is not None:
        yield Source(path, name, _kind(path, kind))


def _unpacked(path: Path, into: Path, limits: DecodeSettings) -> Iterator[Source]:
    for name, file in unpack(path, into, limits):
        kind = kind_by_name(name)
        if kind is not None and kind != "zip":
            yield Source(file, name, _kind(file, kind))


def _kind(path: Path, by_name: Kind) -> Kind:
    """Go by the signature; among others a broken file is reported, not refused."""
    try:
        return sniff(_head(path), path.name).kind
    except UnsupportedMediaError:
        return by_name


def _walk(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(above, name)
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                yield path


def _head(path: Path) -> bytes:
    with open_regular(path) as fd:
        return os.pread(fd, HEAD_BYTES, 0)


def _order(source: Source) -> tuple[list[tuple[int, str]], str, str]:
    """Sort as people count: picture2 before picture10."""
    parts = _DIGITS.split(source.name.casefold())
    key = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return key, source.name, str(source.path)
