"""What POST /v1/decisions gives: an answer or a refusal to every question."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import Field

from idolens.vlm.answer import Answer, Status
from idolens.vlm.engine import Model
from idolens.vlm.question import Choice, Question, Score
from idolens.web.brownout import LESS_WORDS, Less
from idolens.web.openai.decisions_request import (
    AskedQuestion,
    ChoiceQuestion,
    ScoreQuestion,
)
from idolens.web.openai.shape import Told


class AnswerFacts(Told):
    """What OpenAI's shape has no place for."""

    status: Literal["ok", "cannot_tell", "invalid", "error", "not_looked_at"] = Field(
        description="Why an answer is a refusal; ok for all others. `not_looked_at`:"
        " too much is asked of the service now, and it left this question out."
    )
    value: str | float | None = Field(
        description="yes or no, the choice with its description, or the expected level"
        " counted from 1; null where nothing decides it. An engine without"
        " probabilities has a value and is a refusal all the same."
    )
    options: dict[str, float] = Field(
        description="Probability of every option, of cannot_tell too; the other"
        " probabilities leave that out, and add up to 1 without it."
    )
    label_mass: float | None = Field(
        description="How much of all probability fell on the options; when low, the "
        "model wanted to say something else, and that is a refusal."
    )
    prompt_version: str = Field(
        description="Changes with the wording that the question was put into."
    )
    latency_ms: float = Field(description="This answer's share of the time, in ms.")
    detail: str = Field(
        description="Why the status is invalid, error or not_looked_at."
    )


class _Answered(Told):
    name: str | None = Field(description="The question's name.")
    idolens: AnswerFacts = Field(description="More about the answer.")


class PredicateAnswer(_Answered):
    """How likely it is so."""

    type: Literal["predicate"] = Field(
        default="predicate", description="Always `predicate`."
    )
    probability: float = Field(description="Of yes against no.")


class OptionProbability(Told):
    """How likely a choice is."""

    value: str | bool = Field(description="The choice.")
    probability: float = Field(description="Its probability.")


class ChoiceAnswer(_Answered):
    """Which one it is."""

    type: Literal["choice"] = Field(default="choice", description="Always `choice`.")
    choice: str | bool = Field(description="The likeliest.")
    probabilities: list[OptionProbability] = Field(description="Of all, in order.")
    confidence: float = Field(
        description="How far the likeliest stands out: 0 where all are alike, 1 where"
        " it is certain."
    )


class LevelProbability(Told):
    """How likely a level is."""

    value: int = Field(description="Its place; the lowest is 0.")
    label: str = Field(description="Its label.")
    probability: float = Field(description="Its probability.")


class ScoreAnswer(_Answered):
    """How much it is."""

    type: Literal["score"] = Field(default="score", description="Always `score`.")
    score: float = Field(description="The expected place; the lowest level is 0.")
    probabilities: list[LevelProbability] = Field(description="Of all, in order.")
    confidence: float = Field(description="How far the likeliest stands out, 0 to 1.")


class RefusalAnswer(_Answered):
    """The picture does not decide it, or the model failed; see `idolens.status`."""

    type: Literal["refusal"] = Field(default="refusal", description="Always `refusal`.")


Answered = PredicateAnswer | ChoiceAnswer | ScoreAnswer | RefusalAnswer


class InputDetails(Told):
    """Of which kind the tokens read were."""

    cached_tokens: int = Field(default=0, description="Always 0.")
    cache_write_tokens: int = Field(default=0, description="Always 0.")


class OutputDetails(Told):
    """Of which kind the tokens said were."""

    reasoning_tokens: int = Field(default=0, description="Always 0.")


class DecisionUsage(Told):
    """How many tokens there were."""

    input_tokens: int = Field(
        description="Read: the picture once a round, then every question; a choice of"
        " n over 25 counts as n/25 questions, rounded up, and a final. 0 where the"
        " engine does not count."
    )
    input_tokens_details: InputDetails = Field(
        default=InputDetails(), description="Of these."
    )
    output_tokens: int = Field(default=0, description="Always 0: nothing is said.")
    output_tokens_details: OutputDetails = Field(
        default=OutputDetails(), description="Of these."
    )
    total_tokens: int = Field(description="The same as `input_tokens`.")


class DecisionFacts(Told):
    """Who answered."""

    engine: str = Field(description="Which engine answered, as `idolens engines` says.")
    model_revision: str = Field(description="Which weights these are.")
    demonstration: bool = Field(
        description="True for the embedded demonstration model, which was trained on "
        "drawn scenes only."
    )
    latency_ms: float = Field(description="Time from request read to answer, in ms.")
    reduced: list[Less] = Field(description=LESS_WORDS)


class DecisionReply(Told):
    """An answer or a refusal to every question, in their order."""

    model: str = Field(description="The model's name.")
    answers: list[Answered] = Field(
        description="`PredicateAnswer`, `ChoiceAnswer`, `ScoreAnswer` or"
        " `RefusalAnswer`, a question each."
    )
    usage: DecisionUsage = Field(description="Counted tokens.")
    idolens: DecisionFacts = Field(description="Who answered, and how fast.")


def reply(  # noqa: PLR0913 - what a reply is made of
    asked: Sequence[tuple[AskedQuestion, Question]],
    answers: Sequence[Answer],
    model: Model,
    *,
    tokens: int,
    seconds: float,
    left: Collection[str] = (),
    reduced: Sequence[Less] = (),
) -> DecisionReply:
    """Put the engine's answers into OpenAI's shape.

    Args:
        asked: each question as it came, and as the engine was asked.
        answers: one to each.
        model: who answered.
        tokens: how many were read.
        seconds: how long it took.
        left: keys of the questions that were left out.
        reduced: what there is less of.
    """
    return DecisionReply(
        model=model.name,
        answers=[
            _left_out(wire, answer)
            if question.key in left
            else _answered(wire, answer, _shares(question, answer.options))
            for (wire, question), answer in zip(asked, answers, strict=True)
        ],
        usage=DecisionUsage(input_tokens=tokens, total_tokens=tokens),
        idolens=DecisionFacts(
            engine=answers[0].engine,
            model_revision=answers[0].model_revision,
            demonstration=model.demonstration,
            latency_ms=round(seconds * 1000, 1),
            reduced=list(reduced),
        ),
    )


def _left_out(asked: AskedQuestion, answer: Answer) -> RefusalAnswer:
    facts = _facts(answer).model_copy(update={"status": "not_looked_at"})
    return RefusalAnswer(name=asked.name, idolens=facts)


def _answered(
    asked: AskedQuestion, answer: Answer, shares: Sequence[float]
) -> Answered:
    facts = _facts(answer)
    if answer.status is not Status.OK or not shares:
        return RefusalAnswer(name=asked.name, idolens=facts)
    if isinstance(asked, ChoiceQuestion):
        return _choice(asked, shares, facts)
    if isinstance(asked, ScoreQuestion):
        return _score(asked, shares, facts)
    return PredicateAnswer(name=asked.name, probability=shares[0], idolens=facts)


def _choice(
    asked: ChoiceQuestion, shares: Sequence[float], facts: AnswerFacts
) -> ChoiceAnswer:
    best = max(range(len(shares)), key=lambda place: shares[place])
    return ChoiceAnswer(
        name=asked.name,
        choice=asked.choices[best].value,
        probabilities=[
            OptionProbability(value=option.value, probability=share)
            for option, share in zip(asked.choices, shares, strict=True)
        ],
        confidence=_confidence(shares),
        idolens=facts,
    )


def _score(
    asked: ScoreQuestion, shares: Sequence[float], facts: AnswerFacts
) -> ScoreAnswer:
    return ScoreAnswer(
        name=asked.name,
        score=math.fsum(place * share for place, share in enumerate(shares)),
        probabilities=[
            LevelProbability(value=place, label=level.label, probability=share)
            for place, (level, share) in enumerate(
                zip(asked.levels, shares, strict=True)
            )
        ],
        confidence=_confidence(shares),
        idolens=facts,
    )


def _shares(question: Question, options: Mapping[str, float]) -> list[float]:
    """Return the probabilities without cannot-tell; none where there are none."""
    if isinstance(question, Choice):
        names = question.options
    elif isinstance(question, Score):
        names = tuple(str(level + 1) for level in range(len(question.levels)))
    else:
        names = ("yes", "no")
    told = [options.get(name, 0.0) for name in names]
    total = math.fsum(told)
    return [share / total for share in told] if total else []


def _confidence(shares: Sequence[float]) -> float:
    count = len(shares)
    return max((max(shares) * count - 1) / (count - 1), 0.0)


def _facts(answer: Answer) -> AnswerFacts:
    return AnswerFacts(
        status=answer.status.value,
        value=None if isinstance(answer.value, tuple) else answer.value,
        options=dict(answer.options),
        label_mass=answer.label_mass,
        prompt_version=answer.prompt_version,
        latency_ms=answer.latency_ms,
        detail=answer.detail,
    )
