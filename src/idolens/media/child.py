"""The decoder's child: the only process that parses what others made.

`idolens.media.decoder` starts it with a socket and nothing else: no other descriptor,
no environment, an empty working directory, and limits on memory, processor time,
files and cores. It imports only what decoding needs.
"""

import gc
import json
import os
import resource
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from idolens.errors import IdolensError, MediaError
from idolens.media import still
from idolens.media.kinds import Format
from idolens.media.reader import Caps
from idolens.media.recording import OpenRecording
from idolens.media.wire import HungUpError, Message, receive, send

_OPEN_FILES: Final = 10
_BEAT_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the parent says on the command line; see `DecodeSettings` for units."""

    memory_mib: int
    seconds: float
    picture_bytes: int
    pixels: int
    side: int
    frames: int
    hours: float


class Bench:
    """Answers requests, one at a time, about at most one open recording."""

    def __init__(self, link: socket.socket, orders: Orders) -> None:
        self._link = link
        self._orders = orders
        self._caps = still.StillCaps(orders.pixels, orders.side, orders.frames)
        self._recording: OpenRecording | None = None
        self._fds: tuple[int, ...] = ()
        self._beaten = time.monotonic()

    def answer(self, request: Message) -> Message:
        """Do what the request asks for.

        Raises:
            IdolensError: what the caller should know.
            MemoryError: the limit was hit.
        """
        header = request.header
        if header["do"] == "still":
            made = still.standard(bytes(request.body), header["name"], self._caps)
            return Message({"width": made.width, "height": made.height}, made.data)
        if header["do"] == "still_facts":
            return Message(still.facts(bytes(request.body), header["name"], self._caps))
        if header["do"] == "open":
            return Message(self._open(Format(header["format"]), request.fds))
        if header["do"] == "close":
            self.close()
            return Message({})
        if self._recording is None:
            raise HungUpError
        return self._recording.shot(header)

    def close(self) -> None:
        """Close the open recording, if any, and its files."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None
        for fd in self._fds:
            os.close(fd)
        self._fds = ()

    def _open(self, kind: Format, fds: tuple[int, ...]) -> dict[str, Any]:
        self.close()
        self._fds = fds
        orders = self._orders
        caps = Caps(orders.pixels, orders.side, orders.hours)
        self._recording = OpenRecording(fds, kind, caps, self._beat)
        return self._recording.facts()

    def _beat(self) -> None:
        """Tell the parent that work goes on, and take more processor time for it."""
        now = time.monotonic()
        if now - self._beaten > _BEAT_S:
            self._beaten = now
            allow_processor_time(self._orders.seconds)
            send(self._link, Message({"beat": True}))


def allow_processor_time(seconds: float) -> None:
    """Let the kernel end this process when it computes for longer from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def confine(orders: Orders) -> None:
    """Take away memory, files, and core dumps for good."""
    memory = orders.memory_mib * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def serve(link: socket.socket, orders: Orders) -> None:
    """Answer requests until the parent hangs up."""
    bench = Bench(link, orders)
    while True:
        try:
            request = receive(link, most=orders.picture_bytes, fds=2)
        except HungUpError:
            return
        allow_processor_time(orders.seconds)
        send(link, _reply(bench, request))
        del request


def main() -> None:
    """Run the child: ``python -c … SOCKET ORDERS``."""
    link = socket.socket(fileno=int(sys.argv[1]))
    orders = Orders(**json.loads(sys.argv[2]))
    confine(orders)
    gc.freeze()
    serve(link, orders)


def _reply(bench: Bench, request: Message) -> Message:
    try:
        return bench.answer(request)
    except IdolensError as error:
        return _refusal(error)
    except MemoryError:
        gc.collect()
        return Message({"error": "memory"})
    except Exception as error:  # noqa: BLE001 the parser of a hostile file raises anything
        what = type(error).__name__
        return _refusal(
            MediaError(
                f"The file cannot be decoded ({what}); export it again.",
                f"文件无法解码({what}),请重新导出。",
            )
        )


def _refusal(error: IdolensError) -> Message:
    words = error.words
    return Message({"error": error.code, "en": words.en, "zh": words.zh})
