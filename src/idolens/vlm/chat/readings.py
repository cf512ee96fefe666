"""From a chat server's reply to a reading. Pure: no request, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from idolens.vlm.answer import Status
from idolens.vlm.chat.labels import by_id, by_text, in_words
from idolens.vlm.chat.profiles import Way
from idolens.vlm.chat.replies import Reply
from idolens.vlm.chat.replies import by_id as ids_told
from idolens.vlm.chat.replies import by_text as texts_told
from idolens.vlm.prompt import CANNOT_TELL, Prompt
from idolens.vlm.question import Question, Score, Text
from idolens.vlm.reading import Open, Piece, Reading, read_closed, read_open

NO_PROBABILITY = "the server tells no probabilities"
"""The detail of an answer that is usable but has no probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads replies.

    Attributes:
        way: how closed questions are read.
        ids: label → tokens that say it, for the way ``token_ids``.
        least_mass: label mass below which an answer is ``cannot_tell``.
    """

    way: Way
    ids: Mapping[str, Sequence[int]]
    least_mass: float

    def read(self, question: Question, prompt: Prompt, reply: Reply) -> Reading:
        """Return what the reply to ``question`` says."""
        if isinstance(question, Open):
            return _open(question, reply)
        if self.way == "word":
            return _word(question, prompt, reply)
        if not reply.steps:
            return _silent(reply)
        first = reply.steps[0]
        if self.way == "token_ids":
            logs = by_id(prompt.labels, self.ids, ids_told(first))
        else:
            logs = by_text(prompt.labels, texts_told(first))
        return read_closed(question, prompt.labels, logs, least_mass=self.least_mass)


def _open(question: Open, reply: Reply) -> Reading:
    if not reply.text.strip():
        return _silent(reply)
    pieces = reply.pieces
    if pieces is not None:
        return read_open(question, pieces)
    reading = read_open(question, [Piece(reply.text, 0.0)])
    if reading.status is not Status.OK:
        return reading
    return replace(reading, probability=None, options={}, detail=NO_PROBABILITY)


def _word(question: Question, prompt: Prompt, reply: Reply) -> Reading:
    """Read a reply in words: an answer without a probability, never a guess."""
    plain = Text(key=question.key, instruction=question.instruction)
    said = read_open(plain, [Piece(reply.text, 0.0)])  # takes thoughts and boxes away
    if said.status is Status.INVALID:
        return _silent(reply)
    label = in_words(prompt.labels, said.raw)
    if (
        said.status is Status.CANNOT_TELL
        or prompt.labels.get(label or "") == CANNOT_TELL
    ):
        return Reading(status=Status.CANNOT_TELL, raw=said.raw, detail=NO_PROBABILITY)
    if label is None:
        return Reading(
            status=Status.INVALID,
            raw=said.raw,
            detail="the reply is none of the labels",
        )
    meaning = prompt.labels[label]
    return Reading(
        status=Status.OK,
        value=float(meaning) if isinstance(question, Score) else meaning,
        raw=said.raw,
        detail=NO_PROBABILITY,
    )


def _silent(reply: Reply) -> Reading:
    thought = reply.thought
    return Reading(
        status=Status.INVALID,
        detail="the model thought and did not answer"
        if thought
        else "the model said nothing",
    )
