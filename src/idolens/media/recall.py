"""Remembers the pictures that were just decoded.

The next question about the same file, or fifty at once, need not decode it again.
Files are told apart by their bytes, never by their names.
"""

import hashlib
import threading
from typing import Protocol

from cachetools import LRUCache

from idolens.media.picture import Picture


class Standardiser(Protocol):
    """Makes a standardised picture of a file's bytes; `Decoder` does."""

    def standardise(self, data: bytes, *, name: str) -> Picture:
        """Decode one picture file; ``name`` is what refusals call it.

        Raises:
            MediaError: it is no picture, over a limit, or damaged.
        """
        ...


class Recall:
    """Decodes with ``decoder`` what it does not remember; safe in many threads.

    Args:
        decoder: who decodes; one picture at a time.
        most_bytes: how much memory the pictures may take; the longest unused go.
    """

    def __init__(self, decoder: Standardiser, most_bytes: int) -> None:
        self._decoder = decoder
        self._kept: LRUCache[bytes, Picture] = LRUCache(
            most_bytes, getsizeof=lambda picture: picture.pixels.nbytes
        )
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def standardise(self, data: bytes, *, name: str = "picture") -> Picture:
        """Return the standardised picture of ``data``; see `Decoder.standardise`."""
        key = hashlib.sha256(data).digest()
        picture = self._known(key)
        if picture is not None:
            return picture
        with self._turn:
            picture = self._known(key)  # somebody before us may have decoded it
            if picture is None:
                picture = self._decoder.standardise(data, name=name)
                self._keep(key, picture)
            return picture

    def known(self, data: bytes) -> Picture | None:
        """Return the picture of ``data`` if it is remembered."""
        return self._known(hashlib.sha256(data).digest())

    def forget(self) -> None:
        """Forget every picture."""
        with self._lock:
            self._kept.clear()

    def _known(self, key: bytes) -> Picture | None:
        with self._lock:
            return self._kept.get(key)

    def _keep(self, key: bytes, picture: Picture) -> None:
        with self._lock:
            if picture.pixels.nbytes <= self._kept.maxsize:
                self._kept[key] = picture
