"""Reports to show: a drawn show of two minutes with everything that can be drawn."""

import io
from dataclasses import replace

from PIL import Image, ImageDraw

from idolens.media.frame import DropReason, Frame, FrameState
from idolens.review.judge import judge
from idolens.review.policy import Policy
from idolens.review.policy_file import check_policy
from idolens.review.report import Report, make_report
from idolens.vlm.answer import Answer
from idolens.vocabulary import FrameId, Sha256
from tests.review.sessions import SMALL, answer, digest, frame, run_facts, session

HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}</style></title>"

GAPS = {
    4: (FrameState.DROPPED, DropReason.BLACK),
    9: (FrameState.FAILED, None),
    13: (FrameState.INHERITED, DropReason.FROZEN),
}
SCENES = ["室内舞台"] * 8 + ["户外公园"] * 12


def picture(number: int) -> bytes:
    """A small JPEG that is different for every number."""
    image = Image.new("RGB", (96, 54), (40 + number * 9 % 200, 60, 120))
    ImageDraw.Draw(image).ellipse((20 + number, 10, 60 + number, 50), fill="white")
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85)
    return data.getvalue()


def show(
    policy: Policy | None = None, kind: str = "recording", name: str = "七夕演唱会"
) -> tuple[Report, dict[Sha256, bytes]]:
    """A report on twenty frames, and the pictures of all that have one."""
    frames: list[Frame] = []
    answers: dict[FrameId, list[Answer]] = {}
    step = 60_000 if kind == "recording" else 1000
    for number, scene in enumerate(SCENES):
        state, drop = GAPS.get(number, (FrameState.KEPT, None))
        inherits = 12 if state is FrameState.INHERITED else None
        made = frame(number, state, drop=drop, inherits=inherits, step=step)
        frames.append(replace(made, label="" if kind == "recording" else name))
        if state is FrameState.KEPT:
            answers[made.id] = _answers(number, scene)
    policy = policy or check_policy(SMALL)
    facts = session(frames, kind, name)
    judgement = judge(frames, answers, policy)
    report = make_report(facts, frames, answers, policy, judgement, run_facts())
    return report, {digest(n): picture(n) for n in range(len(SCENES))}


def _answers(number: int, scene: str) -> list[Answer]:
    chance = {2: 0.95, 3: 0.7, 16: 0.6}.get(number, 0.05)
    unclear = {"yes": 0.1, "no": 0.2, "cannot_tell": 0.7}
    exposed = (
        answer("exposure", None, options=unclear)
        if number in (6, 7)
        else answer(
            "exposure",
            "yes" if chance >= 0.5 else "no",
            options={"yes": chance, "no": 1 - chance},
        )
    )
    if number == 18:
        return [exposed, answer("person", "yes")]
    return [exposed, answer("person", "yes"), answer("scene", scene, 0.9)]
