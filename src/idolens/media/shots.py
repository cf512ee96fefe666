"""Frames of a recording near wanted times. Runs in the decoder's child.

A key frame costs one decoded picture, any other frame all those since its key frame.
So `Shots.near` first looks for a key frame within the window it is given, and only
decodes forward when there is none. While it decodes forward it keeps its place: a
file with one key frame an hour is decoded once, not once a sample.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from av.video.frame import VideoFrame

from idolens.media.reader import FFmpegError, Reader

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

_BACK_OFF_S: Final = (0.0, 2.0, 8.0, 32.0, 128.0)
_FOLLOWING: Final = 4
_RUN_UPS: Final = 3
_RUN_UP_S: Final = 0.001
_EPSILON: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Window:
    """Where a frame may stand: ``wanted``, and key frames from ``first`` to ``last``.

    All in seconds. ``reach`` is how long before ``wanted`` a picture may have come up
    to count as still on screen.
    """

    wanted: float
    first: float
    last: float
    reach: float


@dataclass(frozen=True, slots=True)
class Shot:
    """A decoded frame, when it is shown, and up to `_FOLLOWING` frames after it."""

    at: float
    frame: VideoFrame
    following: tuple[VideoFrame, ...] = ()


@dataclass(slots=True)
class _Run:
    """Where forward decoding stands; before ``whole_from`` it only warms up."""

    packets: "Iterator[Packet[VideoStream]]"
    key: float
    held: list[Shot] = field(default_factory=list[Shot])
    best: Shot | None = None
    whole_from: float = 0.0
    broken: bool = False
    done: bool = False


class Shots:
    """Gives the frame nearest to a wanted time.

    Args:
        open_reader: opens the recording; called a second time when a look-out is
            needed that moves without disturbing the decoder.
        beat: called now and then while work goes on.
    """

    def __init__(
        self, open_reader: Callable[[], Reader], beat: Callable[[], None]
    ) -> None:
        self._open_reader = open_reader
        self._beat = beat
        self.reader = open_reader()
        self._scout: Reader | None = None
        self._run: _Run | None = None

    def close(self) -> None:
        """Close the recording."""
        self.reader.close()
        if self._scout:
            self._scout.close()

    def near(self, window: Window) -> Shot | None:
        """Return the frame for ``window``, or None where nothing can be decoded."""
        if self._run and self._continues(self._run, window):
            return self._forward(self._run, window)
        shot = self.key(window)
        return shot or self.exact(window)

    def key(self, window: Window) -> Shot | None:
        """Return a key frame within the window: the one before ``wanted``, or after."""
        self._run = None
        tries = [(window.wanted, False), (window.wanted, True), (window.first, False)]
        for at, forward in tries:
            shot = self._key_from(at, window, forward=forward)
            if shot:
                return shot
        return None

    def exact(self, window: Window) -> Shot | None:
        """Return the frame on screen at ``wanted``, decoding from its key frame."""
        shot, start, whole_from = None, window.wanted, 0.0
        for _ in range(_RUN_UPS):
            run = self._run_from(start)
            self._run = run
            if run is None:
                return None
            begin, run.whole_from = run.key, whole_from
            shot = self._forward(run, window)
            if run.best or begin <= 0:
                break
            # Nothing up to the wanted time: with intra refresh the picture is whole
            # only some time after its key frame, so begin one key frame earlier.
            start, whole_from = begin - _RUN_UP_S, whole_from or begin
        return shot

    def _continues(self, run: _Run, window: Window) -> bool:
        """Whether to decode on: no key frame from here to the window's end.

        So the answer is the one that a search from scratch would give.
        """
        here = run.best.at if run.best else run.key
        if run.done or window.wanted < here or window.first <= run.key:
            return False
        if self._scout is None:
            self._scout = self._open_reader()
        key = _last_key(self._scout, window.last)
        return key is not None and key <= run.key + _EPSILON

    def _key_from(self, at: float, window: Window, *, forward: bool) -> Shot | None:
        reader = self.reader
        if not reader.seek(at, forward=forward):
            return None
        packets = reader.packets()
        for packet in packets:
            time = reader.time_of(packet)
            if not packet.is_keyframe or packet.is_corrupt or time is None:
                continue
            if not window.first - _EPSILON <= time <= window.last + _EPSILON:
                return None
            shot = self._decode_key(packet, packets)
            if shot:
                return shot
        return None

    def _decode_key(
        self, key: "Packet[VideoStream]", packets: "Iterator[Packet[VideoStream]]"
    ) -> Shot | None:
        """Decode one key frame and a few after it, then empty the decoder."""
        frames: list[VideoFrame] = []
        try:
            frames += self.reader.decode(key)
            for packet in islice(packets, _FOLLOWING):
                if packet.is_keyframe or packet.is_corrupt:
                    break
                frames += self.reader.decode(packet)
        except FFmpegError:
            pass  # what came before the damage is good
        return self._pick(frames + self._drain(), key.pts)

    def _drain(self) -> list[VideoFrame]:
        try:
            return list(self.reader.decode(None))
        except FFmpegError:
            return []
        finally:
            self.reader.flush()

    def _pick(self, frames: list[VideoFrame], pts: int | None) -> Shot | None:
        whole = [f for f in frames if f.pts is not None and not f.is_corrupt]
        for place, frame in enumerate(whole):
            if frame.pts == pts or (pts is None and frame.key_frame):
                after = tuple(whole[place + 1 :])
                return Shot(self.reader.seconds(frame.pts or 0), frame, after)
        return None

    def _run_from(self, wanted: float) -> _Run | None:
        """Start decoding at a key frame at or before ``wanted``, or the very first."""
        for back in _BACK_OFF_S:
            start = max(0.0, wanted - back)
            key = _seek_to_key(self.reader, start)
            if key is not None and (key[0] <= wanted or start <= 0):
                return _Run(key[1], key[0])
        key = _seek_to_key(self.reader, 0.0)
        return _Run(key[1], key[0]) if key else None

    def _forward(self, run: _Run, window: Window) -> Shot | None:
        """Decode until a frame later than ``wanted`` comes out."""
        while True:
            while run.held and run.held[0].at <= window.wanted + _EPSILON:
                run.best = run.held.pop(0)
            if run.held or run.done:
                break
            self._step(run)
        while len(run.held) < _FOLLOWING + 1 and not run.done:
            self._step(run)
        return _choose(run, window)

    def _step(self, run: _Run) -> None:
        """Feed one packet; after damage, wait for the next key frame."""
        self._beat()
        packet = next(run.packets, None)
        if packet is None:
            run.done = True
            self._hold(run, self._drain())
            return
        # Behind a hole the decoder would show old pictures at new times.
        run.broken = run.broken or packet.is_corrupt
        if run.broken and (packet.is_corrupt or not packet.is_keyframe):
            return
        if run.broken:
            self.reader.flush()
            run.broken = False
        if packet.is_keyframe:
            run.key = self.reader.time_of(packet) or run.key
        try:
            self._hold(run, self.reader.decode(packet))
        except FFmpegError:
            # What is shown before the key frame that it follows, as at the seams of
            # open groups of pictures, nothing later is built on.
            time = self.reader.time_of(packet)
            run.broken = time is None or time >= max(run.key, run.whole_from)

    def _hold(self, run: _Run, frames: list[VideoFrame]) -> None:
        for frame in frames:
            if frame.pts is None or frame.is_corrupt:
                continue
            at = self.reader.seconds(frame.pts)
            if at >= run.whole_from:
                run.held.append(Shot(at, frame))
        run.held.sort(key=lambda shot: shot.at)


def _choose(run: _Run, window: Window) -> Shot | None:
    """Take what is on screen at ``wanted``; across a hole, what comes soon after."""
    best, later = run.best, run.held[0] if run.held else None
    if best and window.wanted - best.at <= max(window.reach, _stays(best)):
        return _followed(best, run.held)
    if later and later.at <= window.last + _EPSILON:
        return _followed(later, run.held[1:])
    return None


def _followed(shot: Shot, after: list[Shot]) -> Shot:
    following = tuple(later.frame for later in after[:_FOLLOWING])
    return Shot(shot.at, shot.frame, following)


def _stays(shot: Shot) -> float:
    """How long the container says the frame is shown, in seconds."""
    base = shot.frame.time_base
    return float(shot.frame.duration * base) if shot.frame.duration and base else 0.0


def _last_key(reader: Reader, until: float) -> float | None:
    """Return the time of the last key frame up to ``until``."""
    for back in _BACK_OFF_S:
        found = _seek_to_key(reader, max(0.0, until - back))
        if found and found[0] <= until + _EPSILON:
            # MPEG-TS moves to anywhere near by: there may be later ones.
            return _latest_key(reader, found, until) if back else found[0]
    return None


def _latest_key(
    reader: Reader, found: "tuple[float, Iterator[Packet[VideoStream]]]", until: float
) -> float:
    latest, packets = found
    for packet in packets:
        time = reader.time_of(packet)
        if time is None or not packet.is_keyframe:
            continue
        if time > until + _EPSILON:
            break
        latest = time
    return latest


def _seek_to_key(
    reader: Reader, at: float
) -> "tuple[float, Iterator[Packet[VideoStream]]] | None":
    """Seek, and return the first key frame's time and the packets from it on."""
    if not reader.seek(at):
        return None
    packets = reader.packets()
    for packet in packets:
        time = reader.time_of(packet)
        if packet.is_keyframe and time is not None:
            return time, _chain(packet, packets)
    return None


def _chain(
    first: "Packet[VideoStream]", rest: "Iterator[Packet[VideoStream]]"
) -> "Iterator[Packet[VideoStream]]":
    yield first
    yield from rest
