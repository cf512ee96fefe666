"""Files on their way in: each in a folder of its own, under a name of ours.

What a client has been told it has sent is on the disk: a cut upload goes on where it
stopped, after a restart too. The folder holds `data`, as far as it has come, and
`about.json`; a name that a client gave is never part of a path.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from idolens.archive.disk import Disk, DiskLevel
from idolens.archive.reserve import Reserve
from idolens.archive.rows import now_ms
from idolens.archive.upload_writer import Writer, full, refuse
from idolens.errors import (
    DiskFullError,
    NotFoundError,
    TooLargeError,
    UploadBusyError,
    UploadChangedError,
    UploadGoneError,
)
from idolens.settings import UploadSettings
from idolens.vocabulary import Sha256

_ID = re.compile(r"[0-9a-f]{32}")
_MIB = 2**20
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file on its way in, or there.

    Attributes:
        id: made up here.
        name: what the sender calls it; shown, never opened.
        size: in bytes, as declared.
        received: how many of them are on the disk.
        sha256: of its bytes: as declared, and once it is complete as found.
        complete: all is there, and is what was declared.
        created_at_ms: UTC.
        expires_at_ms: when it may be deleted, unless a session still needs it.
    """

    id: str
    name: str
    size: int
    received: int = 0
    sha256: Sha256 | None = None
    complete: bool = False
    created_at_ms: int
    expires_at_ms: int


class UploadStore:
    """The uploads of one installation; safe in many threads and processes.

    Args:
        folder: where they lie.
        limits: how large, how many, for how long.
        reserve: room that an upload must leave on the disk.
        disk: says from when on no uploads are taken.
    """

    def __init__(
        self, folder: Path, limits: UploadSettings, reserve: Reserve, disk: Disk
    ) -> None:
        self._folder = folder
        self.limits = limits
        self._reserve = reserve
        self._disk = disk

    def create(self, name: str, size: int, sha256: Sha256 | None = None) -> Upload:
        """Make room for a file.

        Raises:
            TooLargeError: it is larger than one upload may be.
            DiskFullError: it does not fit beside the others, or on the disk.
        """
        self._refuse_too_large(size)
        created_at = now_ms()
        upload = Upload(
            id=secrets.token_hex(16),
            name=name,
            size=size,
            sha256=sha256,
            created_at_ms=created_at,
            expires_at_ms=self._expiry(created_at),
        )
        folder = self._folder / upload.id
        try:
            folder.mkdir(parents=True)
            (folder / "data").touch()
            self._save(upload)
        except OSError as error:
            refuse(error)
        return upload

    def get(self, upload_id: str) -> Upload:
        """Return one upload as far as it has come.

        Raises:
            NotFoundError: there is none of this id.
            UploadGoneError: it has expired.
        """
        upload = self._load(upload_id)
        if upload is None:
            raise NotFoundError(
                "There is no such upload: begin a new one.",
                "没有这个上传：请重新上传。",
            )
        if not upload.complete and upload.expires_at_ms <= now_ms():
            raise UploadGoneError(
                "The upload has expired: begin a new one.",
                "该上传已过期：请重新上传。",
            )
        return upload

    def all(self) -> list[Upload]:
        """Return every upload, the newest first."""
        found = (self._load(folder.name) for folder in self._folders())
        return sorted(
            (upload for upload in found if upload is not None),
            key=lambda upload: (upload.created_at_ms, upload.id),
            reverse=True,
        )

    def path(self, upload_id: str) -> Path:
        """Return where the bytes of a known upload lie."""
        return self._folder / upload_id / "data"

    def holding(self, path: str) -> str | None:
        """Return the id of the upload whose bytes lie at ``path``, if one's do."""
        folder = Path(path).parent
        here = folder.parent == self._folder.resolve()
        return folder.name if here and _ID.fullmatch(folder.name) else None

    def writer(self, upload_id: str) -> Writer:
        """Return the one who may add to an upload, until it is closed.

        Raises:
            UploadBusyError: somebody else adds to it.
        """
        upload = self.get(upload_id)
        file = self.path(upload.id).open("r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise UploadBusyError(
                "The upload is being sent already: ask again for its offset.",
                "该文件正在上传中：请稍后重新查询进度。",
            ) from error
        return Writer(file, upload.size, self._disk)

    def finish(self, upload_id: str) -> Upload:
        """Check a file of which all bytes are there; it can be used from now on.

        Raises:
            UploadChangedError: its digest is not the one declared; it is deleted.
        """
        upload = self.get(upload_id)
        with self.path(upload.id).open("rb") as file:
            found = Sha256(hashlib.file_digest(file, "sha256").hexdigest())
        if upload.sha256 not in {None, found}:
            self.remove(upload.id)
            raise UploadChangedError(
                "The file changed on its way (its SHA-256 is another): send it again.",
                "文件在传输中发生了变化(SHA-256 不符)：请重新上传。",
            )
        return self._save(replace(upload, sha256=found, complete=True))

    def finish_whole(self) -> None:
        """Check what is all here and was not checked, for a crash came between."""
        for upload in self.all():
            if not upload.complete and upload.received == upload.size:
                with suppress(UploadChangedError, UploadGoneError, NotFoundError):
                    self.finish(upload.id)

    def settled(self, upload_id: str, name: str, sha256: Sha256 | None) -> Upload:
        """Take what has come as all there is, and check it: now it is known.

        Raises:
            UploadChangedError: its digest is not ``sha256``; it is deleted.
        """
        upload = self.get(upload_id)
        self._save(replace(upload, name=name, size=upload.received, sha256=sha256))
        return self.finish(upload_id)

    def keep(self, upload_id: str) -> None:
        """Begin its time anew: it was used."""
        upload = self.get(upload_id)
        self._save(replace(upload, expires_at_ms=self._expiry(now_ms())))

    def remove(self, upload_id: str) -> None:
        """Delete an upload."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder / self._known(upload_id))

    def expired(self, needed: Collection[str]) -> list[Upload]:
        """Return what has expired, but for the files that are ``needed`` still."""
        now = now_ms()
        return [
            upload
            for upload in self.all()
            if upload.expires_at_ms <= now
            and str(self.path(upload.id).resolve()) not in needed
        ]

    def sweep(self, needed: Collection[str]) -> None:
        """Delete what has expired, but for the files that are ``needed`` still."""
        for upload in self.expired(needed):
            self.remove(upload.id)
        for folder in self._folders():  # a crash while it was begun left it so
            whole = (folder / "about.json").exists()
            if not whole and folder.stat().st_mtime * 1000 < now_ms() - _HOUR_MS:
                self.remove(folder.name)

    def _folders(self) -> list[Path]:
        return [path for path in self._folder.glob("*") if _ID.fullmatch(path.name)]

    def _refuse_too_large(self, size: int) -> None:
        if size > self.limits.largest_bytes:
            most = f"{self.limits.largest_bytes / 1e9:g} GB"
            raise TooLargeError(
                f"One upload may have {most} at most (setting uploads.largest_bytes).",
                f"单个文件不能超过 {most}(设置项 uploads.largest_bytes)。",
            )
        taken = sum(upload.size for upload in self.all())
        if taken + size > self.limits.together_bytes:
            raise DiskFullError(
                "The uploads together take all the room they may "
                "(setting uploads.together_bytes): delete some first.",
                "上传文件已占满配额(设置项 uploads.together_bytes)：请先删除一些。",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        owed = sum(upload.size - upload.received for upload in self.all())
        free = shutil.disk_usage(self._folder).free
        if not self._reserve.held or free < owed + size + _MIB:
            raise full()
        if self._disk.level >= DiskLevel.NO_UPLOADS:
            raise full()

    def _expiry(self, from_ms: int) -> int:
        return from_ms + round(self.limits.keep_hours * _HOUR_MS)

    def _known(self, upload_id: str) -> str:
        if not _ID.fullmatch(upload_id):
            raise NotFoundError(
                "There is no such upload: begin a new one.",
                "没有这个上传：请重新上传。",
            )
        return upload_id

    def _load(self, upload_id: str) -> Upload | None:
        folder = self._folder / self._known(upload_id)
        try:
            about = json.loads((folder / "about.json").read_bytes())
            received = (folder / "data").stat().st_size
        except FileNotFoundError:
            return None
        return Upload(**about, received=received)

    def _save(self, upload: Upload) -> Upload:
        folder = self._folder / upload.id
        about = asdict(upload)
        del about["received"]
        draft = folder / f"about.{secrets.token_hex(4)}"
        with draft.open("x") as file:
            json.dump(about, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / "about.json")
        return upload
