"""What an engine says of one question about one picture."""

from dataclasses import dataclass, field
from enum import StrEnum

from idolens.vocabulary import Probability, QuestionKey, Sha256


class Status(StrEnum):
    """Whether the answer can be used.

    ``cannot_tell`` is an answer (nothing decides the question in this picture);
    ``invalid`` and ``error`` are not: the picture counts as not examined.
    """

    OK = "ok"
    CANNOT_TELL = "cannot_tell"
    INVALID = "invalid"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A rectangle of a picture, in pixels of the standardised picture.

    ``x2`` and ``y2`` are the first column and row outside of it.
    """

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One typed answer with its probabilities and where it comes from.

    Attributes:
        key: the question's key.
        value: ``"yes"``/``"no"`` for YesNo, the chosen option for Choice, the
            expected level (float, from 1) for Score, a tuple of words for Tags, a
            string for Text; None unless ``status`` is ok.
        probability: of ``value``; for Score, of its most likely level; for Tags
            and Text, the geometric mean of the tokens' probabilities; None where
            the engine has none.
        options: probability of every label, normalised over the labels;
            ``"cannot_tell"`` among them. For Tags, of each tag named.
        label_mass: probability of all labels together over the whole vocabulary;
            a low mass means that the model wanted to say something else.
        raw: the model's own words (the most likely label, or the generated text).
        latency_ms: this answer's share of the engine's time.
        detail: why the status is ``invalid`` or ``error``.
        regions: where in the picture the model's words point, if they do: evidence
            to look at, never a finding.
        reused_from: digest of the picture that was really looked at, where this one
            looks the same; None for a picture that was looked at itself.
    """

    key: QuestionKey
    status: Status
    value: str | float | tuple[str, ...] | None
    probability: Probability | None
    options: dict[str, Probability] = field(default_factory=dict[str, Probability])
    label_mass: Probability | None = None
    raw: str = ""
    engine: str
    model: str
    model_revision: str
    prompt_version: str
    latency_ms: float
    detail: str = ""
    regions: tuple[Region, ...] = ()
    reused_from: Sha256 | None = None
