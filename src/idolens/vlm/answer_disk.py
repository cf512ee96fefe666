"""Answers on the disk for a while, so that a restart does not ask again.

An LMDB file maps digests to bytes; what the bytes mean is the caller's. Nothing that
is read is ever executed: no pickle. All of it may be lost at any time, so a file that
is damaged, locked or full costs a second inference and nothing else.
"""

import queue
import shutil
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lmdb

VERSION: Final = "answers-1"
"""Name of the folder; it changes with the layout of what is in it."""
_ROOM: Final = 0.8
"""Share of the file that may be in use: changing a page needs a free one."""
_SHRINK: Final = 0.1
"""Share of the entries that goes at a time when there is no room."""
_WAITING: Final = 20_000
"""Most answers that wait to be written; what comes on top is not kept."""
_AT_ONCE: Final = 2_000
_READERS: Final = 512
_STAMP: Final = struct.Struct(">Q")
_LEAST_BYTES: Final = 2**20
_PER_ENTRY: Final = 64


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes, and until when they hold, in ms since 1970."""

    key: bytes
    expires_ms: int
    data: bytes

    @property
    def stamp(self) -> bytes:
        """Its key in the order of time."""
        return _STAMP.pack(self.expires_ms) + self.key

    @property
    def size(self) -> int:
        """Bytes that it takes in the file, about."""
        return len(self.data) + 2 * len(self.stamp) + _PER_ENTRY


class AnswerDisk:
    """An open file; safe in many threads, and beside other processes.

    Args:
        folder: where the file is; it is made readable by its owner only.
        most_bytes: size that the file may have.
        clock: seconds since 1970.

    Raises:
        lmdb.Error: the file cannot be used, even after a damaged one was removed.
        OSError: the folder cannot be made.
    """

    def __init__(
        self, folder: Path, most_bytes: int, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = folder / VERSION
        self._most = max(most_bytes, _LEAST_BYTES)
        self._clock = clock
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._env = self._open()
        self._entries = self._env.open_db(b"entries")
        self._order = self._env.open_db(b"order")
        if self._is_over():
            self._begin_anew()
        self._damaged = False
        self._evictions = 0
        # Who reads must not find the file closed beneath it.
        self._lock = threading.Lock()
        self._waiting: queue.Queue[Stored | Future[None] | None]
        self._waiting = queue.Queue(_WAITING)
        self._writer = threading.Thread(
            target=self._write, name="answer-disk", daemon=True
        )
        self._writer.start()

    @property
    def evictions(self) -> int:
        """How many entries had to go before their time."""
        return self._evictions

    @property
    def entries(self) -> int:
        """How many entries are in the file, ended ones too."""
        with self._lock, self._env.begin() as reading:
            return reading.stat(self._order)["entries"]

    def settle(self) -> None:
        """Wait until all that was put is written."""
        self._waiting.join()

    def get(self, key: bytes) -> Stored | None:
        """Return what is kept under ``key`` and still holds."""
        try:
            with self._lock, self._env.begin() as reading:
                value = reading.get(key, db=self._entries)
        except lmdb.Error as error:
            self._note(error)
            return None
        if value is None or len(value) < _STAMP.size:
            return None
        (expires_ms,) = _STAMP.unpack_from(value)
        if expires_ms <= self._clock() * 1000:
            return None
        return Stored(key, expires_ms, bytes(value[_STAMP.size :]))

    def put(self, entry: Stored) -> None:
        """Keep ``entry``; it is written soon, by a thread of its own."""
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self._evictions += 1

    def clear(self) -> None:
        """Forget everything; none of its bytes are in the file afterwards.

        LMDB leaves the bytes of deleted and overwritten entries in free pages, so the
        file itself goes. Another process that has it open goes on with what it knows,
        in a file without a name.

        Raises:
            OSError: the file cannot be deleted, or no new one made.
            lmdb.Error: no new file can be made.
        """
        done: Future[None] = Future()
        self._waiting.put(done)
        done.result()

    def close(self) -> None:
        """Write what waits, and close; a damaged file is removed."""
        self._waiting.put(None)
        self._writer.join()
        self._env.close()
        if self._damaged:
            shutil.rmtree(self._path, ignore_errors=True)

    def _open(self) -> lmdb.Environment:
        try:
            return self._environment()
        except (lmdb.CorruptedError, lmdb.InvalidError, lmdb.VersionMismatchError):
            self._remove()
            return self._environment()

    def _is_over(self) -> bool:
        """Whether there are entries, none of which holds any more."""
        try:
            with self._env.begin() as reading, reading.cursor(self._order) as cursor:
                if not cursor.last():
                    return False
                (expires_ms,) = _STAMP.unpack_from(cursor.key())
                return expires_ms <= self._clock() * 1000
        except lmdb.Error:
            return True

    def _begin_anew(self) -> None:
        """Give the file's room back; deleted entries' bytes would stay in it."""
        self._env.close()
        remove_answers(self._path.parent)
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._env = self._environment()
        self._entries = self._env.open_db(b"entries")
        self._order = self._env.open_db(b"order")

    def _remove(self) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _environment(self) -> lmdb.Environment:
        return lmdb.open(
            str(self._path),
            map_size=self._most,
            max_dbs=2,
            max_readers=_READERS,
            mode=0o600,
            metasync=False,  # a power cut may lose the last answers, never the file
        )

    def _write(self) -> None:
        while True:
            batch = [self._waiting.get(), *self._more()]
            ended = None in batch
            for at, entry in enumerate(batch):
                if isinstance(entry, Future):
                    self._clear(entry)
                    batch[: at + 1] = [None] * (at + 1)
            whole = [entry for entry in batch if isinstance(entry, Stored)]
            for slice_ in self._slices(whole):
                self._store(slice_)
            for _ in batch:
                self._waiting.task_done()
            if ended:
                return

    def _clear(self, done: Future[None]) -> None:
        try:
            with self._lock:
                self._begin_anew()
        except (OSError, lmdb.Error) as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    def _more(self) -> list[Stored | Future[None] | None]:
        batch: list[Stored | Future[None] | None] = []
        with suppress(queue.Empty):
            while len(batch) < _AT_ONCE:
                batch.append(self._waiting.get_nowait())
        return batch

    def _slices(self, batch: Sequence[Stored]) -> Iterator[list[Stored]]:
        """Cut ``batch`` so that each part finds room; leave out what never would."""
        most = self._most * _SHRINK / 2
        part: list[Stored] = []
        size = 0
        for entry in batch:
            if entry.size > most:
                self._evictions += 1
                continue
            if size + entry.size > most:
                yield part
                part, size = [], 0
            part.append(entry)
            size += entry.size
        yield part

    def _store(self, batch: Sequence[Stored]) -> None:
        """Write ``batch``; when the file is full after all, begin it anew."""
        for desperate in (False, True):
            try:
                with self._env.begin(write=True) as writing:
                    if desperate:
                        self._empty(writing)
                    self._make_room(writing, batch)
                    for entry in batch:
                        self._put(writing, entry)
            except lmdb.MapFullError:
                continue
            except lmdb.Error as error:
                self._note(error)
            return

    def _put(self, writing: lmdb.Transaction, entry: Stored) -> None:
        old = writing.get(entry.key, db=self._entries)
        if old is not None:
            writing.delete(bytes(old[: _STAMP.size]) + entry.key, db=self._order)
        value = _STAMP.pack(entry.expires_ms) + entry.data
        writing.put(entry.key, value, db=self._entries)
        writing.put(entry.stamp, b"", db=self._order)

    def _make_room(self, writing: lmdb.Transaction, batch: Sequence[Stored]) -> None:
        now = _STAMP.pack(int(self._clock() * 1000))
        self._drop(writing, lambda stamp, _: stamp[: _STAMP.size] <= now)
        needed = sum(entry.size for entry in batch)
        while self._used(writing) + needed > self._most * _ROOM:
            count = writing.stat(self._order)["entries"]
            if not count:
                return
            most = max(1, int(count * _SHRINK))
            self._evictions += self._drop(writing, lambda _, n, most=most: n < most)

    def _drop(
        self, writing: lmdb.Transaction, goes: Callable[[bytes, int], bool]
    ) -> int:
        """Delete the entries that end first, as long as ``goes``; return how many."""
        dropped = 0
        with writing.cursor(db=self._order) as cursor:
            while cursor.first():
                stamp = bytes(cursor.key())
                if not goes(stamp, dropped):
                    break
                writing.delete(stamp[_STAMP.size :], db=self._entries)
                cursor.delete()
                dropped += 1
        return dropped

    def _empty(self, writing: lmdb.Transaction) -> None:
        self._evictions += writing.stat(self._order)["entries"]
        writing.drop(self._entries, delete=False)
        writing.drop(self._order, delete=False)

    def _used(self, writing: lmdb.Transaction) -> int:
        pages = 0
        for database in (self._entries, self._order):
            stat = writing.stat(database)
            pages += (
                stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"]
            ) * stat["psize"]
        return pages

    def _note(self, error: lmdb.Error) -> None:
        """Remember damage; anything else (no reader's slot, full disk) passes."""
        if isinstance(error, (lmdb.CorruptedError, lmdb.PageNotFoundError)):
            self._damaged = True


def remove_answers(folder: Path) -> None:
    """Delete what was ever kept in ``folder``, if anything was.

    Raises:
        OSError: it cannot be deleted.
    """
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / VERSION)
