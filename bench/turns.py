"""Takes turns between the ways of doing something, so that noise hits them alike."""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench.figures import RESULTS
from idolens.media.picture import Picture
from idolens.review import load_policy
from idolens.vlm.question import Choice, Question, Score, YesNo
from idolens.vocabulary import QuestionKey

CHECKPOINT = Path("src/idolens/vlm/models/idolens-tiny")
SEED = 31_000_000
WIDTH, HEIGHT = 512, 288
_THINGS = ("汉服", "旗袍", "西装", "泳装", "卫衣", "水手服", "女仆装", "铠甲")
_PLACES = ("舞台", "室内", "户外", "街道", "海边", "雪地", "教室", "森林")

Way = Callable[[Picture, Sequence[Question]], object]


def arguments(description: str | None) -> argparse.Namespace:
    """Read what every benchmark of engines takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="exit 1 on a miss")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument(
        "--quick", action="store_true", help="once around, to see that it runs"
    )
    return parser.parse_args()


def stored_in(given: argparse.Namespace) -> Path | None:
    """Return where results go; a quick run measures nothing worth keeping."""
    return None if given.quick else RESULTS


def closed_questions(count: int) -> list[Question]:
    """Return ``count`` different closed questions, a policy's own first."""
    asked = [entry.question() for entry in load_policy("livestream-zh").questions]
    closed = [one for one in asked if isinstance(one, YesNo | Choice | Score)]
    number = 0
    while len(closed) < count:
        thing, place = _THINGS[number % 8], _PLACES[number // 8 % 8]
        closed.append(
            YesNo(
                key=QuestionKey(f"is-{number}"),
                instruction=f"画面中是否有人在{place}穿着{thing}?",
            )
        )
        number += 1
    return closed[:count]


def new_picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Make a picture that no engine has seen: soft noise.

    What it shows changes no engine's speed, and no drawing library is needed.
    """
    noise = np.random.default_rng(SEED + number)
    rough = noise.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    smooth = Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)
    return Picture(np.asarray(smooth))


def take_turns(
    ways: Mapping[str, Way], questions: Sequence[Question], runs: int, *, warm: int = 1
) -> dict[str, float]:
    """Return each way's median time in ms for all ``questions`` about a new picture."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + warm):
        picture = new_picture(len(questions) * 100 + run)
        for name, ask in ways.items():
            begin = time.perf_counter()
            ask(picture, questions)
            if run >= warm:
                times[name].append((time.perf_counter() - begin) * 1000)
    return {name: statistics.median(taken) for name, taken in times.items()}
