"""Choices with more options than there are labels, asked in two rounds.

A label is one letter, so one question has room for 25 options. More of them are dealt
into groups, as few and as even as can be, in the order given; every group is a question
of its own, and the likeliest of each group meet in a final. Had the alphabet more
letters, every option would have a weight, and each round shows the weights of its own
options up to a factor (Luce's choice axiom, which a softmax over fixed scores keeps).
So a finalist has its probability of the final, and another option ``o`` of group ``G``

    P(o) = P_G(o) · Σ P_final(f) / Σ P_G(f)    over the finalists f of G,

with all probabilities and cannot-tell's (that of the final) then divided by their sum.
None is larger than the largest finalist's: the final decides what is answered, and
whether anything is. The groups come from the question alone, so that its answer depends
on no other question.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer, Status
from idolens.vlm.engine import Engine
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import MOST_OPTIONS, Choice, Question
from idolens.vocabulary import Probability, QuestionKey

MOST_IN_ROUNDS: Final = 255
"""Most options of a choice that is asked in rounds, as in OpenAI's decisions."""
MOST_AT_ONCE: Final = 400
"""Questions in one call of the engine; between two calls others get in."""
_VERSION: Final = "rounds1"
"""Behind the wording's version, as the groups decide the answer too."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of all rounds.

    Attributes:
        answers: one to each question, in the order asked.
        calls: what the engine was asked, call by call.
    """

    answers: list[Answer]
    calls: list[tuple[Question, ...]]


def ask_in_rounds(
    engine: Engine, picture: Picture, questions: Sequence[Question]
) -> Told:
    """Ask every question about a picture, the long choices in two rounds.

    Raises:
        QuestionError: a question no engine could answer.
        EngineError: the engine is broken; nothing was answered.
    """
    rounds = [groups_of(question) for question in questions]
    calls: list[tuple[Question, ...]] = []
    first = _ask(engine, picture, [one for asked in rounds for one in asked], calls)
    told = [[first[one.key] for one in asked] for asked in rounds]
    finals = {
        number: final
        for number, question in enumerate(questions)
        if isinstance(question, Choice) and len(rounds[number]) > 1
        if (final := final_of(question, told[number])) is not None
    }
    second = _ask(engine, picture, list(finals.values()), calls)
    return Told(
        [
            told[number][0]
            if len(asked) == 1
            else _joined(question, told[number], second.get(_final_key(question)))
            for number, (question, asked) in enumerate(
                zip(questions, rounds, strict=True)
            )
        ],
        calls,
    )


def groups_of(question: Question) -> list[Question]:
    """Return the first round of a long choice; any other question is its own."""
    if not isinstance(question, Choice) or len(question.options) <= MOST_OPTIONS:
        return [question]
    count = len(question.options)
    groups = math.ceil(count / MOST_OPTIONS)
    edges = [count * number // groups for number in range(groups + 1)]
    return [
        replace(
            question,
            key=QuestionKey(f"{question.key}.group{number}"),
            options=question.options[begin:end],
        )
        for number, (begin, end) in enumerate(pairwise(edges))
    ]


def final_of(question: Choice, groups: Sequence[Answer]) -> Choice | None:
    """Return the last round; None where the groups have decided it already."""
    if any(not _is_told(answer) for answer in groups):
        return None
    each = MOST_OPTIONS // len(groups)
    best = {option for answer in groups for option in _likeliest(answer, each)}
    if len(best) <= 1:
        return None
    finalists = tuple(option for option in question.options if option in best)
    return replace(question, key=_final_key(question), options=finalists)


def _ask(
    engine: Engine,
    picture: Picture,
    questions: Sequence[Question],
    calls: list[tuple[Question, ...]],
) -> dict[QuestionKey, Answer]:
    found: dict[QuestionKey, Answer] = {}
    for begin in range(0, len(questions), MOST_AT_ONCE):
        asked = tuple(questions[begin : begin + MOST_AT_ONCE])
        calls.append(asked)
        found |= {one.key: one for one in engine.answer([picture], asked)[0]}
    return found


def _final_key(question: Question) -> QuestionKey:
    return QuestionKey(f"{question.key}.final")


def _is_told(answer: Answer) -> bool:
    """Tell whether a group's options can be compared.

    Without any label mass they can't; an engine that tells no probabilities still
    says which is the best.
    """
    usable = answer.status in (Status.OK, Status.CANNOT_TELL)
    return usable and (bool(answer.options) or answer.label_mass is None)


def _likeliest(answer: Answer, count: int) -> list[str]:
    if not answer.options:
        return [answer.value] if isinstance(answer.value, str) else []
    named = [option for option in answer.options if option != CANNOT_TELL]
    return sorted(named, key=lambda option: -answer.options[option])[:count]


def _joined(
    question: Question, groups: Sequence[Answer], final: Answer | None
) -> Answer:
    """Return the answer to the whole question."""
    last = final or _deciding(groups)
    answer = replace(
        last,
        key=question.key,
        prompt_version=f"{last.prompt_version}-{_VERSION}",
        latency_ms=math.fsum(
            one.latency_ms for one in (*groups, final) if one is not None
        ),
    )
    if final is None or not final.options:
        return replace(answer, options={})
    options = _spread(groups, final)
    chosen = options[answer.value] if isinstance(answer.value, str) else None
    return replace(answer, options=options, probability=chosen)


def _deciding(groups: Sequence[Answer]) -> Answer:
    """Return the group that there was no final for: it failed, or alone had a value."""
    failed = [answer for answer in groups if not _is_told(answer)]
    named = [answer for answer in groups if answer.value is not None]
    return (failed or named or groups)[0]


def _spread(groups: Sequence[Answer], final: Answer) -> dict[str, Probability]:
    weights: dict[str, float] = {}
    for group in groups:
        named = {name: p for name, p in group.options.items() if name != CANNOT_TELL}
        sent = [name for name in named if name in final.options]
        of_group = math.fsum(named[name] for name in sent)
        of_final = math.fsum(final.options[name] for name in sent)
        factor = of_final / of_group if of_group else 0.0
        weights |= {
            name: final.options.get(name, share * factor)
            for name, share in named.items()
        }
    weights[CANNOT_TELL] = final.options[CANNOT_TELL]
    total = math.fsum(weights.values())
    return {name: Probability(weight / total) for name, weight in weights.items()}
