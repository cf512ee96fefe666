"""A picture file is decoded once while it is remembered."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from idolens.errors import MediaError
from idolens.media.picture import Picture
from idolens.media.recall import Recall


class Counting:
    """A decoder that makes a picture of the file's first byte."""

    def __init__(self, *, wait: threading.Event | None = None) -> None:
        self.decoded: list[bytes] = []
        self._wait = wait

    def standardise(self, data: bytes, *, name: str) -> Picture:
        if self._wait:
            self._wait.wait(5)
        self.decoded.append(data)
        if not data:
            raise MediaError("no picture", "不是图片")
        return Picture(np.full((10, 10, 3), data[0], np.uint8))


def test_the_same_bytes_are_decoded_once():
    """Other bytes are another picture."""
    decoder = Counting()
    recall = Recall(decoder, 10_000)

    assert recall.standardise(b"a") is recall.standardise(b"a")
    assert recall.standardise(b"b").pixels[0, 0, 0] == ord("b")
    assert decoder.decoded == [b"a", b"b"]


def test_fifty_at_once_are_decoded_once():
    """Whoever comes while it is decoded gets the same picture."""
    go_on = threading.Event()
    decoder = Counting(wait=go_on)
    recall = Recall(decoder, 10_000)
    with ThreadPoolExecutor(50) as threads:
        waiting = [threads.submit(recall.standardise, b"a") for _ in range(50)]
        go_on.set()
        assert len({id(one.result(5)) for one in waiting}) == 1

    assert decoder.decoded == [b"a"]


def test_the_longest_unused_go():
    """300 bytes each, room for three."""
    decoder = Counting()
    recall = Recall(decoder, 1000)
    for data in (b"a", b"b", b"c", b"a", b"d", b"a", b"b"):
        recall.standardise(data)

    assert decoder.decoded == [b"a", b"b", b"c", b"d", b"b"]


def test_no_room_at_all():
    """With no budget every file is decoded anew."""
    decoder = Counting()
    recall = Recall(decoder, 0)
    for _ in range(2):
        recall.standardise(b"a")

    assert decoder.decoded == [b"a", b"a"]


def test_a_failure_is_not_remembered():
    """The error comes each time."""
    decoder = Counting()
    recall = Recall(decoder, 1000)
    for _ in range(2):
        with pytest.raises(MediaError):
            recall.standardise(b"")

    assert len(decoder.decoded) == 2
