"""What can be asked about a picture: five kinds of question."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from idolens.errors import QuestionError
from idolens.vocabulary import Language, QuestionKey

MOST_OPTIONS = 25
"""Choice labels are A–Y; the letter behind the last option is 无法判断."""
MOST_DIGITS = 9
"""Score labels are 1–9; 0 is 无法判断."""
MOST_LEVELS = 10
"""Ten levels and 无法判断 are more than there are digits: their labels are A–K."""
MOST_CHARACTERS = 2000
"""Longest instruction, in characters: every question pays for its length in time."""
MOST_OPTION_CHARACTERS = 200
"""Longest option or level, in characters."""
MOST_TAGS = 64
"""Most tags of one Tags question."""
MOST_TAG_OPTIONS = 1000
"""Most words that a Tags question may be limited to."""
MOST_TOKENS = 1024
"""Longest generated text, in tokens."""
_RESERVED = frozenset({"cannot_tell", "无法判断"})


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


def content_of(question: Question) -> dict[str, object]:
    """Return all that is asked; the key is only a name for it."""
    content = asdict(question)
    del content["key"]
    return {"kind": question.kind, **content}


def check(questions: Sequence[Question], *, most_options: int = MOST_OPTIONS) -> None:
    """Refuse questions that no engine could answer.

    Args:
        questions: what is to be asked.
        most_options: most options of a choice; more than an engine takes where they
            are asked in rounds (see rounds.py).

    Raises:
        QuestionError: no question, a duplicate key, an instruction that is empty or
            too long, options that cannot be lettered or told apart, or a length
            that makes no sense.
    """
    if not questions:
        raise QuestionError("Ask at least one question.", "请至少提一个问题。")
    seen: set[QuestionKey] = set()
    for question in questions:
        if question.key in seen:
            raise QuestionError(
                f"Two questions have the key {question.key!r}: give each its own.",
                f"有两个问题使用了同一个键 {question.key!r}:请为每个问题取不同的键。",
            )
        seen.add(question.key)
        _check_one(question, most_options)


def _check_one(question: Question, most_options: int) -> None:
    key = question.key
    if not question.instruction.strip():
        raise QuestionError(
            f"Question {key!r} is empty: write what to look for.",
            f"问题 {key!r} 为空:请写明要看什么。",
        )
    if len(question.instruction) > MOST_CHARACTERS:
        raise QuestionError(
            f"Question {key!r} has over {MOST_CHARACTERS} characters: shorten it.",
            f"问题 {key!r} 超过 {MOST_CHARACTERS} 个字:请缩短。",
        )
    if isinstance(question, Choice):
        _check_options(key, question.options, most_options)
    elif isinstance(question, Score):
        _check_options(key, question.levels, MOST_LEVELS)
    elif isinstance(question, Tags):
        _check_range(key, "most", question.most, MOST_TAGS)
        _check_words(key, question.options)
    elif isinstance(question, Text):
        _check_range(key, "max_tokens", question.max_tokens, MOST_TOKENS)


def _check_options(key: QuestionKey, options: tuple[str, ...], most: int) -> None:
    if not 2 <= len(options) <= most or len(set(options)) != len(options):  # noqa: PLR2004
        raise QuestionError(
            f"Question {key!r} needs 2 to {most} different options.",
            f"问题 {key!r} 需要 2 到 {most} 个互不相同的选项。",
        )
    for option in options:
        if not _is_option(option):
            raise QuestionError(
                f"Question {key!r} has an option that cannot be used: {option!r}."
                f" Write 1 to {MOST_OPTION_CHARACTERS} characters on one line;"
                " cannot-tell is offered by itself.",
                f"问题 {key!r} 的选项 {option!r} 不可用:请写 1 到"
                f" {MOST_OPTION_CHARACTERS} 个字,不要换行;“无法判断”会自动提供。",
            )


def _check_words(key: QuestionKey, words: tuple[str, ...]) -> None:
    longest = max((len(word) for word in words), default=0)
    if len(words) > MOST_TAG_OPTIONS or longest > MOST_OPTION_CHARACTERS:
        raise QuestionError(
            f"Question {key!r} may name at most {MOST_TAG_OPTIONS} tags of at most"
            f" {MOST_OPTION_CHARACTERS} characters each.",
            f"问题 {key!r} 最多可列出 {MOST_TAG_OPTIONS} 个标签,每个不超过"
            f" {MOST_OPTION_CHARACTERS} 个字。",
        )


def _is_option(option: str) -> bool:
    return (
        0 < len(option.strip()) <= MOST_OPTION_CHARACTERS
        and len(option.splitlines()) == 1
        and option.strip().casefold() not in _RESERVED
    )


def _check_range(key: QuestionKey, name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise QuestionError(
            f"Question {key!r}: {name} must be from 1 to {most}.",
            f"问题 {key!r}:{name} 须在 1 到 {most} 之间。",
        )
