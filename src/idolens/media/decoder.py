"""The parent's side of decoding: asks the child, and survives its death.

One decoder keeps one child. A child that crashes, runs out of memory or is too slow
is killed with its process group, the caller gets an error, and the next request
starts a fresh one.
"""

import os
import stat
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from idolens.errors import (
    DecodeTimeoutError,
    MediaError,
    TooLargeError,
    UnsupportedMediaError,
)
from idolens.media.kinds import HEAD_BYTES, sniff
from idolens.media.meter import UNMETERED, Meter, timed
from idolens.media.picture import Picture
from idolens.media.spawn import Child
from idolens.media.wire import HungUpError, Message
from idolens.settings import DecodeSettings
from idolens.vocabulary import Milliseconds

T = TypeVar("T")
Way = Literal["near", "key", "exact"]

_ERRORS: Final[dict[str, type[MediaError]]] = {
    error.code: error for error in (MediaError, TooLargeError, UnsupportedMediaError)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which frame to look for; times since the first picture.

    Attributes:
        wanted: the time asked for.
        first: earliest time of a key frame that will do.
        last: latest time of a frame that will do.
        reach: how long before ``wanted`` a picture may have come up to count as
            still on screen.
    """

    wanted: Milliseconds
    first: Milliseconds
    last: Milliseconds
    reach: Milliseconds


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A decoded frame of a recording.

    Attributes:
        at: its presentation time since the first picture.
        picture: the standardised picture.
        hints: uint8 array (3, height, width) of this and two later frames in small
            grey, evenly spaced within a fifth of a second; None when not at hand.
    """

    at: Milliseconds
    picture: Picture
    hints: NDArray[np.uint8] | None


class Decoder:
    """Decodes in a child process. Threads may share one; their requests queue.

    Args:
        limits: on hostile or broken input.
        meter: hears how long it takes, and what could not be decoded.

    Example:
        >>> with Decoder(settings.decode) as decoder:
        ...     picture = decoder.standardise(data, name="upload")
    """

    def __init__(self, limits: DecodeSettings, meter: Meter = UNMETERED) -> None:
        self._limits = limits
        self._meter = meter
        self._lock = threading.RLock()
        self._child: Child | None = None
        self._recording: Path | None = None
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the child now, so that the first request need not wait for it."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """End the child. The decoder may be used again: it starts another."""
        with self._lock:
            self._recording = None
            self._end()

    def standardise(self, data: bytes, *, name: str = "picture") -> Picture:
        """Decode one picture file: upright, sRGB, over white, at most 512x512.

        Raises:
            MediaError: it is no picture, over a limit, or damaged.
        """
        with self._metered():
            self._check_bytes(len(data), name)
            request = {"do": "still", "name": name}
            return self._ask(Message(request, data), _picture)

    def picture_facts(self, data: bytes, *, name: str) -> dict[str, Any]:
        """Return width, height and codec of a picture file from its header.

        Raises:
            MediaError: it is no picture, or over a limit.
        """
        self._check_bytes(len(data), name)
        request = {"do": "still_facts", "name": name}
        return self._ask(Message(request, data), _still_facts)

    def open_recording(self, path: Path) -> dict[str, Any]:
        """Open a recording for `shot`; return its facts.

        Raises:
            MediaError: it cannot be read as a recording.
        """
        with self._metered(), self._lock:
            self._recording = None
            facts = self._open(path)
            self._recording = path
            return facts

    def shot(self, way: Way, window: Window) -> Shot | None:
        """Return a frame of the open recording, or None where there is none.

        Args:
            way: ``near``: a key frame in the window, else the exact frame; ``key``:
                the first only; ``exact``: the second only.
            window: where to look.

        Raises:
            MediaError: the child was too slow, ran out of memory or crashed, or the
                recording cannot be read any more.
        """
        request = {
            "do": way,
            "wanted": window.wanted,
            "first": window.first,
            "last": window.last,
            "reach": window.reach,
        }
        with self._metered(), self._lock:
            if self._recording and not self._is_open:
                self._open(self._recording)
            return self._ask(Message(request), _shot)

    @contextmanager
    def _metered(self) -> Generator[None]:
        try:
            with timed(self._meter, "decode"):
                yield
        except MediaError as error:
            self._meter.refused(error.code)
            raise

    def _open(self, path: Path) -> dict[str, Any]:
        self._is_open = False
        with ExitStack() as files:
            fds = tuple(files.enter_context(open_regular(path)) for _ in range(2))
            kind = sniff(os.pread(fds[0], HEAD_BYTES, 0), path.name)
            if kind.kind != "recording":
                raise MediaError(
                    f"{path.name} is a picture, not a recording; rename it.",
                    f"{path.name} 是图片而不是录像,请改正扩展名。",
                )
            request = {"do": "open", "format": kind.value}
            facts = self._ask(Message(request, fds=fds), _recording_facts)
        self._is_open = True
        return facts

    def _check_bytes(self, size: int, name: str) -> None:
        most = self._limits.picture_bytes
        if size > most:
            raise _too_many_bytes(name, most)

    def _ask(self, request: Message, read: Callable[[Message], T]) -> T:
        """Ask the child, and read its reply; a reply that makes no sense ends it."""
        with self._lock:
            try:
                reply = self._running().ask(request)
                if "error" not in reply.header:
                    return read(reply)
            except TimeoutError as error:
                self._end()
                raise _slow(self._limits) from error
            except (HungUpError, OSError, LookupError, TypeError, ValueError) as error:
                self._end()
                raise _died() from error
            if reply.header["error"] == "memory":
                self._end()
                raise _starved(self._limits)
        raise _refusal(reply)

    def _running(self) -> Child:
        if self._child is None:
            self._child = Child(self._limits)
        return self._child

    def _end(self) -> None:
        self._is_open = False
        if self._child:
            self._child.kill()
            self._child = None


def standardise(data: bytes, limits: DecodeSettings) -> Picture:
    """Decode one picture file in a child of its own; see `Decoder.standardise`.

    Raises:
        MediaError: it is no picture, over a limit, or damaged.
    """
    with Decoder(limits) as decoder:
        return decoder.standardise(data)


@contextmanager
def open_regular(path: Path) -> Generator[int]:
    """Open a regular file for reading; give its descriptor.

    Raises:
        MediaError: it cannot be opened, or is a device, a pipe or a folder.
    """
    try:
        # Without O_NONBLOCK opening a named pipe would wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MediaError(
            f"{path.name} cannot be opened ({reason}); check its path and permission.",
            f"无法打开 {path.name}({reason}),请检查路径和权限。",
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise MediaError(
                f"{path.name} is not a regular file; give a file or a folder.",
                f"{path.name} 不是普通文件,请提供文件或文件夹。",
            )
        yield fd
    finally:
        os.close(fd)


def read_regular(path: Path, most: int) -> bytes:
    """Read a regular file of at most ``most`` bytes.

    Raises:
        TooLargeError: it has more.
        MediaError: it cannot be read.
    """
    with open_regular(path) as fd, open(fd, "rb", closefd=False) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _too_many_bytes(path.name, most)
    return data


def _picture(reply: Message) -> Picture:
    shape = (int(reply.header["height"]), int(reply.header["width"]), 3)
    size = shape[0] * shape[1] * shape[2]
    pixels = np.frombuffer(memoryview(reply.body)[:size], np.uint8).reshape(shape)
    return Picture(_turned(pixels, reply.header.get("turn", [1, 0, 0, 1])))


def _turned(pixels: NDArray[np.uint8], turn: list[int]) -> NDArray[np.uint8]:
    """Apply the signs of a display matrix: where the stored x and y axes point to."""
    a, b, c, d = turn
    if b or c:
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    pixels = pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
    return np.ascontiguousarray(pixels)


def _shot(reply: Message) -> Shot | None:
    if reply.header["at"] is None:
        return None
    picture = _picture(reply)
    hints = None
    if reply.header["hints"]:
        height, width = reply.header["hint"]
        rest = memoryview(reply.body)[picture.pixels.size :]
        hints = np.frombuffer(rest, np.uint8).reshape(-1, height, width)
    return Shot(Milliseconds(int(reply.header["at"])), picture, hints)


def _still_facts(reply: Message) -> dict[str, Any]:
    header = reply.header
    size = {name: int(header[name]) for name in ("width", "height")}
    return size | {"codec": str(header["codec"])}


def _recording_facts(reply: Message) -> dict[str, Any]:
    header = reply.header
    whole = {name: int(header[name]) for name in ("duration_ms", "width", "height")}
    words = {name: str(header[name]) for name in ("container", "codec")}
    return whole | words | {"frame_rate": float(header["frame_rate"])}


def _refusal(reply: Message) -> MediaError:
    kind = _ERRORS.get(str(reply.header["error"]), MediaError)
    return kind(str(reply.header.get("en")), str(reply.header.get("zh")))


def _too_many_bytes(name: str, most: int) -> TooLargeError:
    return TooLargeError(
        f"{name} is larger than {most} bytes; make it smaller and try again.",
        f"{name} 超过 {most} 字节,请缩小后重试。",
    )


def _slow(limits: DecodeSettings) -> DecodeTimeoutError:
    return DecodeTimeoutError(
        f"Decoding gave no picture within {limits.seconds:g} s; check the file, or"
        " raise the setting decode.seconds.",
        f"解码超过 {limits.seconds:g} 秒没有结果,请检查文件,"
        "或调大设置 decode.seconds。",
    )


def _starved(limits: DecodeSettings) -> DecodeTimeoutError:
    return DecodeTimeoutError(
        f"Decoding needs more than {limits.memory_mib} MiB; make the file smaller, or"
        " raise the setting decode.memory_mib.",
        f"解码所需内存超过 {limits.memory_mib} MiB,请缩小文件,"
        "或调大设置 decode.memory_mib。",
    )


def _died() -> DecodeTimeoutError:
    return DecodeTimeoutError(
        "The decoder stopped at this file; export it again.",
        "解码器在处理此文件时停止,请重新导出该文件。",
    )
