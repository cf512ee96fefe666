"""An open recording, asked for frames by message. Runs in the decoder's child."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from idolens.media.kinds import Format
from idolens.media.reader import Caps, Reader
from idolens.media.render import Renderer
from idolens.media.shots import Shot, Shots, Window
from idolens.media.wire import Message

_HINTS: Final = (1, 3)
"""Which of the frames after a key frame to hint at: evenly spaced from it."""


class OpenRecording:
    """Answers requests for frames.

    Args:
        fds: the file, opened twice: FFmpeg moves the position of each.
        kind: its format by signature.
        caps: limits.
        beat: called now and then while work goes on.
    """

    def __init__(
        self, fds: tuple[int, ...], kind: Format, caps: Caps, beat: Callable[[], None]
    ) -> None:
        spare = list(fds)
        self._shots = Shots(lambda: Reader(spare.pop(0), kind, caps), beat)
        reader = self._shots.reader
        self._renderer = Renderer(reader.stream.sample_aspect_ratio)

    def facts(self) -> dict[str, Any]:
        """Return duration, size as shown, frame rate, container and codec."""
        return self._shots.reader.facts()

    def shot(self, request: dict[str, Any]) -> Message:
        """Return the frame that ``request`` asks for: RGB, then grey hints.

        The header holds ``at`` (ms), ``width``, ``height``, ``turn`` and the size and
        count of the hints; it is ``{"at": null}`` when there is no such frame.
        """
        window = Window(
            **{
                name: request[name] / 1000
                for name in ("wanted", "first", "last", "reach")
            }
        )
        find = {
            "near": self._shots.near,
            "key": self._shots.key,
            "exact": self._shots.exact,
        }
        shot = find[request["do"]](window)
        return Message({"at": None}) if shot is None else self._message(shot)

    def close(self) -> None:
        """Close the recording."""
        self._shots.close()

    def _message(self, shot: Shot) -> Message:
        picture = self._renderer.picture(shot.frame)
        header = {"at": round(shot.at * 1000)} | asdict(picture)
        header.pop("data")
        hints: list[bytes] = []
        if len(shot.following) > max(_HINTS):
            frames = (shot.frame, *(shot.following[place] for place in _HINTS))
            shown = [self._renderer.hint(frame) for frame in frames]
            header["hint"] = [shown[0].height, shown[0].width]
            hints = [hint.data for hint in shown]
        return Message(header | {"hints": len(hints)}, b"".join([picture.data, *hints]))
