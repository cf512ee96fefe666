"""How a question is worded for a chat model; the wordings are in prompts/*.yaml."""

import hashlib
import string
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from idolens.vlm.question import MOST_DIGITS, Choice, Question, Score, YesNo
from idolens.vocabulary import Language


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question as the model gets it, without the picture.

    Attributes:
        role: the system message.
        text: the user's text; it stands behind the picture.
        labels: for closed questions, the replies that count and what each means
            (``yes``, ``no``, an option, a level's number, ``cannot_tell``), in the
            order shown; empty for Tags and Text.
        version: changes whenever a wording file does.
    """

    role: str
    text: str
    labels: dict[str, str]
    version: str


def render(question: Question, role: str | None = None) -> Prompt:
    """Put ``question`` into words; ``role`` replaces the default system message."""
    words, version = _wording(question.language)
    labels = _labels(question, words)
    if isinstance(question, YesNo):
        options = ""
    else:
        options = "\n".join(
            f"{label}. {words['cannot_tell'] if meaning == CANNOT_TELL else shown}"
            for (label, meaning), shown in zip(
                labels.items(), _shown(question), strict=True
            )
        )
    text = words[_asked_as(question)].format(
        instruction=question.instruction.strip(), options=options
    )
    return Prompt(role or words["role"], text, labels, version)


CANNOT_TELL = "cannot_tell"


def _labels(question: Question, words: dict[str, str]) -> dict[str, str]:
    if isinstance(question, YesNo):
        return {
            words["yes"]: "yes",
            words["no"]: "no",
            words["cannot_tell"]: CANNOT_TELL,
        }
    if isinstance(question, Choice):
        meanings = (*question.options, CANNOT_TELL)
        return dict(zip(string.ascii_uppercase, meanings, strict=False))
    if isinstance(question, Score):
        numbers = [str(number) for number in range(1, len(question.levels) + 1)]
        if _is_lettered(question):
            meanings = (*numbers, CANNOT_TELL)
            return dict(zip(string.ascii_uppercase, meanings, strict=False))
        return {number: number for number in numbers} | {"0": CANNOT_TELL}
    return {}


def _asked_as(question: Question) -> str:
    """Return which wording: that of a choice where levels have letters."""
    return Choice.kind if _is_lettered(question) else question.kind


def _is_lettered(question: Question) -> bool:
    return isinstance(question, Score) and len(question.levels) > MOST_DIGITS


def _shown(question: Question) -> tuple[str, ...]:
    if isinstance(question, Choice):
        return (*question.options, "")
    if isinstance(question, Score):
        return (*question.levels, "")
    return ()


@cache
def _wording(language: Language) -> tuple[dict[str, str], str]:
    source = files("idolens.vlm").joinpath("prompts", f"{language}.yaml").read_bytes()
    words: dict[str, str] = yaml.safe_load(source)
    return words, f"{language}-{hashlib.sha256(source).hexdigest()[:8]}"
