"""Draws the sample concert and the sample pictures, with the truth beside them.

Run as ``python -m training.concert --out samples``. The seeds lie far from those
the embedded model learns from, so that its report on the concert is honest. The
concert holds two risk events, a black gap and a frozen stretch of known times.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from training.programme import PICTURES, SHOTS, Shot, Words
from training.scenes import Scene, draw, sample

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 640, 360
FRAMES_A_SECOND = 24
DURATION_S = 180
BLACK_S = (60.0, 70.0)
FROZEN_S = (140.0, 155.0)
FADE_S = 0.5
"""Half the length of a cross-fade, to either side of the cut."""
KEY_FRAME_EVERY = 48


def staged(seed: int, words: Words, framing: str = "bust") -> Scene:
    """Makes a clean, well-framed scene: its words fixed, its drawing by seed."""
    plain = {"count": "一个人", "exposure": "正常着装"}
    return replace(
        sample(seed),
        **plain | words,
        kind="idol",
        framing=framing,
        facing="front",
        zoom=1.0,
        shift=(0.0, 0.0),
        lean=0.0,
        line=1.6,
        toned_line=True,
        shading="cel",
        brand_place="corner" if words.get("brand") == "自家徽标" else "backdrop",
        backdrop_blur=0.0,
        overlay="none",
        grain=0.0,
        softness=0.0,
        jpeg=0,
        brightness=1.0,
        contrast=1.0,
        vignette=0.0,
        bokeh=0,
    )


def posed(scene: Scene, at: float) -> Scene:
    """Lets the singer sway."""
    return replace(
        scene,
        shift=(
            scene.shift[0] + 0.07 * math.sin(at * 1.1),
            scene.shift[1] + 0.02 * math.sin(at * 2.2),
        ),
        lean=scene.lean + 1.4 * math.sin(at * 1.1 + 0.6),
    )


def scene_at(shot: Shot, at: float) -> Scene:
    """Gives the shot's scene at a time, with what goes wrong just then."""
    scene = staged(shot.seed, shot.words, shot.framing)
    for event in shot.events:
        if event.start_s <= at < event.end_s:
            scene = replace(scene, **{event.attribute: event.word})
    return posed(scene, at)


def picture_at(at: float) -> Pixels:
    """Draws the concert's picture at a time in seconds."""
    if BLACK_S[0] <= at < BLACK_S[1]:
        return np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for index, shot in enumerate(SHOTS):
        if shot.fades_in and abs(at - shot.start_s) < FADE_S:
            share = (at - shot.start_s + FADE_S) / (2 * FADE_S)
            before, after = _drawn(SHOTS[index - 1], at), _drawn(shot, at)
            return (before * (1 - share) + after * share).astype(np.uint8)
    return next(_drawn(shot, at) for shot in SHOTS if shot.start_s <= at < shot.end_s)


def _drawn(shot: Shot, at: float) -> Pixels:
    return draw(scene_at(shot, at), WIDTH, HEIGHT, at).image


def frames() -> Iterator[Pixels]:
    """Yields every frame; those of the frozen stretch are bit-identical."""
    last = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for number in range(DURATION_S * FRAMES_A_SECOND):
        at = number / FRAMES_A_SECOND
        if not FROZEN_S[0] < at < FROZEN_S[1]:
            last = picture_at(at)
        yield last


def write_concert(target: Path) -> None:
    """Encodes the concert as H.264 in MP4."""
    with av.open(target, "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FRAMES_A_SECOND)
        stream.codec_context.gop_size = KEY_FRAME_EVERY
        stream.options = {"crf": "27", "preset": "medium", "tune": "animation"}
        stream.codec_context.thread_count = 1
        for number, pixels in enumerate(frames()):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def concert_truth() -> dict[str, Any]:
    """Says what the concert holds, and when, in milliseconds."""
    shots: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for shot in SHOTS:
        scene = staged(shot.seed, shot.words, shot.framing)
        shots.append(
            {
                "start_ms": _ms(shot.start_s),
                "end_ms": _ms(shot.end_s),
                "truth": draw(scene, WIDTH, HEIGHT, shot.start_s).truth,
            }
        )
        events += [
            {
                "label": event.label,
                "attribute": event.attribute,
                "value": event.word,
                "start_ms": _ms(event.start_s),
                "end_ms": _ms(event.end_s),
            }
            for event in shot.events
        ]
    return {
        "file": "concert.mp4",
        "duration_ms": DURATION_S * 1000,
        "width": WIDTH,
        "height": HEIGHT,
        "frames_per_second": FRAMES_A_SECOND,
        "shots": shots,
        "risk_events": events,
        "black": [{"start_ms": _ms(BLACK_S[0]), "end_ms": _ms(BLACK_S[1])}],
        "frozen": [{"start_ms": _ms(FROZEN_S[0]), "end_ms": _ms(FROZEN_S[1])}],
        "cross_fades": [
            {"start_ms": _ms(s.start_s - FADE_S), "end_ms": _ms(s.start_s + FADE_S)}
            for s in SHOTS
            if s.fades_in
        ],
    }


def write_pictures(folder: Path) -> list[dict[str, Any]]:
    """Draws the still samples and returns their truths."""
    folder.mkdir(parents=True, exist_ok=True)
    truths: list[dict[str, Any]] = []
    for name, seed, (width, height), words in PICTURES:
        scene = staged(seed, words, "half")
        if not words:
            scene = replace(scene, kind="photo")
        drawing = draw(scene, width, height)
        Image.fromarray(drawing.image).save(folder / name, quality=92)
        truths.append({"file": f"pictures/{name}", "truth": drawing.truth})
    return truths


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _save(target: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    target.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Writes samples/: the concert, the pictures and their truths."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--pictures-only", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    truths = write_pictures(options.out / "pictures")
    _save(options.out / "pictures.truth.json", truths)
    _save(options.out / "concert.truth.json", concert_truth())
    if not options.pictures_only:
        write_concert(options.out / "concert.mp4")


if __name__ == "__main__":
    main()
