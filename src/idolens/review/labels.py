"""A person's labels (labels.jsonl), held against an engine's answers.

One JSON object a line: ``{"picture": "a.png", "answers": {"exposure": "no"}}``. Keys
are the policy's question keys; truths are yes or no (or 是, 否), an option's word, a
level's number, or cannot_tell (无法判断).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from idolens.errors import BadInputError
from idolens.review.evaluation import Case
from idolens.review.moments import risk_probability
from idolens.review.policy import Policy, PolicyQuestion
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import QuestionKey

CANNOT_TELL = "cannot_tell"
_SPOKEN = {"是": "yes", "否": "no", "无法判断": CANNOT_TELL}
_CLOSED = ("yes_no", "choice", "score")


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of one picture: truths by question key."""

    picture: str
    truths: dict[str, str]


def read_labels(text: str, policy: Policy) -> list[Label]:
    """Read labels.jsonl.

    Raises:
        BadInputError: a line is malformed, or speaks of what the policy does not
            ask; the message names the line.
    """
    questions = {entry.key: entry for entry in policy.questions}
    labels = [
        _label(number, line, questions)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    if not labels:
        raise BadInputError(
            "labels.jsonl is empty: write one line a picture.",
            "labels.jsonl 是空的:请为每张图片写一行。",
        )
    return labels


def cases(label: Label, answers: Sequence[Answer], policy: Policy) -> list[Case]:
    """Pair what a person and an engine say about one picture.

    The answers are the engine's own; a calibration that ``policy`` names is applied.
    """
    given = {answer.key: answer for answer in policy.calibrated(answers)}
    return [
        _case(label.picture, entry, label.truths[entry.key], given)
        for entry in policy.questions
        if entry.key in label.truths
    ]


def _label(number: int, line: str, questions: Mapping[str, PolicyQuestion]) -> Label:
    try:
        row: Any = json.loads(line)
        picture, answers = row["picture"], cast("dict[str, Any]", row["answers"])
        truths = {str(key): _spoken(value) for key, value in answers.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInputError(
            f"Line {number} of labels.jsonl is not like "
            '{"picture": "a.png", "answers": {"exposure": "no"}}.',
            f"labels.jsonl 第 {number} 行格式不对,应形如 "
            '{"picture": "a.png", "answers": {"exposure": "no"}}。',
        ) from error
    for key, truth in truths.items():
        _check(number, key, truth, questions.get(key))
    return Label(str(picture), truths)


def _spoken(value: object) -> str:
    word = str(value)
    return _SPOKEN.get(word, word)


def _check(number: int, key: str, truth: str, entry: PolicyQuestion | None) -> None:
    if entry is None or entry.kind not in _CLOSED:
        raise BadInputError(
            f"Line {number} of labels.jsonl: there is no closed question {key!r}.",
            f"labels.jsonl 第 {number} 行:审核策略中没有封闭式问题 {key!r}。",
        )
    if truth != CANNOT_TELL and truth not in entry.replies:
        known = ", ".join((*entry.replies, CANNOT_TELL))
        raise BadInputError(
            f"Line {number} of labels.jsonl: {truth!r} answers no question {key!r}; "
            f"choose from {known}.",
            f"labels.jsonl 第 {number} 行:{truth!r} 不是问题 {key!r} 的答案;"
            f"可选:{known}。",
        )


def _case(
    picture: str,
    entry: PolicyQuestion,
    truth: str,
    given: Mapping[QuestionKey, Answer],
) -> Case:
    answer = given[QuestionKey(entry.key)]
    reply = _reply(entry, answer)
    probability = answer.options.get(reply, answer.probability)
    return Case(
        picture=picture,
        key=QuestionKey(entry.key),
        truth=truth,
        given=reply,
        probability=probability,
        risk=any(truth in risk.when for risk in entry.risks),
        flagged=any(
            risk_probability(risk, answer) >= risk.review_at for risk in entry.risks
        ),
    )


def _reply(entry: PolicyQuestion, answer: Answer) -> str:
    if answer.status is not Status.OK:
        return answer.status.value
    if entry.kind == "score":
        closed = {key: p for key, p in answer.options.items() if key != CANNOT_TELL}
        if not closed and isinstance(answer.value, float):
            return str(round(answer.value))  # an engine that tells no probabilities
        return max(closed, key=lambda level: closed[level])
    return str(answer.value)
