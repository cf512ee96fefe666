"""GLM-4.6V-Flash at full size on a graphics card: our engine against `generate`.

Builds the model with random weights (20.6 GB on the disk), loads it, and measures
questions about one new picture at 512x512 and 1280x720, memory, and a report of 120
frames with 8 questions each, against one `generate` per question.

    python -m bench.gpu --work /somewhere/with/25/GB
    python -m bench.gpu --tiny           # no card: sees that the script runs

It needs torch with CUDA, transformers, and this repository on the path; no network.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import torch

from bench.figures import RESULTS, Target, publish
from bench.full_size import (
    full_config,
    layer_parameters,
    parameters,
    tiny_config,
    write_model,
)
from bench.plain import Plain
from bench.turns import closed_questions, new_picture
from idolens.media.picture import Picture
from idolens.vlm.glm.engine import GlmEngine
from idolens.vlm.glm.options import Options

COUNTS = (1, 5, 10, 20, 50)
SIZES = {"512": (512, 512), "720p": (1280, 720)}
FRAMES, FRAME_QUESTIONS, FRAME_BATCH = 120, 8, 4
PATCHES_PER_TOKEN = 4
SIDE = 28
"""Pixels across one picture token."""
ROLE_TOKENS, QUESTION_TOKENS = 60, 45
"""About as many as ours are; only the limit below is computed with them."""


def main() -> int:
    """Build, load, measure, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 on a miss")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--work", type=Path, help="where the model is written")
    parser.add_argument("--tiny", action="store_true", help="idolens-tiny's size")
    given = parser.parse_args()
    card = torch.cuda.is_available()
    if not card and not given.tiny:
        print("not measured: there is no graphics card here (try --tiny)")
        return 0
    bench = _Bench("cuda" if card else "cpu", given.runs, tiny=given.tiny)
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        figures = bench.measure(Path(folder, "glm-4.6v-flash-random"))
    name = torch.cuda.get_device_name() if card else "no card"
    targets = [Target("glm_512_1_ms", 35), Target("glm_512_10_ms", 60)]
    targets += [Target("glm_512_next_per_first", 0.15)]
    return publish(
        "gpu-" + name.casefold().replace(" ", "-"),
        figures,
        targets,
        check=given.check,
        notes="GLM-4.6V-Flash's configuration with random weights, bfloat16; closed "
        f"questions about one new picture each time, medians of {given.runs} runs; "
        "generate: one request of one token per question; limit: the arithmetic of "
        "the same tokens at the speed of this card's own 8192-cubed product; targets "
        "are an H200's",
        about={"card": name},
        folder=None if given.tiny else RESULTS,
    )


class _Bench:
    def __init__(self, device: str, runs: int, *, tiny: bool) -> None:
        self._device, self._runs = device, runs
        self._config = tiny_config() if tiny else full_config()
        self._sizes = {"512": (256, 256)} if tiny else SIZES
        self._counts = (1, 10) if tiny else COUNTS
        self._frames = 8 if tiny else FRAMES
        self._dtype = torch.bfloat16 if device == "cuda" else torch.float32
        self._pictures = 0

    def measure(self, folder: Path) -> dict[str, float]:
        """Return all figures; the model is written to ``folder``."""
        figures = {"parameters_1e9": parameters(self._config) / 1e9}
        figures["write_s"] = _seconds(
            lambda: write_model(folder, self._config, self._device)
        )
        figures |= self._ours(folder)
        self._forget()
        figures |= self._theirs(folder)
        for size, (width, height) in self._sizes.items():
            for count in self._counts:
                asked = f"{size}_{count}"
                ours = figures[f"glm_{asked}_ms"]
                theirs = figures[f"generate_{asked}_ms"]
                figures[f"speedup_{asked}"] = theirs / ours
                figures[f"limit_{asked}_ms"] = self._limit(
                    width * height, count, figures["matmul_tflops"]
                )
        figures["report_speedup"] = figures["generate_report_s"] / figures["report_s"]
        return figures

    def _ours(self, folder: Path) -> dict[str, float]:
        begin = time.perf_counter()
        kind = "bfloat16" if self._dtype is torch.bfloat16 else "float32"
        engine = GlmEngine(folder, Options(device=self._device, dtype=kind))
        figures = {"load_s": time.perf_counter() - begin}
        figures["weights_gib"] = self._memory(torch.cuda.memory_allocated)
        with closing(engine):
            for size in self._sizes:
                for count in self._counts:
                    asked = closed_questions(count)
                    figures[f"glm_{size}_{count}_ms"] = self._median(
                        lambda asked=asked, size=size: engine.answer(
                            [self._new(size)], asked
                        )
                    )
            figures |= self._next(engine)
            figures["report_s"] = _seconds(lambda: self._report(engine))
        figures["peak_gib"] = self._memory(torch.cuda.max_memory_allocated)
        figures["matmul_tflops"] = self._matmul()
        return figures

    def _next(self, engine: GlmEngine) -> dict[str, float]:
        """Ask one question after the other about the same picture."""
        first, after = list[float](), list[float]()
        for run in range(self._runs + 1):
            picture = self._new("512")
            for number, question in enumerate(closed_questions(10)):
                seconds = _seconds(
                    lambda picture=picture, question=question: engine.answer(
                        [picture], [question]
                    )
                )
                if run:
                    (after if number else first).append(seconds)
        share = statistics.median(after) / statistics.median(first)
        return {
            "glm_512_next_ms": statistics.median(after) * 1000,
            "glm_512_next_per_first": share,
        }

    def _report(self, engine: GlmEngine) -> None:
        asked = closed_questions(FRAME_QUESTIONS)
        for _ in range(0, self._frames, FRAME_BATCH):
            engine.answer([self._new("512") for _ in range(FRAME_BATCH)], asked)

    def _theirs(self, folder: Path) -> dict[str, float]:
        plain = Plain(folder, self._device, self._dtype)
        figures: dict[str, float] = {}
        for size in self._sizes:
            for count in self._counts:
                asked = closed_questions(count)
                figures[f"generate_{size}_{count}_ms"] = self._median(
                    lambda asked=asked, size=size: plain.generate(
                        self._new(size), asked
                    )
                )
        # 960 requests take minutes and tell no more than these: scaled.
        eight = closed_questions(FRAME_QUESTIONS)
        frame = self._median(lambda: plain.generate(self._new("512"), eight))
        figures["generate_report_s"] = frame / 1000 * self._frames
        return figures

    def _new(self, size: str) -> Picture:
        self._pictures += 1
        return new_picture(self._pictures, *self._sizes[size])

    def _median(self, work: Callable[[], object]) -> float:
        """Return the median time in ms; the first run warms up."""
        return (
            statistics.median([_seconds(work) for _ in range(self._runs + 1)][1:]) * 1e3
        )

    def _memory(self, read: Callable[[], int]) -> float:
        return read() / 2**30 if self._device == "cuda" else 0.0

    def _forget(self) -> None:
        if self._device == "cuda":
            torch.cuda.empty_cache()

    def _matmul(self) -> float:
        """Return what the device computes of one large product, in TFLOP/s."""
        side = 8192 if self._device == "cuda" else 512
        left = torch.randn(side, side, device=self._device, dtype=self._dtype)

        def product() -> None:
            left @ left
            if self._device == "cuda":
                torch.cuda.synchronize()

        seconds = statistics.median([_seconds(product) for _ in range(12)][2:])
        return 2 * side**3 / seconds / 1e12

    def _limit(self, pixels: int, questions: int, tflops: float) -> float:
        """Return the least time in ms that reading all tokens once can take."""
        text, vision = layer_parameters(self._config)
        picture = pixels / SIDE**2
        tokens = ROLE_TOKENS + picture + questions * QUESTION_TOKENS
        work = 2 * (text * tokens + vision * picture * PATCHES_PER_TOKEN)
        return work / (tflops * 1e12) * 1000


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
