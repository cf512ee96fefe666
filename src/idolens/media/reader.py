"""An open recording: its facts, seeking and packets. Runs in the decoder's child.

Times here are seconds since the first picture, as floats; FFmpeg's own units stop
at this file.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import av
import av.error
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from idolens.errors import MediaError, TooLargeError
from idolens.media.kinds import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.packet import Packet

FFmpegError = av.error.FFmpegError

_WHITELIST: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,flv,mpegts"
_STREAMS: Final = 32
_TAIL_S: Final = 10.0
_SLACK_S: Final = 1.0
_HOUR_S: Final = 3600
_STRAY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Caps:
    """What a recording may be at most: pixels of a frame, and hours."""

    pixels: int
    side: int
    hours: float


class Reader:
    """One open recording. It owns the demuxer, and a decoder of its video stream."""

    def __init__(self, fd: int, kind: Format, caps: Caps) -> None:
        self.container = _open(fd, kind)
        self.stream = _video_stream(self.container)
        _check_size(self.stream, caps)
        self._longest = caps.hours
        # MPEG-TS moves to the packet after the one at the wanted time.
        self._before = -_TAIL_S if kind is Format.MPEGTS else 0.0
        for stream in self.container.streams:
            if stream is not self.stream:
                stream.discard = Discard.all
        self.context = self.stream.codec_context
        self.context.thread_type = "SLICE"
        self.context.thread_count = 1
        # Damage ends in an error, not in a picture patched up from older ones.
        self.context.options = {"err_detect": "explode"}
        base = self.stream.time_base
        if base is None:
            raise _unreadable("its video stream has no clock", "视频流没有时间基准")
        self._tick = float(base)
        self._origin = self.stream.start_time or 0

    def seconds(self, pts: int) -> float:
        """Turn a presentation time stamp into seconds since the first picture."""
        return (pts - self._origin) * self._tick

    def time_of(self, packet: "Packet[VideoStream]") -> float | None:
        """Return when the packet's picture is shown, in seconds, if it says so."""
        stamp = packet.dts if packet.pts is None else packet.pts
        return None if stamp is None else self.seconds(stamp)

    def seek(self, at: float, *, forward: bool = False) -> bool:
        """Move to the key frame at or before ``at`` (after, if ``forward``).

        Returns:
            False when the container can't. MPEG-TS moves to any packet near by.
        """
        if at <= 0 and not forward:
            at = self._before
        offset = round(at / self._tick) + self._origin
        try:
            self.container.seek(offset, stream=self.stream, backward=not forward)
        except (FFmpegError, OverflowError):
            return False
        return True

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Give packets from here on; ends at the end of what can be read."""
        source = self.container.demux(self.stream)
        while True:
            try:
                packet = next(source)
            except (StopIteration, FFmpegError):
                return
            if packet.size:
                yield packet

    def decode(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        """Feed a packet, or None for the end; return the frames that are ready.

        Raises:
            FFmpegError: the packet is damaged.
        """
        # PyAV's annotation leaves the packet's stream open.
        decode: Callable[[object], list[VideoFrame]] = cast("Any", self.context).decode
        return decode(packet)

    def flush(self) -> None:
        """Make the decoder forget what it holds, so that it can start anew."""
        self.context.flush_buffers()

    def facts(self) -> dict[str, Any]:
        """Return duration, size, frame rate, container and codec.

        Raises:
            TooLargeError: it is longer than allowed.
        """
        stream = self.stream
        duration = self._duration()
        if duration > self._longest * _HOUR_S:
            raise TooLargeError(
                f"The recording is longer than {self._longest:g} hours; cut it, or"
                " raise the setting decode.hours.",
                f"录像超过 {self._longest:g} 小时,请先剪短,或调大设置 decode.hours。",
            )
        rate = stream.average_rate or stream.guessed_rate
        return {
            "duration_ms": round(duration * 1000),
            "width": stream.width,
            "height": stream.height,
            "frame_rate": float(rate) if rate else 0.0,
            "container": self.container.format.name,
            "codec": self.context.name,
        }

    def close(self) -> None:
        """Close the demuxer and the decoder."""
        self.container.close()

    def _duration(self) -> float:
        """Take the container's word for it, unless its last packets say otherwise.

        A header that claims more than can be read stands: the rest is failed time.
        """
        stated = self._stated_duration()
        if stated is not None and stated > self._longest * _HOUR_S:
            stated = None
        if stated is None or not self.seek(max(0.0, stated - _TAIL_S)):
            self.seek(0.0)
            return self._last_end()
        measured = self._last_end()
        after_offset = stated - max(0.0, self._origin * self._tick)
        near = min(abs(measured - stated), abs(measured - after_offset)) < _SLACK_S
        return measured if near or measured > stated else stated

    def _stated_duration(self) -> float | None:
        if self.stream.duration:
            return self.stream.duration * self._tick
        if self.container.duration and self.container.duration > 0:
            return self.container.duration / av.time_base
        return None

    def _last_end(self) -> float:
        """Return when the last picture ends; a stray time stamp does not count."""
        end, before = 0.0, None
        for packet in self.packets():
            at = self.time_of(packet)
            if at is None:
                continue
            if before is None or abs(at - before) < _STRAY_S:
                end = max(end, at + (packet.duration or 0) * self._tick)
            before = at
        return end


def _open(fd: int, kind: Format) -> InputContainer:
    """Open by descriptor: there is no name that a demuxer could build others from."""
    options = {
        "fd": str(fd),
        "protocol_whitelist": "fd",
        "format_whitelist": _WHITELIST,
    }
    try:
        return av.open("fd:", "r", format=kind.value, options=options)
    except (FFmpegError, ValueError) as error:
        raise _unreadable(f"FFmpeg says: {error}", "内容已损坏或不完整") from error


def _video_stream(container: InputContainer) -> VideoStream:
    if len(container.streams) > _STREAMS:
        raise TooLargeError(
            f"The recording has more than {_STREAMS} streams; keep the video only.",
            f"录像的流超过 {_STREAMS} 条,请只保留视频流。",
        )
    for stream in container.streams.video:
        if not stream.disposition.value & _ATTACHED_PICTURE:
            return stream
    raise _unreadable("it has no video", "文件中没有视频")


_ATTACHED_PICTURE: Final = 0x400


def _check_size(stream: VideoStream, caps: Caps) -> None:
    width, height = stream.width, stream.height
    if not width or not height:
        raise _unreadable("its picture has no size", "画面没有尺寸")
    if width * height > caps.pixels or max(width, height) > caps.side:
        raise TooLargeError(
            f"The recording's picture is {width}x{height}; at most {caps.pixels} "
            f"pixels and {caps.side} a side are opened, so scale it down first.",
            f"录像画面为 {width}x{height},超过上限({caps.pixels} 像素、"
            f"边长 {caps.side}),请先缩小。",
        )


def _unreadable(en: str, zh: str) -> MediaError:
    return MediaError(
        f"The recording cannot be read ({en}); export it again or repair it.",
        f"无法读取录像({zh}),请重新导出或修复文件。",
    )
