"""Many questions about one picture as one row for training.

Every question stands behind the same prefix (system message and picture) and sees
only that prefix and itself, so one row equals as many ordinary forwards.
"""

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from idolens.vlm.prompt import render
from idolens.vlm.question import Text
from training.pictures import Batch, full_batch
from training.questions import Ask, asks
from training.tokens import build_tokenizer

ROW = 256
"""Question tokens per picture."""
SPOTS = 72
"""Places per picture where the next token is learned."""
SILENT = "/nothink<|assistant|>\n<think></think>"
ALOUD = "<|assistant|>"
END_OF_TURN = "<|user|>"
ENGLISH_SHARE = 0.14
SHORT = 2
"""Ids of a one-word answer with its end."""
LABEL_WEIGHT, END_WEIGHT, WORD_WEIGHT = 1.0, 0.05, 0.25
HARD = {"brand": 3.0, "hair_style": 2.0, "clothing": 1.5}
"""How many times a label counts where seeing is hardest."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Questions of a batch of pictures.

    Attributes:
        ids: int64 [pictures, ROW].
        steps: int64 [pictures, ROW]; place within the own question, from 0.
        segments: int64 [pictures, ROW]; number of the question, -1 for padding.
        at: int64 [pictures, SPOTS]; where a next token is learned.
        targets: int64 [pictures, SPOTS]; which one.
        weights: float32 [pictures, SPOTS]; 0 for padding.
        marks: float32 [pictures, ROW]; at the last token of each option of a
            Choice or Score, 1 where it is the right one and 0 where not; else -1.
        tongues: int64 [pictures]; 0 where the questions are Chinese, 1 English.
        labels: per picture which spot answers which closed question.
    """

    ids: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    segments: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    marks: npt.NDArray[np.float32]
    tongues: npt.NDArray[np.int64]
    labels: list[list[tuple[int, Ask]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Pictures with their questions."""

    pictures: Batch
    questions: Packed


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    """One tokenizer a process."""
    return build_tokenizer()


@cache
def _ids(text: str) -> tuple[int, ...]:
    return tuple(tokenizer().encode(text, add_special_tokens=False))


def prefix_ids() -> tuple[list[list[int]], list[int]]:
    """Token ids before (Chinese, English) and behind the picture's tokens."""
    before: list[list[int]] = []
    for language in ("zh", "en"):
        role = render(Text(key="q", instruction="?", language=language)).role
        text = f"[gMASK]<sop><|system|>\n{role}<|user|>\n<|begin_of_image|>"
        before.append(list(_ids(text)))
    return before, list(_ids("<|end_of_image|>"))


def ask_ids(ask: Ask, chance: random.Random) -> tuple[list[int], int]:
    """A question with its reply, and how many ids at the end are learned."""
    text = render(ask.question).text
    answer = list(_ids(ask.reply)) + list(_ids(END_OF_TURN))
    if not ask.closed and chance.random() < 0.08:  # noqa: PLR2004
        thought = list(_ids("\n<think></think>"))
        asked = tokenizer().encode(text + ALOUD, add_special_tokens=False)
        return [*asked, *thought, *answer], len(thought) + len(answer)
    asked = tokenizer().encode(text + SILENT, add_special_tokens=False)
    return [*asked, *answer], len(answer)


@cache
def _openers() -> dict[int, str]:
    """Ids of the tokens that begin an option, and their labels."""
    labels = string.ascii_uppercase + string.digits
    return {_ids(f"\n{label}. ")[0]: label for label in labels}


def option_marks(ids: list[int], reply: str) -> list[tuple[int, int]]:
    """Where each option ends, and whether it is the one that ``reply`` names."""
    openers = _openers()
    starts = [place for place, token in enumerate(ids) if token in openers]
    if not starts:
        return []
    end = ids.index(_ids("/nothink")[0]) - 1
    ends = [*(start - 1 for start in starts[1:]), end - 1]
    return [
        (last, int(openers[ids[start]] == reply))
        for start, last in zip(starts, ends, strict=True)
    ]


def word_marks(ask: Ask) -> list[tuple[int, int]]:
    """Where a yes-or-no question's word ends, and whether the word is true."""
    if not ask.shown:
        return []
    text = render(ask.question).text
    end = text.rindex(ask.shown) + len(ask.shown)
    spans = tokenizer()(text, return_offsets_mapping=True)["offset_mapping"]
    places = [place for place, span in enumerate(spans) if span[1] == end]
    return [(places[-1], int(ask.holds))] if places else []


def packed(rows: Sequence[Sequence[Ask]], chance: random.Random) -> Packed:
    """Lay each picture's questions out until its row is full."""
    count = len(rows)
    result = Packed(
        np.zeros((count, ROW), np.int64),
        np.zeros((count, ROW), np.int64),
        np.full((count, ROW), -1, np.int64),
        np.zeros((count, SPOTS), np.int64),
        np.zeros((count, SPOTS), np.int64),
        np.zeros((count, SPOTS), np.float32),
        np.full((count, ROW), -1, np.float32),
        np.array([_tongue(questions) for questions in rows], np.int64),
        [[] for _ in range(count)],
    )
    for row, questions in enumerate(rows):
        place = spot = 0
        for number, ask in enumerate(questions):
            ids, learned = ask_ids(ask, chance)
            length = len(ids) - 1
            if place + length > ROW or spot + learned > SPOTS:
                continue
            end = place + length
            result.ids[row, place:end] = ids[:-1]
            result.steps[row, place:end] = np.arange(length)
            result.segments[row, place:end] = number
            spots = slice(spot, spot + learned)
            result.at[row, spots] = np.arange(end - learned, end)
            result.targets[row, spots] = ids[-learned:]
            if ask.closed:
                heavier = HARD.get(ask.about, 1.0)
                result.weights[row, spots] = (LABEL_WEIGHT * heavier, END_WEIGHT)
                result.labels[row].append((spot, ask))
                for step, right in (*option_marks(ids, ask.reply), *word_marks(ask)):
                    result.marks[row, place + step] = right
            else:
                result.weights[row, spots] = WORD_WEIGHT
                if ask.about == "short" and learned == SHORT:
                    result.weights[row, spots] = (LABEL_WEIGHT, END_WEIGHT)
            place, spot = end, spot + learned
    return result


def asked_batch(chance: random.Random, count: int) -> Asked:
    """Freshly drawn pictures of one size with questions."""
    pictures = full_batch(chance, count)
    return Asked(pictures, packed(rows_of(pictures.truths, chance), chance))


def rows_of(
    truths: Sequence[dict[str, str | None]], chance: random.Random
) -> list[list[Ask]]:
    """Questions for every picture, in English for one picture of seven."""
    return [
        asks(truth, chance, 20, "en" if chance.random() < ENGLISH_SHARE else "zh")
        for truth in truths
    ]


def _tongue(questions: Sequence[Ask]) -> int:
    return int(bool(questions) and questions[0].question.language == "en")
