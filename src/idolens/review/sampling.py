"""The QA sample: passed frames that people look at too, so that misses are counted.

Drawn by lot, evenly over the session: the passed frames are cut into as many equal
stretches as the sample has frames, and one is drawn from each. The same session and
policy draw the same frames.
"""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from idolens.media.frame import Frame, FrameState
from idolens.review.judge import Judgement
from idolens.review.moments import SEEN
from idolens.review.policy import Policy

SAMPLE = "sample:"
"""What the name of a sampled frame begins with, where a finding has its id."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The passed frames that people look at too.

    Attributes:
        frames: those that were drawn, in order of time.
        passed: how many they were drawn from.
    """

    frames: tuple[Frame, ...]
    passed: int


def drawn(
    frames: Sequence[Frame], judgement: Judgement, policy: Policy, session: str
) -> Sample:
    """Draw the QA sample of a session."""
    those = passed(frames, judgement, policy)
    seed = f"{session}/{policy.version}"
    return Sample(sample(those, policy.reviewed.qa_share, seed), len(those))


def passed(
    frames: Sequence[Frame], judgement: Judgement, policy: Policy
) -> tuple[Frame, ...]:
    """Return the frames that the model looked at for a risk, and in which none was.

    What people dismissed before is left out too: they have looked already.
    """
    risky = {question.key for question in policy.questions if question.risks}
    found = [*judgement.findings, *(one.finding for one in judgement.suppressed)]
    flagged = _joined([(one.start_ms, one.end_ms) for one in found])
    seen = _joined(
        [
            (stretch.start_ms, stretch.end_ms)
            for track in judgement.tracks
            if track.question in risky
            for stretch in track.stretches
            if stretch.state in SEEN
        ]
    )
    return tuple(
        frame
        for frame in sorted(frames, key=lambda frame: (frame.start, frame.id))
        if frame.state is FrameState.KEPT
        and _within(seen, frame.start)
        and not _within(flagged, frame.start)
    )


def sample(frames: Sequence[Frame], share: float, seed: str) -> tuple[Frame, ...]:
    """Draw ``share`` of ``frames`` (in order of time), at least one where any is."""
    count = min(len(frames), math.ceil(share * len(frames)))
    bounds = (
        [len(frames) * place // count for place in range(count + 1)] if count else []
    )
    return tuple(
        frames[first + _draw(f"{seed}/{first}", last - first)]
        for first, last in pairwise(bounds)
    )


def _draw(seed: str, among: int) -> int:
    digest = hashlib.sha256(seed.encode()).digest()
    return int.from_bytes(digest[:8]) % among


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _within(joined: Sequence[tuple[int, int]], at: int) -> bool:
    place = bisect_right(joined, at, key=lambda one: one[0])
    return place > 0 and at < joined[place - 1][1]
