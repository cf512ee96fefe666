"""From a model's probabilities or words to a typed answer. Pure: no model, no I/O.

Closed questions are read from the probabilities of their one-token labels at the
reply position; Tags and Text from the words that were generated. Every engine reads
through this module, so that a threshold means the same whichever model answers.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from idolens.vlm.answer import Answer, Status
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import Choice, Score, Tags, Text, YesNo
from idolens.vocabulary import Probability

LEAST_LABEL_MASS = 0.5
"""Below this label mass a closed answer is ``cannot_tell``: the model wanted to say
something else more than all the labels together, so what is left is a guess."""

Closed = YesNo | Choice | Score
Open = Tags | Text

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)|</think>", re.DOTALL)
_MARKUP = re.compile(r"<\|[^<>|\s]{1,40}\|>|\[gMASK\]|<sop>")
# Full-width marks are written as escapes: side by side the two look alike.
_SEPARATORS = re.compile(r"[、,\uff0c/\uff0f;\uff1b\n|\uff5c]+")
_EDGES = (
    " \t\r\n.。!?:()·-—*#\"'“”‘’「」《》[]【】"
    "\u3000\uff0e\uff01\uff1f\uff1a\uff08\uff09"
)
_CANNOT_TELL_WORDS = frozenset(
    {"无法判断", "不能判断", "unclear", "cannot tell", "can't tell", "cannot_tell"}
)
_PERIOD_LIMIT = 12
_REPEATS = 3
_REPEATED_LEAST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an answer says, without who said it; fields as in `Answer`."""

    status: Status
    value: str | float | tuple[str, ...] | None = None
    probability: Probability | None = None
    options: dict[str, Probability] = field(default_factory=dict[str, Probability])
    label_mass: Probability | None = None
    raw: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One generated token: its text and its log-probability (natural)."""

    text: str
    log_probability: float


def read_closed(
    question: Closed,
    labels: Mapping[str, str],
    log_probabilities: Mapping[str, float],
    *,
    temperature: float = 1.0,
    least_mass: float = LEAST_LABEL_MASS,
) -> Reading:
    """Read a closed question from the probabilities of its labels.

    Args:
        question: what was asked.
        labels: label → meaning, as `Prompt.labels`.
        log_probabilities: label → natural log of its probability over the whole
            vocabulary; a label that is missing has probability 0.
        temperature: calibration; it flattens (> 1) or sharpens (< 1) the
            probabilities among the labels. ``label_mass`` is not touched by it.
        least_mass: label mass below which the answer is ``cannot_tell``.
    """
    logs = {label: log_probabilities.get(label, -math.inf) for label in labels}
    if not all(value <= math.inf for value in logs.values()):  # NaN compares false
        return Reading(
            status=Status.INVALID, detail="the model's output is not a number"
        )
    mass = min(math.fsum(math.exp(min(value, 0.0)) for value in logs.values()), 1.0)
    if mass == 0.0:
        return Reading(status=Status.CANNOT_TELL, label_mass=Probability(0.0))
    options = _softmax({labels[label]: logs[label] for label in labels}, temperature)
    raw = max(labels, key=lambda label: (options[labels[label]], labels[label]))
    decided = decide(question, options) if mass >= least_mass else None
    value, probability = decided or (None, None)
    return Reading(
        status=Status.OK if decided else Status.CANNOT_TELL,
        value=value,
        probability=probability,
        options=options,
        label_mass=Probability(mass),
        raw=raw,
    )


def decide(
    question: Closed, options: Mapping[str, Probability]
) -> tuple[str | float, Probability] | None:
    """Return the value that ``options`` come to, and its probability.

    None where ``cannot_tell`` is the most likely reply.
    """
    return None if _cannot_tell_wins(question, options) else _decide(question, options)


def reread(
    answer: Answer, question: Closed, options: Mapping[str, Probability]
) -> Answer:
    """Return ``answer`` with other probabilities, decided anew by them.

    One that was undecided for want of label mass stays so.
    """
    if lacks_mass(answer, question):
        return replace(answer, options=dict(options))
    value, probability = decide(question, options) or (None, None)
    return replace(
        answer,
        status=Status.CANNOT_TELL if value is None else Status.OK,
        value=value,
        probability=probability,
        options=dict(options),
    )


def lacks_mass(answer: Answer, question: Closed) -> bool:
    """Tell whether an answer is undecided for want of label mass only.

    Then its options are what is left of something else that the model wanted to say.
    """
    return (
        answer.status is Status.CANNOT_TELL
        and CANNOT_TELL in answer.options
        and decide(question, answer.options) is not None
    )


def _softmax(logs: Mapping[str, float], temperature: float) -> dict[str, Probability]:
    highest = max(logs.values())
    weights = {
        name: math.exp((value - highest) / temperature) for name, value in logs.items()
    }
    total = math.fsum(weights.values())
    return {name: Probability(weight / total) for name, weight in weights.items()}


def _cannot_tell_wins(question: Closed, options: Mapping[str, Probability]) -> bool:
    """A scale spreads its mass over its levels, so they count together."""
    others = [share for name, share in options.items() if name != CANNOT_TELL]
    rival = math.fsum(others) if isinstance(question, Score) else max(others)
    return options.get(CANNOT_TELL, 0.0) >= rival


def _decide(
    question: Closed, options: Mapping[str, Probability]
) -> tuple[str | float, Probability]:
    named = {name: share for name, share in options.items() if name != CANNOT_TELL}
    best = max(named, key=lambda name: (named[name], name))
    if not isinstance(question, Score):
        return best, named[best]
    told = math.fsum(named.values())
    expected = math.fsum(int(name) * share for name, share in named.items()) / told
    return min(max(expected, 1.0), float(len(question.levels))), named[best]


def read_open(question: Open, pieces: Sequence[Piece]) -> Reading:
    """Read Tags or Text from what was generated.

    Thoughts, box marks and other markup are removed. No words at all is
    ``invalid``; 无法判断 (or no tag that counts) is ``cannot_tell``.
    """
    pieces = pieces[: unrepeated([piece.text for piece in pieces])]
    letters = _letters(pieces)
    text = "".join(letter for letter, _ in letters).strip()
    probability = _mean([piece.log_probability for piece in pieces])
    if not text:
        return Reading(status=Status.INVALID, detail="the model said nothing")
    if is_cannot_tell(text):
        return Reading(status=Status.CANNOT_TELL, raw=text)
    if isinstance(question, Text):
        return Reading(status=Status.OK, value=text, probability=probability, raw=text)
    tags = _tags(question, letters, pieces)
    if not tags:
        return Reading(status=Status.CANNOT_TELL, raw=text)
    return Reading(
        status=Status.OK,
        value=tuple(tags),
        probability=probability,
        options=tags,
        raw=text,
    )


def is_cannot_tell(text: str) -> bool:
    """Tell whether ``text`` is the model's way to say that it can't."""
    return _folded(text) in _CANNOT_TELL_WORDS


def unrepeated(parts: Sequence[str] | Sequence[int]) -> int:
    """Return how many of ``parts`` to keep so that they do not end in a loop.

    A tail that says the same (up to 12 parts) three times or more is cut after the
    first time; a few short doublings (哈哈哈) are left alone.
    """
    length = len(parts)
    for period in range(1, min(_PERIOD_LIMIT, length // _REPEATS) + 1):
        begin = length
        while begin > period and parts[begin - 1] == parts[begin - 1 - period]:
            begin -= 1
        looped = length - begin + period
        if looped >= max(_REPEATS * period, _REPEATED_LEAST) and begin < length:
            return begin
    return length


def _letters(pieces: Sequence[Piece]) -> list[tuple[str, int]]:
    """Return each kept character with the number of the piece it came from."""
    letters = [
        (letter, number) for number, piece in enumerate(pieces) for letter in piece.text
    ]
    for markup in (_THOUGHT, _MARKUP):
        text = "".join(letter for letter, _ in letters)
        gone = {at for match in markup.finditer(text) for at in range(*match.span())}
        letters = [pair for at, pair in enumerate(letters) if at not in gone]
    return letters


def _tags(
    question: Tags, letters: Sequence[tuple[str, int]], pieces: Sequence[Piece]
) -> dict[str, Probability]:
    text = "".join(letter for letter, _ in letters)
    wanted = {_folded(option): option for option in question.options}
    tags: dict[str, Probability] = {}
    begin = 0
    for end in (*(match.start() for match in _SEPARATORS.finditer(text)), len(text)):
        word = _SEPARATORS.sub("", text[begin:end]).strip(_EDGES)
        tag = wanted.get(_folded(word), "") if wanted else word
        if tag and tag not in tags and not is_cannot_tell(tag):
            start = text.index(word, begin)
            numbers = {number for _, number in letters[start : start + len(word)]}
            tags[tag] = _mean([pieces[number].log_probability for number in numbers])
        begin = end
    return dict(list(tags.items())[: question.most])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip(_EDGES).casefold()


def _mean(logs: Sequence[float]) -> Probability:
    """Return the geometric mean of the probabilities behind ``logs``."""
    if not logs:
        return Probability(0.0)
    return Probability(math.exp(min(math.fsum(logs) / len(logs), 0.0)))
