"""Answers kept for a while: in memory under a byte budget, and behind it on the disk.

Only answers that can be used are kept. What comes from the disk is validated like any
input: it is JSON of exactly the fields of `Answer`, or it is not there.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import lmdb
from cachetools import TLRUCache
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from idolens.errors import ArchiveError
from idolens.settings import Settings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.answer_disk import AnswerDisk, Stored, remove_answers

USABLE: Final = frozenset({Status.OK, Status.CANNOT_TELL})
_FOLDER: Final = "cache"
_OVERHEAD: Final = 2_000
"""Bytes that an answer takes in memory beside its text, measured and rounded up."""


class AnswerStore:
    """Answers by digest; safe in many threads.

    Args:
        ttl_s: how long an answer is kept, in seconds.
        memory_bytes: how much memory the answers may take; the longest unused go.
        disk: where answers survive a restart; None keeps them in memory only.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        *,
        ttl_s: float,
        memory_bytes: int,
        disk: AnswerDisk | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ttl_ms = round(ttl_s * 1000)
        self._disk = disk
        self._clock = clock
        self._memory = _Memory(memory_bytes, clock)
        self._lock = threading.Lock()
        self._clears = 0

    @property
    def has_disk(self) -> bool:
        """False where answers are kept in memory only."""
        return self._disk is not None

    @property
    def evictions(self) -> int:
        """How many answers had to go before their time, in memory and on the disk."""
        return self._memory.evictions + (self._disk.evictions if self._disk else 0)

    def get(self, key: bytes) -> Answer | None:
        """Return the answer kept under ``key``, as it was put."""
        answer = self.recent(key)
        if answer is not None or self._disk is None:
            return answer
        clears = self._clears
        stored = self._disk.get(key)
        answer = self._read(stored) if stored else None
        if stored and answer:
            with self._lock:
                if clears == self._clears:
                    self._memory.keep(stored, answer)
        return _copy(answer) if answer else None

    def recent(self, key: bytes) -> Answer | None:
        """Return the answer kept under ``key`` in memory."""
        with self._lock:
            found = self._memory.get(key)
        return _copy(found[1]) if found else None

    def put(self, key: bytes, answer: Answer) -> None:
        """Keep ``answer`` if it can be used."""
        if answer.status not in USABLE:
            return
        expires_ms = int(self._clock() * 1000) + self._ttl_ms
        try:
            stored = Stored(key, expires_ms, _ANSWER.dump_json(answer))
        except PydanticSerializationError:  # half a character is no text
            return
        with self._lock:
            self._memory.keep(stored, _copy(answer))
        if self._disk:
            self._disk.put(stored)

    def clear(self) -> None:
        """Forget every answer; no bytes of one are in the file afterwards.

        Raises:
            ArchiveError: the file cannot be deleted; the answers are in it still.
        """
        with self._lock:
            self._clears += 1
            self._memory.forget()
        if self._disk:
            with _deleting():
                self._disk.clear()
        with self._lock:  # what came from the disk meanwhile
            self._clears += 1
            self._memory.forget()

    def settle(self) -> None:
        """Wait until all that was put is on the disk."""
        if self._disk:
            self._disk.settle()

    def close(self) -> None:
        """Write what waits to be written, and forget the rest."""
        if self._disk:
            self._disk.close()
        with self._lock:
            self._memory.clear()

    def _read(self, stored: Stored) -> Answer | None:
        # A clock that was set back must not make answers hold for ever.
        if stored.expires_ms > self._clock() * 1000 + self._ttl_ms:
            return None
        try:
            answer = _ANSWER.validate_json(stored.data)
        except ValidationError:
            return None
        return answer if answer.status in USABLE else None


def open_disk(folder: Path, most_bytes: int) -> AnswerDisk | None:
    """Open the file in ``folder``; None where that is impossible.

    Somebody else in this process has it open, or the disk is full or read-only:
    answers are kept in memory then.
    """
    try:
        return AnswerDisk(folder, most_bytes)
    except (lmdb.Error, OSError):
        return None


@contextmanager
def open_store(settings: Settings) -> Generator[AnswerStore | None]:
    """Open where answers are kept, as ``settings`` say; None when they are not."""
    cache = settings.cache
    if not cache.ttl_s:
        yield None
        return
    disk = None
    if cache.disk_mib:
        disk = open_disk(settings.home / _FOLDER, cache.disk_mib * 2**20)
    store = AnswerStore(
        ttl_s=cache.ttl_s, memory_bytes=cache.memory_mib * 2**20, disk=disk
    )
    with closing(store):
        yield store


def forget_answers(store: AnswerStore | None, settings: Settings) -> None:
    """Forget every answer in ``store``, and in the file that it would have.

    An answer is kept under a digest that does not tell of which picture it is, so all
    go; they would not have been kept for long.

    Raises:
        ArchiveError: the file cannot be deleted.
    """
    if store is not None:
        store.clear()
    if store is None or not store.has_disk:  # one of other settings may be there
        with _deleting():
            remove_answers(settings.home / _FOLDER)


@contextmanager
def _deleting() -> Generator[None]:
    try:
        yield
    except (OSError, lmdb.Error) as error:
        raise ArchiveError(
            f"Answers that were kept could not be deleted ({error}): stop idolens,"
            " delete the folder cache in its home by hand, and try again.",
            f"缓存的答案无法删除({error}):"
            "请停止 idolens,手动删除其主目录中的 cache 文件夹后重试。",
        ) from error


_Entry = tuple[int, Answer, int]
"""Until when it holds (ms since 1970), the answer, and its size in bytes."""


class _Memory(TLRUCache[bytes, _Entry]):
    """Entries under a byte budget; counts those that had to go before their time."""

    def __init__(self, most_bytes: int, clock: Callable[[], float]) -> None:
        super().__init__(
            most_bytes,
            ttu=lambda _key, entry, _now: entry[0] / 1000,
            timer=clock,
            getsizeof=lambda entry: entry[2],
        )
        self.evictions = 0

    def popitem(self) -> tuple[bytes, _Entry]:
        """Make room: the longest unused goes."""
        self.evictions += 1
        return super().popitem()

    def forget(self) -> None:
        """Forget everything; nothing had to make room."""
        evictions = self.evictions
        self.clear()
        self.evictions = evictions

    def keep(self, stored: Stored, answer: Answer) -> None:
        """Keep an entry; one that is larger than the whole budget is left out."""
        size = len(stored.data) + _OVERHEAD
        if size <= self.maxsize:
            self[stored.key] = (stored.expires_ms, answer, size)


def _copy(answer: Answer) -> Answer:
    """Return an answer of one's own: ``options`` can be written to."""
    return replace(answer, options=dict(answer.options))


_ANSWER: Final = TypeAdapter(Answer)
