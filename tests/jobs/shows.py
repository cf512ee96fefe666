"""Small shows and lots of pictures, made on the spot, and who looks at them."""

import threading
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from idolens.archive import open_archive
from idolens.errors import EngineError, TemporaryError
from idolens.jobs import open_jobs
from idolens.media import Source
from idolens.review import Policy, check_policy
from idolens.settings import Settings
from tests.fakes import FakeEngine

SESSION = "20261123-080000-abcdef"

POLICY = """
name: two-questions
title: {zh: 两个问题, en: Two questions}
questions:
  - key: exposure
    kind: yes_no
    instruction: 画面中的人物着装是否暴露?
    label: {zh: 暴露着装, en: Exposure}
    risks:
      - {when: yes, sub_label: {zh: 暴露着装, en: Exposed}, level: high}
  - key: scene
    kind: choice
    instruction: 这是什么场景?
    label: {zh: 场景, en: Scene}
    options: [室内舞台, 户外公园]
"""

WEAR = """
  - key: wear
    kind: tags
    instruction: 列出人物的服装。
    label: {zh: 服装, en: Clothes}
    namespace: wear
"""
"""One more question; it may be put behind `POLICY`."""


def policy() -> Policy:
    return check_policy(POLICY)


def home(folder: Path, **changes) -> Settings:
    return Settings(home=folder / "home", **({"disk_reserve_mib": 1} | changes))


def scene(number: int, width: int = 160, height: int = 90) -> np.ndarray:
    """A mosaic that looks like no other number's."""
    blocks = np.random.default_rng(number).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return np.asarray(
        Image.fromarray(blocks).resize((width, height), Image.Resampling.NEAREST)
    )


def lot(folder: Path, count: int) -> list[Source]:
    """Still pictures, all different."""
    folder.mkdir()
    sources = []
    for number in range(count):
        path = folder / f"{number:04}.png"
        Image.fromarray(scene(number)).save(path)
        sources.append(Source(path=path, name=path.name, kind="picture"))
    return sources


def nearly_alike(folder, count: int) -> list[Source]:
    """Stills of two scenes; in each something small is at another place."""
    folder.mkdir()
    sources = []
    for number in range(count):
        pixels = scene(number // 4, 320, 180).copy()
        column = 20 + 16 * (number % 4)
        pixels[40:48, column : column + 8] = 255 - pixels[40:48, column : column + 8]
        path = folder / f"{number:04}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        sources.append(Source(path=path, name=path.name, kind="picture"))
    return sources


def show(path: Path, seconds: int) -> Source:
    """A recording of one picture a second: scenes of seven, some black, some frozen."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=1)
        stream.width, stream.height = 160, 90
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, 1)
        stream.codec_context.gop_size = 5
        for second in range(seconds):
            if second % 97 in range(40, 44):
                picture = np.zeros((90, 160, 3), np.uint8)
            else:
                picture = scene(second if second % 50 > 10 else second // 50)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = second
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return Source(path=path, name=path.name, kind="recording")


@contextmanager
def jobs_in(settings: Settings, engine: FakeEngine | None = None):
    """An archive and its jobs, with a fake engine."""
    asked = engine or FakeEngine()
    with (
        open_archive(settings) as archive,
        open_jobs(archive, lambda _name: asked, settings) as jobs,
    ):
        yield archive, jobs


class PassingError(TemporaryError):
    delay_s = 0.01


class MoodyEngine(FakeEngine):
    """Answers like the fake, but for the calls it was told to refuse.

    Args:
        refuse: which calls of `answer` fail, counted from 0.
        error: what they raise.
    """

    def __init__(self, refuse, error) -> None:
        super().__init__()
        self._refuse = refuse
        self._error = error
        self.calls = 0

    def answer(self, pictures, questions):
        call, self.calls = self.calls, self.calls + 1
        if call in self._refuse:
            raise self._error
        return super().answer(pictures, questions)


class SlowEngine(FakeEngine):
    """Waits at its second call until it is let go; says when it has got there."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.calls = 0

    def answer(self, pictures, questions):
        self.calls += 1
        if self.calls == 2:
            self.reached.set()
            self.go_on.wait(20)
        return super().answer(pictures, questions)


BUSY = PassingError("busy", "忙")
BROKEN = EngineError("The engine broke: start it again.", "引擎已损坏:请重新启动。")
