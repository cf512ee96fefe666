"""Ready-made questions in the wording that works, for a producer to start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, assert_never

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo
from idolens.vocabulary import Bilingual, Language, QuestionKey

Purpose = Literal["moderation", "tagging", "fan"]
"""What a template is for: 审核, 打标签, 回答粉丝."""
Kind = Literal["yes_no", "choice", "score", "tags", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One ready-made question in both languages.

    Attributes:
        key: its stable name, and the key of the question that it makes.
        purpose: what it is for.
        kind: the kind of question that it makes.
        title: what it finds out, for a list.
        instructions: the wording by language.
        options: by language: options of a Choice, levels of a Score, the words that
            Tags keeps; empty for the other kinds.
    """

    key: QuestionKey
    purpose: Purpose
    kind: Kind
    title: Bilingual
    instructions: Mapping[Language, str]
    options: Mapping[Language, tuple[str, ...]]

    def question(self, language: Language = "zh") -> Question:
        """Return the question, ready to be asked."""
        key, options = self.key, self.options[language]
        instruction = self.instructions[language]
        match self.kind:
            case "yes_no":
                return YesNo(key=key, instruction=instruction, language=language)
            case "choice":
                return Choice(
                    key=key, instruction=instruction, options=options, language=language
                )
            case "score":
                return Score(
                    key=key, instruction=instruction, levels=options, language=language
                )
            case "tags":
                return Tags(
                    key=key, instruction=instruction, options=options, language=language
                )
            case "text":
                return Text(key=key, instruction=instruction, language=language)
            case _:
                assert_never(self.kind)


def templates() -> tuple[Template, ...]:
    """Return the ready-made questions of prompts/templates.yaml, in its order."""
    return _templates()


class _Wording(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    instruction: str
    options: tuple[str, ...] = ()


class _Entry(BaseModel):
    """One entry of templates.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: str
    purpose: Purpose
    kind: Kind
    zh: _Wording
    en: _Wording

    def template(self) -> Template:
        return Template(
            key=QuestionKey(self.key),
            purpose=self.purpose,
            kind=self.kind,
            title=Bilingual(zh=self.zh.title, en=self.en.title),
            instructions={"zh": self.zh.instruction, "en": self.en.instruction},
            options={"zh": self.zh.options, "en": self.en.options},
        )


@cache
def _templates() -> tuple[Template, ...]:
    source = files("idolens.vlm").joinpath("prompts", "templates.yaml").read_bytes()
    entries = TypeAdapter(tuple[_Entry, ...]).validate_python(yaml.safe_load(source))
    return tuple(entry.template() for entry in entries)
