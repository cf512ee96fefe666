"""Many questions about one picture: every way to ask the same checkpoint.

idolens-tiny on the same threads, in one run, taking turns:

- `glm`: our engine on torch; `embedded`: our engine on ONNX Runtime;
- `generate`: transformers' `generate(max_new_tokens=1)` per question;
- `pipeline`: transformers' own decision pipeline, all questions in one call;
- `serve`: `transformers serve` over HTTP, all questions in one `/v1/systemone`.

Then how much of the first question's time the next ones about the same picture cost.
"""

import json
import os
import statistics
import sys
import time
from contextlib import ExitStack, closing

import torch

from bench.figures import Target, publish
from bench.plain import Plain, systemone
from bench.serving import Client, serving, transformers_serve
from bench.turns import (
    CHECKPOINT,
    Way,
    arguments,
    closed_questions,
    new_picture,
    stored_in,
    take_turns,
)
from idolens.settings import GlmSettings, Settings
from idolens.vlm.catalog import open_engine
from idolens.vlm.engine import Engine

COUNTS = (1, 5, 10, 20, 50)
OURS = ("glm", "embedded")
THEIRS = ("generate", "pipeline", "serve")
REUSED = 9
"""Questions asked one by one about a picture that was just asked about."""


def main() -> int:
    """Measure, print and store the figures."""
    given = arguments(__doc__)
    runs, counts = (1, (1, 5)) if given.quick else (given.runs, COUNTS)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    figures: dict[str, float] = {}
    with ExitStack() as stack:
        glm = stack.enter_context(closing(open_engine(_settings("glm"))))
        ways = _ways(glm, stack)
        for count in counts:
            questions = closed_questions(count)
            median = take_turns(ways, questions, runs, warm=0 if given.quick else 1)
            best = min(median[name] for name in THEIRS)
            figures |= {f"{name}_{count}_ms": ms for name, ms in median.items()}
            figures |= {
                f"{name}_speedup_over_best_{count}": best / median[name]
                for name in OURS
            }
        figures |= _reuse(glm, runs)
    targets = [Target("glm_next_per_first", 0.15)]
    targets += [
        Target(f"glm_speedup_over_best_{count}", bound, at_least=True)
        for count, bound in ((10, 8), (50, 12))
        if count in counts
    ]
    return publish(
        "engines",
        figures,
        targets,
        check=given.check,
        notes="closed questions about one new 512x288 picture each time; medians of "
        f"{runs} runs in turn; float32, all cores for each; best: the fastest of "
        f"{', '.join(THEIRS)} in the same run; next_per_first: each of {REUSED} "
        "questions asked one by one behind the first, in shares of its time",
        folder=stored_in(given),
    )


def _settings(engine: str) -> Settings:
    return Settings(
        engine=engine,
        glm=GlmSettings(model=str(CHECKPOINT), device="cpu", dtype="float32"),
    )


def _ways(glm: Engine, stack: ExitStack) -> dict[str, Way]:
    embedded = stack.enter_context(closing(open_engine(_settings("embedded"))))
    plain = Plain(CHECKPOINT)
    served = stack.enter_context(serving(transformers_serve(CHECKPOINT), "/health"))
    client = stack.enter_context(closing(Client(served.port)))
    name = str(CHECKPOINT.absolute())
    return {
        "glm": lambda picture, asked: glm.answer([picture], asked),
        "embedded": lambda picture, asked: embedded.answer([picture], asked),
        "generate": plain.generate,
        "pipeline": plain.decide,
        "serve": lambda picture, asked: client.post(
            "/v1/systemone",
            json.dumps({"model": name, **systemone(picture, asked)}).encode(),
        ),
    }


def _reuse(engine: Engine, runs: int) -> dict[str, float]:
    """Ask one question after the other about one picture."""
    questions = closed_questions(REUSED + 1)
    first, after = list[float](), list[float]()
    for run in range(runs + 1):
        picture = new_picture(90_000 + run, 512, 512)
        for number, question in enumerate(questions):
            begin = time.perf_counter()
            engine.answer([picture], [question])
            seconds = time.perf_counter() - begin
            if run:
                (after if number else first).append(seconds * 1000)
    found = {
        "glm_first_ms": statistics.median(first),
        "glm_next_ms": statistics.median(after),
    }
    return found | {"glm_next_per_first": found["glm_next_ms"] / found["glm_first_ms"]}


if __name__ == "__main__":
    sys.exit(main())
