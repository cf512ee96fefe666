"""What can be asked about a picture: five kinds of question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from idolens.errors import QuestionError
from idolens.vocabulary import Language, QuestionKey

MOST_OPTIONS = 25
"""Choice labels are A–Y; the letter behind the last option is 无法判断."""
MOST_LEVELS = 9
"""Score labels are 1–9; 0 is 无法判断."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo:
    """A question whose answer is yes or no (or cannot tell)."""

    kind: ClassVar[str] = "yes_no"
    key: QuestionKey
    instruction: str
    language: Language = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Pick exactly one of ``options`` (or cannot tell)."""

    kind: ClassVar[str] = "choice"
    key: QuestionKey
    instruction: str
    options: tuple[str, ...]
    language: Language = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Place the picture on an ordered scale; the value is the expected level.

    ``levels`` run from the lowest to the highest; level numbers start at 1.
    """

    kind: ClassVar[str] = "score"
    key: QuestionKey
    instruction: str
    levels: tuple[str, ...]
    language: Language = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Name what is to be seen, as a short list of words.

    ``options``, where given, are the only words that are kept.
    """

    kind: ClassVar[str] = "tags"
    key: QuestionKey
    instruction: str
    options: tuple[str, ...] = ()
    most: int = 12
    language: Language = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Answer in free text."""

    kind: ClassVar[str] = "text"
    key: QuestionKey
    instruction: str
    max_tokens: int = 96
    language: Language = "zh"


Question = YesNo | Choice | Score | Tags | Text


def check(questions: Sequence[Question]) -> None:
    """Refuse questions that no engine could answer.

    Raises:
        QuestionError: no question, a duplicate key, an empty instruction, or a
            number of options that cannot be lettered.
    """
    if not questions:
        raise QuestionError(
            "Ask at least one question.", "请至少提一个问题。"
        )
    keys = [question.key for question in questions]
    for key in keys:
        if keys.count(key) > 1:
            raise QuestionError(
                f"Two questions have the key {key!r}: give each its own.",
                f"有两个问题使用了同一个键 {key!r}:请为每个问题取不同的键。",
            )
    for question in questions:
        _check_one(question)


def _check_one(question: Question) -> None:
    if not question.instruction.strip():
        raise QuestionError(
            f"Question {question.key!r} is empty: write what to look for.",
            f"问题 {question.key!r} 为空:请写明要看什么。",
        )
    if isinstance(question, Choice):
        _check_count(question.key, question.options, MOST_OPTIONS)
    elif isinstance(question, Score):
        _check_count(question.key, question.levels, MOST_LEVELS)


def _check_count(key: QuestionKey, options: tuple[str, ...], most: int) -> None:
    if not 2 <= len(options) <= most or len(set(options)) != len(options):  # noqa: PLR2004
        raise QuestionError(
            f"Question {key!r} needs 2 to {most} different options.",
            f"问题 {key!r} 需要 2 到 {most} 个互不相同的选项。",
        )
