"""The report (审核报告): a judgement with everything needed to check it.

``signed`` depends on the session's content, the answers and the policy only: the same
inputs and versions give the same bytes and the same signature. What is true of one
run only (its times) stands in ``run``, outside the signature.

``schema_version`` follows semantic versioning: a reader of 1.x can read every 1.y
with y ≥ x; a key that is removed, renamed or changes its meaning makes 2.0.0.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field

from idolens.media.frame import DropReason, Frame, FrameState
from idolens.review.digest import Sentence, digest
from idolens.review.judge import Judgement
from idolens.review.policy import Policy
from idolens.review.record import Record, Words
from idolens.review.session_facts import SessionFacts
from idolens.review.wording import DEMONSTRATION
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Model
from idolens.vocabulary import FrameId, Sha256

SCHEMA_VERSION: Literal["1.2.0"] = "1.2.0"
DEMONSTRATION_MODELS = frozenset({"idolens-tiny"})
"""Models trained on drawn scenes only, also known by name when a report is rebuilt
without the engine."""


class RunFacts(Record):
    """What is true of one run only; not signed.

    Attributes:
        started_at: UTC, ISO 8601.
        seconds: wall-clock time of the analysis.
        software: idolens and its version, without the host's name.
    """

    started_at: str
    finished_at: str
    seconds: float
    software: str


class PolicyFacts(Record):
    """Which policy judged, and its text, so that the report stands on its own."""

    name: str
    version: str
    title: Words
    policy: Policy


class ModelFacts(Record):
    """A model that answered, with the prompts that it was asked with.

    Attributes:
        demonstration: True for a model trained on drawn scenes only.
        answers: how many usable or unusable answers came from it.
    """

    engine: str
    model: str
    revision: str
    prompt_versions: tuple[str, ...]
    demonstration: bool
    answers: int


class FrameFacts(Record):
    """A sampled moment: when, what it stands for and what became of it."""

    id: str
    at_ms: int
    start_ms: int
    end_ms: int
    state: FrameState
    drop: DropReason | None
    inherits: str | None
    picture: Sha256 | None
    label: str
    detail: str


class Signed(Record):
    """The part of a report that its signature covers."""

    session: SessionFacts
    policy: PolicyFacts
    models: tuple[ModelFacts, ...]
    notice: Words | None = Field(
        description="Set when a demonstration model answered; shown on every page."
    )
    digest: tuple[Sentence, ...]
    judgement: Judgement
    frames: tuple[FrameFacts, ...]


class Report(Record):
    """One session judged by one policy; never edited, only superseded."""

    schema_version: Literal["1.0.0", "1.1.0", "1.2.0"] = Field(
        description="1.1.0 added `regions` to findings, 1.2.0 `suppressed` to the "
        "judgement; older ones have none."
    )
    signature: Sha256 = Field(
        description="SHA-256 of `signed` as JSON with sorted keys, no spaces, UTF-8."
    )
    signed: Signed
    run: RunFacts

    @property
    def intact(self) -> bool:
        """Whether the signed part still is what was signed."""
        return self.signature == signature_of(self.signed)

    def to_json(self) -> str:
        """Write the report as readable JSON; equal reports give equal text."""
        data = self.model_dump(mode="json")
        return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a report back.

        Raises:
            pydantic.ValidationError: the text is no report of this schema version.
        """
        return cls.model_validate_json(text)


def make_report(  # noqa: PLR0913 - the facts of a session come from six places
    session: SessionFacts,
    frames: Sequence[Frame],
    answers: Mapping[FrameId, Sequence[Answer]],
    policy: Policy,
    judgement: Judgement,
    run: RunFacts,
    *,
    models: Sequence[Model] = (),
) -> Report:
    """Put a judgement and its facts together and sign them.

    Args:
        session: what was looked at.
        frames: every sampled moment of it, in any order.
        answers: all that the engine said, by frame.
        policy: what the judgement was made by.
        judgement: made of the same frames, answers and policy.
        run: what is true of this run only.
        models: the models that answered, where they are at hand: each knows whether
            it is a demonstration model.
    """
    facts = _models(answers, models)
    ordered = sorted(frames, key=lambda frame: (frame.start, frame.id))
    signed = Signed(
        session=session,
        policy=PolicyFacts(
            name=policy.name, version=policy.version, title=policy.title, policy=policy
        ),
        models=facts,
        notice=DEMONSTRATION if any(model.demonstration for model in facts) else None,
        digest=digest(session, ordered, judgement),
        judgement=judgement,
        frames=tuple(_frame(frame) for frame in ordered),
    )
    return Report(
        schema_version=SCHEMA_VERSION,
        signature=signature_of(signed),
        signed=signed,
        run=run,
    )


def signature_of(signed: Signed) -> Sha256:
    """Return the digest of the signed part's canonical JSON."""
    canonical = json.dumps(
        signed.model_dump(mode="json"),
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )
    return Sha256(hashlib.sha256(canonical.encode()).hexdigest())


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of report.json."""
    schema = Report.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"idolens report {SCHEMA_VERSION}",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _frame(frame: Frame) -> FrameFacts:
    return FrameFacts(
        id=frame.id,
        at_ms=frame.at,
        start_ms=frame.start,
        end_ms=frame.end,
        state=frame.state,
        drop=frame.drop,
        inherits=frame.inherits,
        picture=frame.picture,
        label=frame.label,
        detail=frame.detail,
    )


def _models(
    answers: Mapping[FrameId, Sequence[Answer]], known: Sequence[Model]
) -> tuple[ModelFacts, ...]:
    shown = {model.name for model in known if model.demonstration}
    prompts: dict[tuple[str, str, str], set[str]] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for given in answers.values():
        for answer in given:
            who = (answer.engine, answer.model, answer.model_revision)
            prompts.setdefault(who, set()).add(answer.prompt_version)
            counts[who] = counts.get(who, 0) + 1
    return tuple(
        ModelFacts(
            engine=engine,
            model=model,
            revision=revision,
            prompt_versions=tuple(sorted(prompts[engine, model, revision])),
            demonstration=model in DEMONSTRATION_MODELS | shown,
            answers=counts[engine, model, revision],
        )
        for engine, model, revision in sorted(prompts)
    )
