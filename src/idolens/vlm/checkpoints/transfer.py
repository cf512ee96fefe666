"""Brings one file here: goes on where it stopped, and keeps only true bytes.

The bytes gather in ``NAME.part`` beside the target. A transfer that breaks off
leaves them there; the next one asks for the rest. Only a file whose digest is what
the hub promised is given its name.
"""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import httpx2
import stamina

from idolens.errors import DiskFullError, HubBusyError, HubError, IdolensError
from idolens.vlm.checkpoints.hub import RemoteFile
from idolens.vlm.checkpoints.replies import (
    MOST_WAIT_S,
    refusal,
    unheard,
)
from idolens.vocabulary import Sha256

PART = ".part"
CHUNK = 1 << 20
ATTEMPTS = 6
"""Tries without a single new byte before a transfer gives up."""
FIRST_WAIT_S = 1.0
SILENCE_S = 30.0
"""A hub that sends nothing for so long has hung up."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class StoppedError(HubBusyError):
    """Whoever asked for the file wants it no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How files are brought here.

    Attributes:
        client: keeps the connections; follows redirects.
        headers: of every request, the token among them.
        on_bytes: is told how many bytes have come (negative: were thrown away).
        stopped: says whether to give up now.
    """

    client: httpx2.Client
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    on_bytes: Callable[[int], None]
    stopped: Callable[[], bool]

    def fetch(self, file: RemoteFile, target: Path) -> Sha256:
        """Bring ``file`` to ``target``.

        Returns:
            The sha256 of the bytes that arrived.

        Raises:
            HubBusyError: the hub stopped sending; what came is kept.
            HubError: twice the bytes were not those that the hub promises.
            DiskFullError: there is no room; what came is kept.
        """
        part = target.with_name(target.name + PART)
        part.parent.mkdir(parents=True, exist_ok=True)
        self.on_bytes(size_of(part))
        for _ in range(2):
            self._complete(file, part)
            found = sha256_at(part)
            if _is_true(file, part, found):
                _to_disk(part)
                part.replace(target)
                return found
            self.on_bytes(-size_of(part))
            part.unlink()
        raise HubError(
            f"{file.path} arrived damaged twice: choose another --endpoint, or try"
            " again later.",
            f"{file.path} 两次下载后校验均不一致：请换一个 --endpoint 或稍后再试。",
        )

    def _complete(self, file: RemoteFile, part: Path) -> None:
        """Ask until all bytes are here; only a try without a new byte has failed."""
        part.touch()
        ended = _is_long_enough(file, part)
        while not ended:
            for attempt in stamina.retry_context(
                on=worth_waiting,
                attempts=ATTEMPTS,
                wait_initial=FIRST_WAIT_S,
                timeout=None,
            ):
                with attempt:
                    ended = self._go_on(file, part)

    def _go_on(self, file: RemoteFile, part: Path) -> bool:
        """Ask for what is missing; return True when there is no more to ask for.

        Raises:
            IdolensError: nothing came.
        """
        before = size_of(part)
        try:
            self._ask(file, part, before)
        except httpx2.TransportError as error:
            if size_of(part) == before:
                raise _broken(file, error) from error
            return False
        if file.size is None or _is_long_enough(file, part):
            return True
        if size_of(part) == before:
            raise refusal(HTTPStatus.BAD_GATEWAY, file.path, {})
        return False

    def _ask(self, file: RemoteFile, part: Path, before: int) -> None:
        headers = {**self.headers, "accept-encoding": "identity"}
        if before:
            headers["range"] = f"bytes={before}-"
        with self.client.stream("GET", file.url, headers=headers) as reply:
            if reply.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._begin_anew(part, before)
            elif not reply.is_success:
                raise refusal(reply.status_code, file.path, reply.headers)
            else:
                kept = before if _goes_on(reply, before) else 0
                self.on_bytes(kept - before)
                self._pour(reply, part, kept, file.size)

    def _begin_anew(self, part: Path, before: int) -> None:
        """Throw a part away that the hub cannot go on from."""
        self.on_bytes(-before)
        part.write_bytes(b"")

    def _pour(
        self, reply: httpx2.Response, part: Path, kept: int, size: int | None
    ) -> None:
        with part.open("ab") as sink:
            sink.truncate(kept)
            for chunk in reply.iter_raw():
                if self.stopped():
                    raise StoppedError("The pull was stopped.", "下载已停止。")
                _write(sink, chunk)
                kept += len(chunk)
                self.on_bytes(len(chunk))
                if size is not None and kept > size:
                    return  # more than promised: the digest will say so


def size_of(path: Path) -> int:
    """Return a file's size in bytes; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def sha256_at(path: Path) -> Sha256:
    """Hash a file without reading it into memory at once."""
    with path.open("rb") as file:
        return Sha256(hashlib.file_digest(file, "sha256").hexdigest())


def git_sha1_at(path: Path) -> str:
    """Return what git calls the blob of these bytes."""
    digest = hashlib.sha1(f"blob {size_of(path)}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _is_true(file: RemoteFile, part: Path, found: Sha256) -> bool:
    if file.size is not None and size_of(part) != file.size:
        return False
    if file.digest is None:
        return True
    return file.digest == (found if file.algorithm == "sha256" else git_sha1_at(part))


def _to_disk(part: Path) -> None:
    """A name must not outlive a power cut without its bytes."""
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _is_long_enough(file: RemoteFile, part: Path) -> bool:
    return file.size is not None and size_of(part) >= file.size


def worth_waiting(error: Exception) -> bool | float:
    """Tell stamina whether another try may help, or how long the hub said to wait."""
    if not isinstance(error, HubBusyError) or isinstance(error, StoppedError):
        return False
    if error.delay_s > MOST_WAIT_S:
        return False
    return error.delay_s if error.delay_s > 1.0 else True


def _goes_on(reply: httpx2.Response, before: int) -> bool:
    """Tell whether the reply continues after ``before`` bytes."""
    if reply.status_code != HTTPStatus.PARTIAL_CONTENT:
        return False
    match = _RANGE.fullmatch(reply.headers.get("content-range", ""))
    return match is not None and int(match[1]) == before


def _broken(file: RemoteFile, error: httpx2.TransportError) -> IdolensError:
    address = httpx2.URL(file.url)
    return unheard(f"{address.scheme}://{address.host}", error)


def _write(sink: BinaryIO, chunk: bytes) -> None:
    try:
        sink.write(chunk)
        sink.flush()
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise no_room() from error
        raise


def no_room(missing_bytes: int | None = None) -> IdolensError:
    """Return the error for a disk that is full."""
    more = f"{missing_bytes / 2**30:.1f} GiB" if missing_bytes else ""
    return DiskFullError(
        f"The disk is full: make room{' for ' + more if more else ''} and pull again;"
        " what has arrived is kept.",
        f"磁盘已满：请腾出{' ' + more + ' ' if more else ''}空间后再次下载，"
        "已下载的部分会保留。",
    )
