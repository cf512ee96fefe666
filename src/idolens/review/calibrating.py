"""Fits a calibration to labelled answers.

What thresholds are held against is fitted: where a question has risks, the probability
of the risky replies together; for other yes/no questions that of yes; else that of
every reply. By temperature, by temperature and shift (Platt), or not at all where it
does not pay. What is gained is measured on answers that the fit has not seen.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from idolens.review.calibration import (
    LEAST_PROBABILITY,
    Calibration,
    Curve,
    digest_of,
    probability_of,
    version_of,
)
from idolens.review.curve_fit import Method, Row, Way, as_event, fit_way
from idolens.review.evaluation import (
    CalibrationBin,
    Case,
    calibration,
    calibration_error,
)
from idolens.review.policy import Policy, PolicyQuestion
from idolens.vlm.answer import Answer
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.reading import Closed, decide, lacks_mass
from idolens.vocabulary import Probability, QuestionKey

LEAST_LABELS: Final = 10
"""Fewer labelled answers say nothing about probabilities."""
FOLDS: Final = 10
"""Into how many parts the answers are cut: each is judged by a fit to the others."""
LEAST_GAIN: Final = 0.002
"""Least gain per answer, in nats, on unseen answers for which a fit is worth it."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What an engine and a person say of one question about one picture.

    Attributes:
        picture: its name; the same name always falls into the same fold.
        truth: the person's reply: yes or no, an option, a level's number, or
            ``cannot_tell``.
    """

    picture: str
    answer: Answer
    truth: str


@dataclass(frozen=True, slots=True)
class Reliability:
    """How probability and frequency compare for one question, before and after."""

    question: str
    before: tuple[CalibrationBin, ...]
    after: tuple[CalibrationBin, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration, and the tables that show what it is worth."""

    calibration: Calibration
    reliability: tuple[Reliability, ...]


def fit(
    labelled: Mapping[str, Sequence[Labelled]], policy: Policy, *, labels: str
) -> Fitted:
    """Fit every question of ``policy`` that has labels.

    Args:
        labelled: by question key; the answers are an engine's own, uncalibrated.
        policy: whose questions were asked.
        labels: what labels and pictures were, for the record.

    Raises:
        ValueError: there is no labelled answer.
    """
    answers = [one.answer for some in labelled.values() for one in some]
    if not answers:
        raise ValueError("a calibration needs at least one labelled answer")
    fitted = [
        _fit_question(entry, labelled[entry.key])
        for entry in policy.questions
        if labelled.get(entry.key)
    ]
    pictures = {one.picture for some in labelled.values() for one in some}
    first = answers[0]
    unsigned = Calibration.model_construct(
        schema_version="1.0.0",
        policy=policy.name,
        engine=first.engine,
        model=first.model,
        model_revision=first.model_revision,
        prompt_versions=tuple(sorted({answer.prompt_version for answer in answers})),
        pictures=len(pictures),
        labels=hashlib.sha256(labels.encode()).hexdigest()[:12],
        curves=tuple(curve for curve, _ in fitted),
    )
    content = unsigned.model_dump(exclude={"version"})
    signed = Calibration(version=version_of(unsigned), **content)
    return Fitted(signed, tuple(table for _, table in fitted))


def _fit_question(
    entry: PolicyQuestion, some: Sequence[Labelled]
) -> tuple[Curve, Reliability]:
    rows = [one for one in some if _usable(one, entry)]
    why = _obstacle(rows, some)
    replies = _replies(entry)
    way, seen = (Way(), [Way()] * len(rows)) if why else _best(rows, replies)
    if not why and way.method == "none":
        why = "no_better"
    before = calibration([_case(one, entry, Way()) for one in rows])
    after = calibration(
        [_case(one, entry, other) for one, other in zip(rows, seen, strict=True)]
    )
    curve = Curve(
        question=entry.key,
        content=digest_of(entry.question()),
        method=way.method,
        replies=replies,
        temperature=round(1 / way.scale, 6),
        shift=round(way.shift, 6),
        count=len(rows),
        error_before=_rounded(calibration_error(before)),
        error_after=_rounded(calibration_error(after)),
        loss_before=_rounded(_loss(rows, [Way()] * len(rows), replies)),
        loss_after=_rounded(_loss(rows, seen, replies)),
        why=why,
    )
    return curve, Reliability(entry.key, tuple(before), tuple(after))


def _usable(one: Labelled, entry: PolicyQuestion) -> bool:
    """Leave out what has no probabilities, or those of something else."""
    question = entry.question()
    return (
        isinstance(question, Closed)
        and one.truth in one.answer.options
        and not lacks_mass(one.answer, question)
    )


def _obstacle(
    rows: Sequence[Labelled], some: Sequence[Labelled]
) -> Literal["", "few", "one_truth", "no_probabilities"]:
    if not any(one.answer.options for one in some):
        return "no_probabilities"
    if len(rows) < LEAST_LABELS:
        return "few"
    return "one_truth" if len({one.truth for one in rows}) == 1 else ""


def _replies(entry: PolicyQuestion) -> tuple[str, ...]:
    """Return the replies whose probability thresholds are held against, or yes."""
    if entry.risks:
        return tuple(sorted({reply for risk in entry.risks for reply in risk.when}))
    return ("yes",) if entry.kind == "yes_no" else ()


def _best(
    rows: Sequence[Labelled], replies: tuple[str, ...]
) -> tuple[Way, Sequence[Way]]:
    """Choose the way that does best on unseen answers; the simpler unless it pays.

    Returns:
        The way fitted to all, and for each row the one fitted without its fold.
    """
    folds = _folds(rows)
    methods: tuple[Method, ...] = (
        ("temperature", "platt") if replies else ("temperature",)
    )
    best: Method = "none"
    seen: Sequence[Way] = [Way()] * len(rows)
    least = _loss(rows, seen, replies)
    for method in methods:
        ways = _across(rows, folds, method, replies)
        loss = _loss(rows, ways, replies)
        if least is not None and loss is not None and loss < least - LEAST_GAIN:
            best, seen, least = method, ways, loss
    return fit_way(_pairs(rows), best, replies), seen


def _folds(rows: Sequence[Labelled]) -> list[int]:
    """Put each answer into a fold: by a digest, so that order does not matter."""
    ranked = sorted(
        range(len(rows)),
        key=lambda at: hashlib.sha256(rows[at].picture.encode()).digest(),
    )
    folds = [0] * len(rows)
    for rank, at in enumerate(ranked):
        folds[at] = rank % FOLDS
    return folds


def _across(
    rows: Sequence[Labelled],
    folds: Sequence[int],
    method: Method,
    replies: tuple[str, ...],
) -> list[Way]:
    ways = {
        fold: fit_way(
            _pairs([row for row, its in zip(rows, folds, strict=True) if its != fold]),
            method,
            replies,
        )
        for fold in set(folds)
    }
    return [ways[fold] for fold in folds]


def _pairs(rows: Sequence[Labelled]) -> list[Row]:
    return [(row.answer.options, row.truth) for row in rows]


def _loss(
    rows: Sequence[Labelled], ways: Sequence[Way], replies: tuple[str, ...]
) -> float | None:
    if not rows:
        return None
    read = [
        (way.read(one.answer.options), one.truth)
        for one, way in zip(rows, ways, strict=True)
    ]
    if replies:
        read = [as_event(row, replies) for row in read]
    return -math.fsum(
        math.log(max(options[truth], LEAST_PROBABILITY)) for options, truth in read
    ) / len(rows)


def _case(one: Labelled, entry: PolicyQuestion, way: Way) -> Case:
    """Put an answer as the reliability table takes it: a probability, and was it so."""
    options = way.read(one.answer.options)
    replies = _replies(entry)
    if replies:
        said, probability = "one of them", probability_of(options, replies)
        truth = said if one.truth in replies else "none of them"
    else:
        said = _reply(entry, options)
        probability, truth = options[said], one.truth
    return Case(
        picture=one.picture,
        key=QuestionKey(entry.key),
        truth=truth,
        given=said,
        probability=probability,
    )


def _reply(entry: PolicyQuestion, options: Mapping[str, float]) -> str:
    question = entry.question()
    assert isinstance(question, Closed)  # noqa: S101 - only such have options
    shares = {name: Probability(share) for name, share in options.items()}
    if decide(question, shares) is None:
        return CANNOT_TELL
    named = {name: share for name, share in shares.items() if name != CANNOT_TELL}
    return max(named, key=lambda name: (named[name], name))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
