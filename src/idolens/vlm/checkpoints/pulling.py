"""Pulls a model: lists it, brings what is missing, proves it, then names it."""

import os
import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock
import stamina

from idolens.errors import HubBusyError, HubError
from idolens.vlm.checkpoints.hub import Hub, Listing, RemoteFile, is_inside
from idolens.vlm.checkpoints.hub_client import hub_client
from idolens.vlm.checkpoints.shelf import (
    MANIFEST,
    KeptFile,
    Shelf,
    Stored,
    shards,
    write_manifest,
)
from idolens.vlm.checkpoints.transfer import (
    ATTEMPTS,
    FIRST_WAIT_S,
    PART,
    SILENCE_S,
    StoppedError,
    Transfer,
    git_sha1_at,
    no_room,
    sha256_at,
    size_of,
    worth_waiting,
)

AT_ONCE = 4
"""Files on their way at the same time: a hub limits the speed of each."""
SPARE_BYTES = 256 << 20
"""What a pull leaves free on the disk."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull is, in bytes.

    Attributes:
        done: what is here.
        total: all files together; 0 where the hub does not say.
    """

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did.

    Attributes:
        model: as it stands on the shelf now.
        folder: its files.
        fetched: bytes that came over the network.
        left_out: files of the hub that were not wanted.
    """

    model: Stored
    folder: Path
    fetched: int
    left_out: tuple[str, ...]


def pull(
    shelf: Shelf,
    hub: Hub,
    name: str,
    *,
    revision: str | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Pulled:
    """Bring a model from ``hub`` to ``shelf``, or the newest files of it.

    Files that are here already and true are not fetched again; a pull that was
    broken off goes on where it stopped. Until the last file is proven, the model
    that stood there before stays as it was.

    Raises:
        NotFoundError: the hub has no such model.
        HubError: what the hub gives is no model, unsafe or damaged.
        HubBusyError: the hub cannot be reached, or another pull of it runs.
        DiskFullError: there is no room for it.
    """
    listing = _listed(hub, name, revision)
    with _alone(shelf, name):
        gathering = _gathering(shelf, listing)
        count = _Count(on_progress, sum(file.size or 0 for file in listing.files))
        here = _reuse(shelf, listing, gathering, count)
        missing = [file for file in listing.files if file.path not in here]
        _check_room(shelf, missing, gathering)
        already = count.done + sum(_arrived(gathering, file) for file in missing)
        fetched = _fetch_all(hub, missing, gathering, count)
        model = _describe(hub, listing, here | fetched)
        _put_in_place(shelf, gathering, model)
    return Pulled(
        model=model,
        folder=shelf.place(name),
        fetched=max(0, count.done - already),
        left_out=listing.left_out,
    )


class _Count:
    """Adds up what the transfers tell, from several threads."""

    def __init__(self, tell: Callable[[Progress], None], total: int) -> None:
        self.done, self._total, self._tell = 0, total, tell
        self._lock = threading.Lock()

    def __call__(self, more: int) -> None:
        with self._lock:
            self.done += more
            self._tell(Progress(self.done, self._total))


def _listed(hub: Hub, name: str, revision: str | None) -> Listing:
    ask = stamina.RetryingCaller(
        attempts=ATTEMPTS, wait_initial=FIRST_WAIT_S, timeout=None
    )
    listing = ask(worth_waiting, hub.listing, name, revision)
    for file in listing.files:
        if not is_inside(file.path) or file.path == MANIFEST:
            raise HubError(
                f"The hub lists a file that would leave the model's folder"
                f" ({file.path!r}): do not use this model.",
                f"模型库列出的文件会写到模型文件夹之外({file.path!r})：请勿使用该模型。",
            )
    if not any(file.path == "config.json" for file in listing.files):
        raise HubError(
            f"{name} has no config.json: it is not a checkpoint that transformers"
            " opens; choose another model.",
            f"{name} 没有 config.json，不是 transformers 能打开的模型："
            "请换用其他模型。",
        )
    return listing


@contextmanager
def _alone(shelf: Shelf, name: str) -> Generator[None]:
    """Let one process at a time pull a model."""
    lock = shelf.lock(name)
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(lock, timeout=0):
            yield
    except filelock.Timeout as error:
        raise HubBusyError(
            f"{name} is being pulled by another process: wait for it to end.",
            f"另一个进程正在下载 {name}：请等待其结束。",
        ) from error


def _gathering(shelf: Shelf, listing: Listing) -> Path:
    """Return where this revision gathers; what another one left is deleted."""
    gathering = shelf.partial(listing.name) / listing.revision
    gathering.mkdir(parents=True, exist_ok=True)
    for other in gathering.parent.iterdir():
        if other != gathering:
            shutil.rmtree(other)
    return gathering


def _reuse(
    shelf: Shelf, listing: Listing, gathering: Path, count: _Count
) -> dict[str, KeptFile]:
    """Take what is here already and proven to be what the hub lists."""
    here: dict[str, KeptFile] = {}
    for file in listing.files:
        target = gathering / file.path
        for candidate in (target, shelf.place(listing.name) / file.path):
            kept = _proven(file, candidate)
            if kept is None:
                continue
            if candidate != target:
                _link(candidate, target)
            here[file.path] = kept
            count(kept.size)
            break
    return here


def _proven(file: RemoteFile, candidate: Path) -> KeptFile | None:
    if file.digest is None or not candidate.is_file():
        return None
    size = size_of(candidate)
    if file.size not in {None, size}:
        return None
    sha256 = sha256_at(candidate)
    found = sha256 if file.algorithm == "sha256" else git_sha1_at(candidate)
    return KeptFile(size=size, sha256=sha256) if found == file.digest else None


def _link(source: Path, target: Path) -> None:
    """Give the same bytes a second name; copy them where a disk has no links."""
    target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _arrived(gathering: Path, file: RemoteFile) -> int:
    return size_of(gathering / (file.path + PART))


def _check_room(shelf: Shelf, missing: list[RemoteFile], gathering: Path) -> None:
    needed = sum((file.size or 0) - _arrived(gathering, file) for file in missing)
    if needed and needed + SPARE_BYTES > shutil.disk_usage(shelf.folder).free:
        raise no_room(needed)


def _fetch_all(
    hub: Hub, missing: list[RemoteFile], gathering: Path, count: _Count
) -> dict[str, KeptFile]:
    stop = threading.Event()
    with (
        hub_client(hub.endpoint, SILENCE_S) as client,
        ThreadPoolExecutor(AT_ONCE, "pull") as threads,
    ):
        transfer = Transfer(
            client=client, headers=hub.headers, on_bytes=count, stopped=stop.is_set
        )

        def bring(file: RemoteFile) -> tuple[str, KeptFile]:
            target = gathering / file.path
            try:
                sha256 = transfer.fetch(file, target)
            except BaseException:
                stop.set()  # one file short is a model short: the others may rest
                raise
            return file.path, KeptFile(size=size_of(target), sha256=sha256)

        work = [threads.submit(bring, file) for file in missing]
        try:
            return dict(_results(work))
        except BaseException:
            stop.set()
            threads.shutdown(cancel_futures=True)
            raise


def _results(
    work: list[Future[tuple[str, KeptFile]]],
) -> Iterator[tuple[str, KeptFile]]:
    """Wait for all; raise what stopped them, not that they were stopped."""
    wait(work, return_when=FIRST_EXCEPTION)
    causes = [done.exception() for done in work if done.done()]
    for cause in causes:
        if cause is not None and not isinstance(cause, StoppedError):
            raise cause
    for done in work:
        yield done.result()


def _describe(hub: Hub, listing: Listing, files: dict[str, KeptFile]) -> Stored:
    return Stored(
        name=listing.name,
        hub=hub.key,
        endpoint=hub.endpoint,
        revision=listing.revision,
        pulled_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files=dict(sorted(files.items())),
        unproven=tuple(file.path for file in listing.files if file.digest is None),
    )


def _put_in_place(shelf: Shelf, gathering: Path, model: Stored) -> None:
    lacking = [shard for shard in shards(gathering) if shard not in model.files]
    if lacking:
        raise HubError(
            f"{model.name} lacks {', '.join(lacking)} on the hub itself: choose"
            " another --revision or another model.",
            f"模型库中的 {model.name} 缺少 {'、'.join(lacking)}:"
            "请换一个 --revision 或其他模型。",
        )
    write_manifest(gathering, model)
    place, partial = shelf.place(model.name), shelf.partial(model.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(partial / "before")
    gathering.rename(place)
    shutil.rmtree(partial)
