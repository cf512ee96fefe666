"""How long a threshold slider waits: `python -m bench.trying`.

A session of 50,000 frames and three questions, with about 10,000 findings; the time is
that from the request's thresholds to the reply's bytes, once the session is at hand.
"""

import json
import time
from pathlib import Path
from random import Random
from statistics import median

from bench.figures import machine
from idolens.media.frame import Frame, FrameState
from idolens.review import check_policy
from idolens.review.trial import Trial
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import FrameId, Milliseconds, QuestionKey, Sha256
from idolens.web.api.trying import ThresholdAsked, changed, written

FRAMES = 50_000
TURNS = 21
RESULT = Path(__file__).parent / "results" / "trying.json"
_POLICY = """
name: slider
title: {zh: 滑块, en: Slider}
questions:
"""
_QUESTION = """
  - key: %s
    kind: yes_no
    instruction: 画面中是否有%s?
    label: {zh: %s, en: %s}
    risks:
      - {when: yes, sub_label: {zh: %s, en: %s}, level: high, block_at: 0.95}
"""


def main() -> None:
    """Measure, print, and keep the result."""
    keys = ("exposure", "logo", "weapon")
    policy = check_policy(_POLICY + "".join(_QUESTION % ((key,) * 6) for key in keys))
    chance = Random(5)  # noqa: S311 - the same session every time
    frames: list[Frame] = []
    answers: dict[FrameId, list[Answer]] = {}
    for number in range(FRAMES):
        name, start = FrameId(f"f{number:06}"), Milliseconds(number * 1000)
        frames.append(
            Frame(
                id=name,
                at=start,
                start=start,
                end=Milliseconds(start + 1000),
                state=FrameState.KEPT,
                picture=Sha256(f"{number:064x}"),
            )
        )
        answers[name] = [_answer(key, chance.betavariate(0.5, 4)) for key in keys]
    begun = time.perf_counter()
    trial = Trial(
        frames,
        answers,
        policy,
        duration=Milliseconds(FRAMES * 1000),
        dismissals={},
    )
    opened_s = time.perf_counter() - begun
    times: list[float] = []
    counts: list[int] = []
    for turn in range(TURNS):
        asked = [ThresholdAsked(question="exposure", review_at=0.2 + 0.001 * turn)]
        begun = time.perf_counter()
        outcome = trial.outcome(changed(trial.policy, asked))
        written(trial, outcome)
        times.append((time.perf_counter() - begun) * 1000)
        counts.append(len(outcome.findings))
    result = {
        "machine": machine(),
        "frames": FRAMES,
        "questions": len(keys),
        "findings": {"least": min(counts), "most": max(counts)},
        "first_s": round(opened_s, 2),
        "p50_ms": round(median(times), 1),
        "worst_ms": round(max(times), 1),
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))


def _answer(key: str, yes: float) -> Answer:
    said = "yes" if yes >= 0.5 else "no"  # noqa: PLR2004
    return Answer(
        key=QuestionKey(key),
        status=Status.OK,
        value=said,
        probability=max(yes, 1 - yes),
        options={"yes": yes, "no": 1 - yes},
        label_mass=0.99,
        raw=said,
        engine="embedded",
        model="none",
        model_revision="r1",
        prompt_version="zh-1",
        latency_ms=1.0,
    )


if __name__ == "__main__":
    main()
