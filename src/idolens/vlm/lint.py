"""Warns on prompts that a model can't answer the same way twice.

这图怎么样? asks for nothing in particular, so its answers can't be thresholded or
compared. The rules are data (prompts/lint.yaml); length is the only one in code.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from idolens.vocabulary import Bilingual, Language

LEAST_CHARACTERS: dict[Language, int] = {"zh": 5, "en": 10}
"""Shorter prompts name no object: 有人吗 has 3 characters, 是否有人物 has 5."""

_FILLER = re.compile(r"[\s?!。.,:;~…、]+")
# A Chinese keyboard types either width, so the rules know the half-width forms only.
# One character for one, so that a match lies at the same place in the original.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord("\u3000"): " ",
    ord("\uff61"): "。",
    ord("\uff64"): "、",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One weakness of a prompt and how to mend it.

    Attributes:
        code: the rule's stable name, e.g. ``vague``.
        found: the words that it is about; empty where it is the whole prompt.
        why: what goes wrong with such a prompt.
        instead: how to put it, with an example.
    """

    code: str
    found: str
    why: Bilingual
    instead: Bilingual


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str

    def bilingual(self) -> Bilingual:
        return Bilingual(zh=self.zh, en=self.en)


class _Rule(BaseModel):
    """One entry of lint.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: str
    zh: str
    en: str
    why: _Words
    instead: _Words

    def pattern(self, language: Language) -> re.Pattern[str]:
        source = self.zh if language == "zh" else self.en
        return re.compile(source, re.IGNORECASE | re.DOTALL)


def lint(instruction: str, language: Language) -> list[Advice]:
    """Return what is weak about ``instruction``; an empty list means nothing is.

    ``language`` is the language that the instruction is written in; the advice
    itself is always in both.
    """
    text = instruction.strip()
    plain = text.translate(_HALF_WIDTH)
    advice = [
        _advice(rule, text[match.start() : match.end()])
        for rule, match in _matches(plain, language)
    ]
    too_short = len(_FILLER.sub("", plain)) < LEAST_CHARACTERS[language]
    if too_short and not advice:
        advice.append(TOO_SHORT)
    return advice


TOO_SHORT = Advice(
    code="too_short",
    found="",
    why=Bilingual(
        zh="太短,看不出要判断什么", en="Too short to tell what is to be judged"
    ),
    instead=Bilingual(
        zh="写成完整的问题:在哪里、看什么、什么算,例如:画面右上角是否有水印?",
        en="Write a whole question: where, what, and what counts, for example:"
        " Is there a watermark in the upper right corner?",
    ),
)


def _matches(text: str, language: Language) -> list[tuple[_Rule, re.Match[str]]]:
    found = ((rule, rule.pattern(language).search(text)) for rule in _rules())
    return [(rule, match) for rule, match in found if match]


def _advice(rule: _Rule, found: str) -> Advice:
    return Advice(
        code=rule.code,
        found=found.strip(),
        why=rule.why.bilingual(),
        instead=rule.instead.bilingual(),
    )


@cache
def _rules() -> tuple[_Rule, ...]:
    source = files("idolens.vlm").joinpath("prompts", "lint.yaml").read_bytes()
    return TypeAdapter(tuple[_Rule, ...]).validate_python(yaml.safe_load(source))
