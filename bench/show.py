"""A two-hour 720p show for the benchmarks, made once and kept out of git."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from training.scenes import draw, sample

WIDTH, HEIGHT, RATE = 1280, 720, 30
PART_S = 420
"""Length of the drawn part; it is repeated packet by packet to fill the show."""
SHOT_S = 6
FIRST_SEED = 30_000_000


def part(folder: Path, gop: int) -> Path:
    """Return the drawn part, `PART_S` seconds long, drawing it when missing."""
    path = folder / f"part-{gop}.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished.mp4")
    with av.open(str(unfinished), "w") as output:
        stream = output.add_stream(
            "libx264",
            rate=RATE,
            options={
                "preset": "veryfast",
                "crf": "23",
                "bf": "3",
                "g": str(gop),
                "keyint_min": str(gop),
                "sc_threshold": "0",
            },
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index, pixels in enumerate(_frames()):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    unfinished.rename(path)
    return path


def show(folder: Path, gop: int, seconds: int = 7200) -> Path:
    """Return a show of ``seconds``: the drawn part, repeated without re-encoding."""
    path = folder / f"show-{gop}-{seconds}.mp4"
    if path.exists():
        return path
    source = part(folder, gop)
    unfinished = path.with_suffix(".unfinished.mp4")
    with av.open(str(unfinished), "w") as output:
        stream = None
        for offset in range(0, seconds, PART_S):
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                if stream is None:
                    stream = output.add_stream_from_template(video)
                shift = int(offset / video.time_base)
                end = int(seconds / video.time_base)
                for packet in container.demux(video):
                    if packet.dts is None or packet.dts + shift >= end:
                        continue
                    packet.dts += shift
                    packet.pts += shift
                    packet.stream = stream
                    output.mux(packet)
    unfinished.rename(path)
    return path


def _frames() -> Iterator[NDArray[np.uint8]]:
    """Yield drawn shots with a slow pan, so that every frame differs."""
    margin = 96
    for shot in range(PART_S // SHOT_S):
        wide = draw(sample(FIRST_SEED + shot), WIDTH + margin, HEIGHT).image
        for step in range(SHOT_S * RATE):
            left = step * margin // (SHOT_S * RATE)
            yield np.ascontiguousarray(wide[:, left : left + WIDTH])
