"""A two-hour 720p show for the benchmarks, made once and kept out of git.

Drawn shots with a moving camera, sweeping light and confetti, at the bit rate that OBS
suggests for streaming 720p; still pictures would decode faster than any real show.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count, islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from training.scenes import Scene, draw, sample

WIDTH, HEIGHT, RATE = 1280, 720, 30
PART_S = 306
"""Length of the drawn part; it is repeated packet by packet to fill the show. No
divisor of an hour, so that each minute shows another moment of it."""
SHOT_S = 6
FIRST_SEED = 30_000_000
BITS_PER_S = 2_500_000
_MARGIN = 96
_CONFETTI = 240


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
                "maxrate": str(BITS_PER_S),
                "bufsize": str(2 * BITS_PER_S),
                "bf": "3",
                "g": str(gop),
                "keyint_min": str(gop),
                "sc_threshold": "0",
            },
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = BITS_PER_S
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
    """Yield drawn shots: the camera sways, a beam of light sweeps, confetti falls."""
    chance = np.random.default_rng(FIRST_SEED)
    paper = chance.random((_CONFETTI, 3)) * (WIDTH, HEIGHT, 1)
    colours = chance.integers(60, 256, (_CONFETTI, 3), dtype=np.uint8)
    beam = _beam()
    for shot, scene in enumerate(islice(_scenes(), PART_S // SHOT_S)):
        wide = draw(scene, WIDTH + _MARGIN, HEIGHT).image
        for step in range(SHOT_S * RATE):
            now = shot * SHOT_S + step / RATE
            left = round(_MARGIN / 2 * (1 + np.sin(now)))
            at = round(WIDTH / 2 * (1 + np.sin(now * 1.7)))
            light = beam[WIDTH - at : 2 * WIDTH - at]
            frame = _lit(wide[:, left : left + WIDTH], light)
            for (x, y, pace), colour in zip(paper, colours, strict=True):
                down = int(y + now * (60 + 90 * pace)) % HEIGHT
                across = int(x + 20 * np.sin(now * 2 + 6 * pace)) % WIDTH
                frame[down : down + 6, across : across + 4] = colour
            yield frame


def _scenes() -> Iterator[Scene]:
    """Yield scenes with somebody on stage: flat colours and noise are no show."""
    for seed in count(FIRST_SEED):
        scene = sample(seed)
        if scene.kind == "idol":
            yield scene


def _lit(pixels: NDArray[np.uint8], gains: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Brighten or darken each column by its gain."""
    whole = np.broadcast_to(gains[None, :, None], pixels.shape)
    return cv2.multiply(pixels, np.ascontiguousarray(whole), dtype=cv2.CV_8U)


def _beam() -> NDArray[np.float32]:
    """Gains of a soft beam in the middle of twice a picture's width."""
    across = np.arange(2 * WIDTH) - WIDTH
    return (0.8 + 0.4 * np.exp(-((across / 160) ** 2))).astype(np.float32)
