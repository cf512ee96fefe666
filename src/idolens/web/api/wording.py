"""GET …/question-templates and POST …/question-lint: help with the wording."""

from typing import cast

from fastapi import APIRouter
from pydantic import Field

from idolens.vlm.lint import Advice, lint
from idolens.vlm.phrasing import language_of, question_for
from idolens.vlm.question import Choice
from idolens.vlm.templates import Kind, Purpose, Template, templates
from idolens.web.api.shape import Asked, Told
from idolens.web.problems import Message

_MOST_CHARACTERS = 2000


class OptionsTold(Told):
    """The options of a question in both languages."""

    zh: list[str] = Field(description="In Chinese.")
    en: list[str] = Field(description="In English.")


class TemplateTold(Told):
    """One ready-made question."""

    key: str = Field(description="Its stable name.")
    purpose: Purpose = Field(description="What it is for.")
    kind: Kind = Field(description="How it is asked.")
    title: Message = Field(description="What it finds out.")
    instruction: Message = Field(description="Its wording.")
    options: OptionsTold = Field(
        description="Options of a choice, levels of a score, the only tags that count."
    )


class TemplateList(Told):
    """All ready-made questions; it is a short list without pages."""

    items: list[TemplateTold] = Field(description="By what they are for.")


class Wording(Asked):
    """A question as somebody would ask it."""

    question: str = Field(
        max_length=_MOST_CHARACTERS,
        description="The question in plain words.",
        examples=["画面中是否有未授权LOGO?"],
    )


class AdviceTold(Told):
    """One weakness of a question, and how to mend it."""

    code: str = Field(description="The rule's stable name.")
    found: str = Field(description="The words it is about; empty for the whole.")
    why: Message = Field(description="What goes wrong with such a question.")
    instead: Message = Field(description="How to put it.")


class WordingTold(Told):
    """What becomes of a question, and what is weak about it."""

    kind: Kind = Field(description="How `auto` asks it.")
    options: list[str] = Field(description="The options that it names, of a choice.")
    advice: list[AdviceTold] = Field(description="Empty where nothing is weak.")


def add_wording(router: APIRouter) -> None:
    """Add the routes."""

    @router.get("/question-templates", summary="List the ready-made questions")
    def ready_made() -> TemplateList:
        return TemplateList(items=[_template(one) for one in templates()])

    @router.post(
        "/question-lint", summary="Tell how a question is asked, and what is weak in it"
    )
    def weaknesses(asked: Wording) -> WordingTold:
        words = asked.question.strip()
        question = question_for(words)
        return WordingTold(
            kind=cast("Kind", question.kind),
            options=list(question.options) if isinstance(question, Choice) else [],
            advice=[_advice(one) for one in lint(words, language_of(words))]
            if words
            else [],
        )


def _template(one: Template) -> TemplateTold:
    wording, options = one.instructions, one.options
    return TemplateTold(
        key=one.key,
        purpose=one.purpose,
        kind=one.kind,
        title=Message(zh=one.title.zh, en=one.title.en),
        instruction=Message(zh=wording["zh"], en=wording["en"]),
        options=OptionsTold(zh=list(options["zh"]), en=list(options["en"])),
    )


def _advice(one: Advice) -> AdviceTold:
    return AdviceTold(
        code=one.code,
        found=one.found,
        why=Message(zh=one.why.zh, en=one.why.en),
        instead=Message(zh=one.instead.zh, en=one.instead.en),
    )
