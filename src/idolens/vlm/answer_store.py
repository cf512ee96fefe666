"""Answers kept for a while: in memory under a byte budget, and behind it on the disk.

Only answers that can be used are kept. What comes from the disk is validated like any
input: it is JSON of exactly the fields of `Answer`, or it is not there.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import lmdb
from cachetools import TLRUCache
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from idolens.vlm.answer import Answer, Status
from idolens.vlm.answer_disk import AnswerDisk, Stored

USABLE: Final = frozenset({Status.OK, Status.CANNOT_TELL})
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

    @property
    def evictions(self) -> int:
        """How many answers had to go before their time, in memory and on the disk."""
        return self._memory.evictions + (self._disk.evictions if self._disk else 0)

    def get(self, key: bytes) -> Answer | None:
        """Return the answer kept under ``key``, as it was put."""
        answer = self.recent(key)
        if answer is not None or self._disk is None:
            return answer
        stored = self._disk.get(key)
        answer = self._read(stored) if stored else None
        if stored and answer:
            self._remember(stored, answer)
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
        self._remember(stored, _copy(answer))
        if self._disk:
            self._disk.put(stored)

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

    def _remember(self, stored: Stored, answer: Answer) -> None:
        with self._lock:
            self._memory.keep(stored, answer)

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

    def keep(self, stored: Stored, answer: Answer) -> None:
        """Keep an entry; one that is larger than the whole budget is left out."""
        size = len(stored.data) + _OVERHEAD
        if size <= self.maxsize:
            self[stored.key] = (stored.expires_ms, answer, size)


def _copy(answer: Answer) -> Answer:
    """Return an answer of one's own: ``options`` can be written to."""
    return replace(answer, options=dict(answer.options))


_ANSWER: Final = TypeAdapter(Answer)
