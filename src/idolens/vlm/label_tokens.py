"""Which token each label of a closed question is, and whether prompts may be split."""

from collections.abc import Iterator

from idolens.vlm.chat_template import Ask, Chat
from idolens.vlm.label_words import variants
from idolens.vlm.model_files import failed_check
from idolens.vlm.prompt import render
from idolens.vlm.question import (
    MOST_DIGITS,
    MOST_LEVELS,
    MOST_OPTIONS,
    Choice,
    Question,
    Score,
    YesNo,
)
from idolens.vocabulary import Language, QuestionKey

_KEY = QuestionKey("check")


def label_ids(chat: Chat) -> dict[str, tuple[int, ...]]:
    """Return the tokens of every label that a closed question can have.

    The first is the label's own; those of other ways to write it follow, where they
    are one token each: a model that says Yes for 是 has answered.

    Raises:
        EngineError: a label is not one token.
    """
    return {
        label: (chat.label(ask, label), *_others(chat, ask, label))
        for ask, labels in _asks(chat)
        for label in labels
    }


def _others(chat: Chat, ask: Ask, label: str) -> Iterator[int]:
    before = chat.encode(ask.suffix)
    for way in variants(label)[1:]:
        added = chat.encode(ask.suffix + way)[len(before) :]
        # Unknown words can be one token too: that of all unknown words.
        if len(added) == 1 and chat.pieces(added)[0].strip() == way:
            yield added[0]


def check_split(chat: Chat) -> None:
    """Prefix and suffix, encoded apart, must be the whole, encoded at once."""
    for ask, _ in _asks(chat):
        apart = chat.encode(ask.prefix) + chat.encode(ask.suffix)
        if apart != chat.encode(ask.prefix + ask.suffix):
            raise failed_check(
                "its tokenizer joins words across the picture's end",
                "分词器把图片前后的文字合并了",
            )


def _asks(chat: Chat) -> Iterator[tuple[Ask, dict[str, str]]]:
    for question in _questions():
        prompt = render(question)
        yield chat.ask(prompt.role, prompt.text), prompt.labels


def _questions() -> list[Question]:
    """One question of each kind and language, with every label there is."""
    questions: list[Question] = []
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        options = tuple(f"{number}" for number in range(MOST_OPTIONS))
        questions += [
            YesNo(key=_KEY, instruction="-", language=language),
            Choice(key=_KEY, instruction="-", options=options, language=language),
        ]
        questions += [
            Score(key=_KEY, instruction="-", levels=options[:count], language=language)
            for count in (MOST_DIGITS, MOST_LEVELS)
        ]
    return questions
