"""A two-hour 720p show: how long, how much memory, and what sampling costs.

Sampling is held against decoding every frame, with an OpenCV read loop and with
ffmpeg's fps filter (in PyAV's own libavfilter, one thread), in processor seconds.
Both are timed on the drawn part and scaled to the show's length. What it takes to know
the file, its facts and the digest that it goes by, is told beside: it is the same
however much is sampled.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2

from bench.figures import Target, publish
from bench.show import PART_S, part, show
from idolens.media import Source, look, plan, probe
from idolens.review.policy_file import load_policy, policy_text
from idolens.settings import Settings
from idolens.vocabulary import Milliseconds

SHOW_S = 7200
EVERY_S = 60
QUESTIONS = 8
GOPS = (250, 50)


def main() -> int:
    """Measure, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path(".work/bench"))
    arguments = parser.parse_args()

    figures: dict[str, float] = {}
    for gop in GOPS:
        figures |= _sampling(arguments.work, gop, arguments.runs)
    figures |= _analysis(show(arguments.work, GOPS[0], SHOW_S), arguments.runs)
    targets = [
        Target("analysis_s", 60),
        Target("analysis_peak_mib", 1024),
        *(
            Target(f"gop{gop}_full_decode_per_sampling_{other}", 60, at_least=True)
            for gop in GOPS
            for other in ("opencv", "ffmpeg")
        ),
    ]
    return publish(
        "recording",
        figures,
        targets,
        check=arguments.check,
        notes=f"{SHOW_S} s of 1280x720 at 30 frames/s, one frame each {EVERY_S} s, "
        f"{QUESTIONS} questions a frame; medians of {arguments.runs} runs; full "
        f"decodes timed on {PART_S} s and scaled; memory is the proportional set "
        "size of all processes together",
    )


def _sampling(work: Path, gop: int, runs: int) -> dict[str, float]:
    long, short = show(work, gop, SHOW_S), part(work, gop)
    scale = SHOW_S / PART_S
    ours = _median_cpu(lambda: _sample(long), runs)
    known = _median_cpu(lambda: _know(long), 1)
    opencv = _median_cpu(lambda: _read_all(short), 1) * scale
    ffmpeg = _median_cpu(lambda: _filter_all(short), 1) * scale
    return {
        f"gop{gop}_sampling_cpu_s": ours,
        f"gop{gop}_facts_and_digest_cpu_s": known,
        f"gop{gop}_opencv_full_decode_cpu_s": opencv,
        f"gop{gop}_ffmpeg_fps_filter_cpu_s": ffmpeg,
        f"gop{gop}_full_decode_per_sampling_opencv": opencv / ours,
        f"gop{gop}_full_decode_per_sampling_ffmpeg": ffmpeg / ours,
    }


def _source(path: Path) -> Source:
    return Source(path=path, name=path.name, kind="recording")


def _know(path: Path) -> None:
    probe(_source(path), Settings().decode)


def _sample(path: Path) -> None:
    targets = plan(Milliseconds(SHOW_S * 1000), Milliseconds(EVERY_S * 1000))
    seen = sum(1 for _ in look(_source(path), targets, settings=Settings()))
    if seen != SHOW_S // EVERY_S:
        message = f"sampled {seen} frames instead of {SHOW_S // EVERY_S}"
        raise RuntimeError(message)


def _read_all(path: Path) -> None:
    capture = cv2.VideoCapture(str(path))
    while capture.read()[0]:
        pass
    capture.release()


def _filter_all(path: Path) -> None:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        graph = av.filter.Graph()
        graph.link_nodes(
            graph.add_buffer(template=video),
            graph.add("fps", f"1/{EVERY_S}"),
            graph.add("scale", "512:-2"),
            graph.add("buffersink"),
        ).configure()
        for frame in container.decode(video):
            graph.push(frame)
            while True:
                try:
                    graph.pull()
                except (av.error.BlockingIOError, av.error.EOFError):
                    break


def _median_cpu(work: Callable[[], None], runs: int) -> float:
    """Processor seconds of this process and the children it waited for."""
    return statistics.median(_cpu_of(work) for _ in range(runs))


def _cpu_of(work: Callable[[], None]) -> float:
    before = _cpu_now()
    work()
    return _cpu_now() - before


def _cpu_now() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _analysis(recording: Path, runs: int) -> dict[str, float]:
    seconds, peaks = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            policy = Path(folder, "eight.yaml")
            policy.write_text(_eight_questions(), encoding="utf-8")
            begin = time.perf_counter()
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "idolens", "analyze", str(recording)),
                    *("--every", f"{EVERY_S}s", "--policy", str(policy), "--json"),
                    *("--out", str(Path(folder, "out"))),
                ],
                env={
                    "IDOLENS_HOME": str(Path(folder, "data")),
                    "PATH": "/usr/bin:/bin",
                },
                stdout=subprocess.PIPE,
            )
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, _tree_mib(process.pid))
                time.sleep(0.1)
            seconds.append(time.perf_counter() - begin)
            peaks.append(peak)
            if process.returncode:
                message = f"idolens analyze ended with {process.returncode}"
                raise RuntimeError(message)
    return {
        "analysis_s": statistics.median(seconds),
        "analysis_peak_mib": max(peaks),
    }


def _eight_questions() -> str:
    shipped = load_policy("livestream-zh")
    questions = shipped.questions[:QUESTIONS]
    eight = shipped.model_copy(
        update={"name": "eight-questions", "questions": questions}
    )
    return policy_text(eight)


def _tree_mib(pid: int) -> float:
    """Proportional set size of a process and its children, in MiB."""
    total = 0.0
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += float(rollup.partition("\nPss:")[2].split()[0]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text().split()
            total += sum(_tree_mib(int(child)) for child in children)
    except (FileNotFoundError, ProcessLookupError, IndexError):
        pass  # the process ended while we were looking
    return total


if __name__ == "__main__":
    sys.exit(main())
