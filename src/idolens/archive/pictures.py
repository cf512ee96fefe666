"""The picture store: JPEG files named by what they show.

A picture is known by the digest of its *pixels* (`Picture.sha256`), which is what
frames refer to; the file ``ab/abcd….jpg`` holds a JPEG of it, whose own digest
stands in the table ``picture`` and is checked on every read. The file is complete
on the disk before the row is written, so that a crash leaves at worst a file that
the next `put_all` replaces.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from idolens.archive import schema
from idolens.archive.database import Database, disk_full
from idolens.archive.reserve import Reserve
from idolens.archive.rows import now_ms
from idolens.errors import ArchiveError, NotFoundError
from idolens.vocabulary import Sha256

_AT_ONCE = 500
_DIGEST = re.compile(r"[0-9a-f]{64}")


class PictureStore:
    """Pictures by their digest.

    Args:
        folder: where the files lie.
        database: holds the files' digests.
        reserve: given up when the disk is full.
    """

    def __init__(self, folder: Path, database: Database, reserve: Reserve) -> None:
        self._folder = folder
        self._database = database
        self._reserve = reserve
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, jpeg: bytes, digest: Sha256) -> None:
        """Keep one picture, see `put_all`."""
        self.put_all({digest: jpeg})

    def put_all(self, jpegs: Mapping[Sha256, bytes]) -> None:
        """Keep JPEGs by the digest of their pixels; those there already stay.

        Raises:
            DiskFullError: there is no room; what was kept of them is whole.
        """
        new = {
            digest: jpeg for digest, jpeg in jpegs.items() if not self._sound(digest)
        }
        if not new:
            return
        if not self._reserve.retake():
            raise disk_full(self._folder)
        try:
            for digest, jpeg in new.items():
                _write(self._path(digest), jpeg)
            for folder in {self._path(digest).parent for digest in new}:
                _sync_folder(folder)
        except OSError as error:
            self._refuse(error)
        with self._database.write() as connection:
            for digest, jpeg in new.items():
                row = {
                    "file_sha256": hashlib.sha256(jpeg).hexdigest(),
                    "size": len(jpeg),
                    "at_ms": now_ms(),
                }
                connection.execute(
                    insert(schema.picture)
                    .values(sha256=digest, **row)
                    .on_conflict_do_update(index_elements=["sha256"], set_=row)
                )

    def get(self, digest: Sha256) -> bytes:
        """Return the JPEG of the picture ``digest``.

        Raises:
            NotFoundError: it was never kept, or was deleted.
            ArchiveError: the file was changed or is gone.
        """
        expected = self._file_digest(digest)
        if expected is None:
            raise NotFoundError(
                f"There is no picture {digest}.", f"没有图片 {digest}。"
            )
        try:
            jpeg = self._path(digest).read_bytes()
        except FileNotFoundError:
            jpeg = b""
        if hashlib.sha256(jpeg).hexdigest() != expected:
            raise ArchiveError(
                f"The picture {digest} was damaged outside idolens: "
                "restore it from a backup.",
                f"图片 {digest} 已在 idolens 之外被损坏:请从备份中恢复。",
            )
        return jpeg

    def there(self, digests: Iterable[Sha256]) -> frozenset[Sha256]:
        """Return those of ``digests`` that are kept."""
        wanted, found = sorted(set(digests)), set[Sha256]()
        table = schema.picture
        with self._database.read() as connection:
            for at in range(0, len(wanted), _AT_ONCE):
                some = table.c.sha256.in_(wanted[at : at + _AT_ONCE])
                query = select(table.c.sha256).where(some)
                found.update(map(Sha256, connection.execute(query).scalars()))
        return frozenset(found)

    def remove(self, digest: Sha256) -> None:
        """Delete the picture ``digest``, file first."""
        self._path(digest).unlink(missing_ok=True)
        with self._database.write() as connection:
            connection.execute(
                delete(schema.picture).where(schema.picture.c.sha256 == digest)
            )

    def _sound(self, digest: Sha256) -> bool:
        expected = self._file_digest(digest)
        path = self._path(digest)
        return (
            expected is not None
            and path.exists()
            and hashlib.sha256(path.read_bytes()).hexdigest() == expected
        )

    def _file_digest(self, digest: Sha256) -> str | None:
        with self._database.read() as connection:
            return connection.execute(
                select(schema.picture.c.file_sha256).where(
                    schema.picture.c.sha256 == digest
                )
            ).scalar()

    def _path(self, digest: Sha256) -> Path:
        if not _DIGEST.fullmatch(digest):  # names come from requests, too
            raise NotFoundError(
                f"{digest!r} is no picture's digest.", f"{digest!r} 不是图片的摘要值。"
            )
        return self._folder / digest[:2] / f"{digest}.jpg"

    def _refuse(self, error: OSError) -> NoReturn:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            self._reserve.give_up()
            raise disk_full(self._folder) from error
        raise ArchiveError(
            f"The picture store {self._folder} cannot be written "
            f"({error.strerror}): check its permissions.",
            f"无法写入图片库 {self._folder}({error.strerror}):请检查权限。",
        ) from error


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
