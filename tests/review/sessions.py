"""Sessions to judge: frames and answers made by hand or by a small script."""

from collections.abc import Mapping, Sequence

from idolens.media.frame import DropReason, Frame, FrameState
from idolens.review.policy import Policy, PolicyQuestion
from idolens.review.policy_file import check_policy
from idolens.review.report import RunFacts
from idolens.review.session_facts import SessionFacts
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import FrameId, Milliseconds, QuestionKey, Sha256

STEP = 60_000

SMALL = """
name: small
title: {zh: 小策略, en: Small policy}
max_unexamined: 0.2
questions:
  - key: person
    kind: yes_no
    instruction: {zh: "是否有人物在画面中?", en: "Is there a character?"}
    label: {zh: 人物, en: Character}
  - key: exposure
    kind: yes_no
    instruction: {zh: "是否存在暴露着装?", en: "Is any clothing exposing?"}
    label: {zh: 着装, en: Attire}
    risks:
      - when: yes
        sub_label: {zh: 暴露着装, en: Exposed clothing}
        level: high
        review_at: 0.5
        block_at: 0.9
    moot_when: {question: person, answer: no}
  - key: scene
    kind: choice
    instruction: {zh: "画面场景是哪一种?", en: "What is the scene?"}
    label: {zh: 场景, en: Scene}
    namespace: scene
    options: [{zh: 室内舞台, en: indoor stage}, {zh: 户外公园, en: park}]
"""


def small(*changes: tuple[str, str]) -> Policy:
    """Three questions; each change replaces text of its YAML that must be there."""
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return check_policy(text)


def frame(
    number: int,
    state: FrameState = FrameState.KEPT,
    *,
    drop: DropReason | None = None,
    inherits: int | None = None,
    step: int = STEP,
    label: str = "",
) -> Frame:
    seen = state in (FrameState.KEPT, FrameState.INHERITED)
    start = Milliseconds(number * step)
    return Frame(
        id=FrameId(f"f{number:06d}"),
        at=start,
        start=start,
        end=Milliseconds(start + step),
        state=state,
        drop=drop,
        inherits=None if inherits is None else FrameId(f"f{inherits:06d}"),
        picture=digest(number) if seen else None,
        label=label,
        detail="damaged" if state is FrameState.FAILED else "",
    )


def digest(number: int) -> Sha256:
    return Sha256(f"{number:064x}")


def answer(
    key: str,
    value: str | float | tuple[str, ...] | None,
    chance: float = 0.9,
    *,
    status: Status | None = None,
    options: Mapping[str, float] | None = None,
    label_mass: float | None = 0.99,
) -> Answer:
    """An answer whose reply has probability ``chance``; None cannot tell."""
    if options is None and isinstance(value, str):
        rest = {"yes": "no", "no": "yes"}.get(value, "其他")
        options = {value: chance, rest: round(1 - chance, 9)}
    found = Status.CANNOT_TELL if value is None else Status.OK
    return Answer(
        key=QuestionKey(key),
        status=status or found,
        value=value,
        probability=None if value is None else chance,
        options=dict(options or {}),
        label_mass=label_mass,
        raw="" if value is None else str(value),
        engine="embedded",
        model="idolens-tiny",
        model_revision="r1",
        prompt_version="zh-1",
        latency_ms=12.5,
    )


def exposure(chances: Sequence[float | None]) -> dict[FrameId, list[Answer]]:
    """Answers about exposure for frames 0, 1, …; None cannot tell."""
    answers: dict[FrameId, list[Answer]] = {}
    for number, chance in enumerate(chances):
        if chance is None:
            exposed = answer("exposure", None, options={"yes": 0.1, "cannot_tell": 0.9})
        else:
            value = "yes" if chance >= 0.5 else "no"
            exposed = answer(
                "exposure", value, options={"yes": chance, "no": 1 - chance}
            )
        answers[FrameId(f"f{number:06d}")] = [
            exposed,
            answer("person", "yes"),
            answer("scene", "室内舞台"),
        ]
    return answers


def session(
    frames: Sequence[Frame], kind: str = "recording", name: str = "七夕演唱会"
) -> SessionFacts:
    return SessionFacts.model_validate(
        {
            "id": "s-1",
            "name": name,
            "kind": kind,
            "sha256": ["ab" * 32],
            "duration_ms": max((f.end for f in frames), default=0),
            "every_ms": STEP if kind == "recording" else 1000,
            "width": 1280,
            "height": 720,
        }
    )


def run_facts(seconds: float = 12.5) -> RunFacts:
    return RunFacts(
        started_at="2026-11-23T09:00:00Z",
        finished_at="2026-11-23T09:00:12Z",
        seconds=seconds,
        software="idolens 0.1.0",
    )


def questions(policy: Policy) -> dict[str, PolicyQuestion]:
    return {question.key: question for question in policy.questions}
