"""Takes answers over from a picture of the same session that looks the same.

For tags and free text, not for what may block a show: a hash is blind to small things.
Every answer that was taken over says from which picture (`Answer.reused_from`).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from idolens.media.fingerprint import Fingerprint
from idolens.media.picture import Picture
from idolens.settings import CacheSettings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.cached import Tally
from idolens.vlm.engine import Engine, Model
from idolens.vlm.question import Question, Tags, Text, check
from idolens.vocabulary import QuestionKey

MOST_KEPT: Final = 64
"""Pictures of one session that are compared with; the longest unused are forgotten."""
_USABLE: Final = (Status.OK, Status.CANNOT_TELL)


def tags_and_text(question: Question) -> bool:
    """Tell whether answers are taken over where nobody says otherwise."""
    return isinstance(question, Tags | Text)


@dataclass(slots=True)
class _Seen:
    """A picture that was looked at, and what was said of it by question."""

    picture: Picture
    print_: Fingerprint
    answers: dict[QuestionKey, tuple[Question, Answer]] = field(
        default_factory=dict[QuestionKey, "tuple[Question, Answer]"]
    )


class SimilarEngine:
    """One session's view of ``engine``; pictures come in the session's order.

    It keeps the contract of `Engine` but for one thing, which is its purpose: an answer
    about a picture may be that about an earlier one that looks the same.

    Args:
        engine: who is asked; it stays open.
        settings: how alike is alike, and what a scene cut is.
        reusable: which questions' answers may be taken over.
        tally: where near hits are counted.
    """

    def __init__(
        self,
        engine: Engine,
        settings: CacheSettings,
        *,
        reusable: Callable[[Question], bool] = tags_and_text,
        tally: Tally | None = None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._reusable = reusable
        self._tally = tally or Tally()
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._last: Fingerprint | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The engine's name."""
        return self._engine.name

    @property
    def model(self) -> Model:
        """The engine's model."""
        return self._engine.model

    def cut(self) -> None:
        """Forget what was seen: a new scene begins."""
        with self._lock:
            self._seen.clear()
            self._last = None

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Answer every question about every picture; see `Engine.answer`."""
        check(questions)
        often = [question for question in questions if self._reusable(question)]
        if not often:
            return self._engine.answer(pictures, questions)
        with self._lock:
            return self._answer(pictures, questions, often)

    def close(self) -> None:
        """Forget what was seen."""
        self.cut()

    def _answer(
        self,
        pictures: Sequence[Picture],
        questions: Sequence[Question],
        often: Sequence[Question],
    ) -> list[list[Answer]]:
        models = [self._model_of(picture) for picture in pictures]
        first = [at for at, (_, fresh) in enumerate(models) if fresh]
        found = self._ask(pictures, first, questions)
        for at in first:
            self._remember(models[at][0], often, found[at])
        open_: dict[tuple[Question, ...], list[int]] = {}
        for at, (model, fresh) in enumerate(models):
            if fresh:
                continue
            found[at] = self._taken(model, pictures[at], often)
            left = tuple(q for q in questions if q.key not in found[at])
            open_.setdefault(left, []).append(at)
        for left, which in open_.items():
            for at, answers in self._ask(pictures, which, left).items():
                found[at] |= answers
        return [
            [found[at][question.key] for question in questions]
            for at in range(len(pictures))
        ]

    def _ask(
        self, pictures: Sequence[Picture], which: list[int], asked: Sequence[Question]
    ) -> dict[int, dict[QuestionKey, Answer]]:
        if not which or not asked:
            return {}
        rows = self._engine.answer([pictures[at] for at in which], asked)
        return {
            at: {answer.key: answer for answer in row}
            for at, row in zip(which, rows, strict=True)
        }

    def _model_of(self, picture: Picture) -> tuple[_Seen, bool]:
        """Return the picture that ``picture`` looks like; itself, True if like none."""
        print_ = Fingerprint.of(picture)
        if self._last is not None and self._is_cut(print_, self._last):
            self._seen.clear()
        self._last = print_
        near = [
            (apart.bits, sha256)
            for sha256, seen in self._seen.items()
            if not (apart := print_.difference(seen.print_)).shape
            and apart.bits <= self._settings.similar_bits
        ]
        if near:
            sha256 = min(near)[1]
            self._seen.move_to_end(sha256)
            return self._seen[sha256], False
        fresh = self._seen[picture.sha256] = _Seen(picture, print_)
        if len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)
        return fresh, True

    def _is_cut(self, now: Fingerprint, before: Fingerprint) -> bool:
        apart = now.difference(before)
        return apart.shape or apart.bits >= self._settings.cut_bits

    def _remember(
        self,
        seen: _Seen,
        often: Sequence[Question],
        answers: dict[QuestionKey, Answer],
    ) -> None:
        for question in often:
            answer = answers[question.key]
            if answer.status in _USABLE:
                seen.answers[question.key] = (question, answer)

    def _taken(
        self, seen: _Seen, picture: Picture, often: Sequence[Question]
    ) -> dict[QuestionKey, Answer]:
        """Return what is known of the picture that this one looks like."""
        known = {
            question.key: seen.answers[question.key][1]
            for question in often
            if _knows(seen, question)
        }
        self._tally.add(near_hits=len(known))
        same = picture.sha256 == seen.picture.sha256
        origin = None if same else seen.picture.sha256
        return {
            key: replace(answer, reused_from=origin, latency_ms=0.0)
            for key, answer in known.items()
        }


def _knows(seen: _Seen, question: Question) -> bool:
    known = seen.answers.get(question.key)
    return known is not None and known[0] == question
