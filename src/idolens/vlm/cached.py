"""An engine that does not answer the same question about the same picture twice.

An answer is known by what decides it: the pixels, the question's content (its key is
only a name), the wording, the engine and the model's revision. Many callers who ask
the same at the same time wait for one inference (single flight).
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final

from idolens.errors import IdolensError, QuestionError
from idolens.media.picture import Picture
from idolens.vlm.answer import Answer
from idolens.vlm.answer_store import AnswerStore
from idolens.vlm.conversation import (
    Sampling,
    SpeakingEngine,
    Spoken,
    Turn,
    can_speak,
)
from idolens.vlm.engine import Engine, Model
from idolens.vlm.prompt import render
from idolens.vlm.question import Question, check, content_of

_LAYOUT: Final = 1
"""Part of every key; it changes when what is kept of an answer does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCounts:
    """What became of the answers asked for since the engine was opened.

    Attributes:
        hits: given from memory or disk.
        near_hits: taken over from a picture that looks the same (see similar.py).
        joined: another caller was just asking the same, and the answer was shared.
        misses: the engine was asked.
        evictions: answers that had to make room before their time.
    """

    hits: int = 0
    near_hits: int = 0
    joined: int = 0
    misses: int = 0
    evictions: int = 0


class Tally:
    """Counts in many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = CacheCounts()

    def add(
        self, *, hits: int = 0, near_hits: int = 0, joined: int = 0, misses: int = 0
    ) -> None:
        """Count some more."""
        with self._lock:
            now = self._counts
            self._counts = replace(
                now,
                hits=now.hits + hits,
                near_hits=now.near_hits + near_hits,
                joined=now.joined + joined,
                misses=now.misses + misses,
            )

    @property
    def counts(self) -> CacheCounts:
        """What was counted up to now; evictions are the store's."""
        return self._counts


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One answer that somebody asked for."""

    picture: int
    question: int
    key: bytes


def cached(engine: Engine, store: AnswerStore) -> "CachedEngine":
    """Put ``store`` before ``engine``; one that can speak still can."""
    if can_speak(engine):
        return SpeakingCachedEngine(engine, store)
    return CachedEngine(engine, store)


class CachedEngine:
    """Answers from ``store`` what it can, and asks ``engine`` the rest.

    It keeps the contract of `Engine`. ``latency_ms`` of an answer from the store is
    the time that finding it took.

    Args:
        engine: who is asked; closed with this.
        store: where answers are kept; engines may share one, and it stays open.
    """

    def __init__(self, engine: Engine, store: AnswerStore) -> None:
        self.inner = engine
        self.tally = Tally()
        self._store = store
        self._flights: dict[bytes, Future[Answer]] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The inner engine's name: the cache is not seen in an answer."""
        return self.inner.name

    @property
    def model(self) -> Model:
        """The inner engine's model."""
        return self.inner.model

    @property
    def counts(self) -> CacheCounts:
        """What became of the answers asked for."""
        return replace(self.tally.counts, evictions=self._store.evictions)

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Answer every question about every picture; see `Engine.answer`."""
        check(questions)
        begin = time.perf_counter()
        digests = [_digest(question, self.inner) for question in questions]
        wanted = [
            _Wanted(at, number, _key(picture, digest))
            for at, picture in enumerate(pictures)
            for number, digest in enumerate(digests)
        ]
        known = self._look_up(wanted)
        if known:
            ms = (time.perf_counter() - begin) * 1000 / len(known)
            known = {key: replace(known[key], latency_ms=ms) for key in known}
        self.tally.add(hits=sum(one.key in known for one in wanted))
        while missing := [one for one in wanted if one.key not in known]:
            known |= self._fly(missing, pictures, questions)
        rows: list[list[Answer]] = [[] for _ in pictures]
        for one in wanted:
            key = questions[one.question].key
            rows[one.picture].append(replace(known[one.key], key=key))
        return rows

    def recall(
        self, picture: Picture, questions: Sequence[Question]
    ) -> list[Answer] | None:
        """Return the answers if all are in memory, else None; it asks and waits never.

        Args:
            picture: the picture.
            questions: valid ones; see `Engine.answer`.
        """
        begin = time.perf_counter()
        found: list[Answer] = []
        for question in questions:
            answer = self._store.recent(_key(picture, _digest(question, self.inner)))
            if answer is None:
                return None
            found.append(replace(answer, key=question.key))
        self.tally.add(hits=len(found))
        ms = (time.perf_counter() - begin) * 1000 / max(1, len(found))
        return [replace(answer, latency_ms=ms) for answer in found]

    def close(self) -> None:
        """Close the engine."""
        self.inner.close()

    def _look_up(self, wanted: Sequence[_Wanted]) -> dict[bytes, Answer]:
        found = ((one.key, self._store.get(one.key)) for one in wanted)
        return {key: answer for key, answer in found if answer is not None}

    def _fly(
        self,
        missing: Sequence[_Wanted],
        pictures: Sequence[Picture],
        questions: Sequence[Question],
    ) -> dict[bytes, Answer]:
        """Ask what nobody asks yet, then wait for what others do.

        What is ours is done before we wait, so two callers never wait for each other.
        """
        known, mine, theirs = self._claim(missing)
        self.tally.add(hits=len(known), misses=len(mine), joined=len(theirs))
        if mine:
            known |= self._ask(mine, pictures, questions)
        for key, flight in theirs.items():
            try:
                known[key] = flight.result()
            except QuestionError:
                continue  # perhaps about another question of theirs: ask ourselves
            except IdolensError:
                raise
            except Exception:  # noqa: BLE001, S112 - theirs; ours comes when we ask
                continue
        return known

    def _claim(
        self, missing: Sequence[_Wanted]
    ) -> tuple[dict[bytes, Answer], list[_Wanted], dict[bytes, Future[Answer]]]:
        """Split into what has come in, what is ours to ask, and what others ask."""
        known: dict[bytes, Answer] = {}
        mine: list[_Wanted] = []
        theirs: dict[bytes, Future[Answer]] = {}
        claimed: set[bytes] = set()
        with self._lock:
            for one in missing:
                if one.key in known or one.key in claimed or one.key in theirs:
                    continue
                answer = self._store.recent(one.key)
                if answer is not None:
                    known[one.key] = answer
                elif one.key in self._flights:
                    theirs[one.key] = self._flights[one.key]
                else:
                    self._flights[one.key] = Future()
                    claimed.add(one.key)
                    mine.append(one)
        return known, mine, theirs

    def _ask(
        self,
        mine: Sequence[_Wanted],
        pictures: Sequence[Picture],
        questions: Sequence[Question],
    ) -> dict[bytes, Answer]:
        found: dict[bytes, Answer] = {}
        try:
            for shown, asked in _calls(mine):
                rows = self.inner.answer(
                    [pictures[at] for at in shown], [questions[n] for n in asked]
                )
                keys = {(one.picture, one.question): one.key for one in mine}
                for at, row in zip(shown, rows, strict=True):
                    for number, answer in zip(asked, row, strict=True):
                        self._land(keys[at, number], answer)
                        found[keys[at, number]] = answer
        except BaseException as error:
            self._give_up([one.key for one in mine if one.key not in found], error)
            raise
        return found

    def _land(self, key: bytes, answer: Answer) -> None:
        # Kept first: nobody may find it neither in the store nor in flight.
        self._store.put(key, answer)
        with self._lock:
            flight = self._flights.pop(key)
        flight.set_result(answer)

    def _give_up(self, keys: Sequence[bytes], error: BaseException) -> None:
        with self._lock:
            flights = [self._flights.pop(key) for key in keys]
        for flight in flights:
            flight.set_exception(error)


class SpeakingCachedEngine(CachedEngine):
    """The same for an engine that also speaks; what is spoken is not kept."""

    def __init__(self, engine: SpeakingEngine, store: AnswerStore) -> None:
        super().__init__(engine, store)
        self._speaker = engine

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Go on with a conversation; see `Speaker.speak`."""
        return self._speaker.speak(turns, sampling)


def cache_of(engine: Engine) -> CachedEngine | None:
    """Return the cache in ``engine``, under whatever was put around it, if any."""
    inner: object = engine
    while inner is not None and not isinstance(inner, CachedEngine):
        inner = getattr(inner, "inner", None)
    return inner


def _digest(question: Question, engine: Engine) -> bytes:
    model = engine.model
    who = (engine.name, model.name, model.revision, render(question).version)
    text = json.dumps([_LAYOUT, who, content_of(question)], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _key(picture: Picture, digest: bytes) -> bytes:
    return hashlib.sha256(picture.sha256.encode() + digest).digest()


def _calls(mine: Sequence[_Wanted]) -> Iterator[tuple[list[int], tuple[int, ...]]]:
    """Group into calls of pictures about which the same questions are open."""
    open_: dict[int, list[int]] = {}
    for one in mine:
        open_.setdefault(one.picture, []).append(one.question)
    alike: dict[tuple[int, ...], list[int]] = {}
    for picture, asked in open_.items():
        alike.setdefault(tuple(asked), []).append(picture)
    for asked, shown in alike.items():
        yield shown, asked
