"""Questions in packs behind prefixes; smaller packs when memory runs out."""

import time
from collections.abc import Iterator, Sequence

from idolens.vlm import reading as read
from idolens.vlm.answer import Status
from idolens.vlm.asked import Asked, Desk, Found
from idolens.vlm.glm.kv import Prefix
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.packs import packs
from idolens.vlm.glm.reader import Reading
from idolens.vlm.glm.replies import closed, generate
from idolens.vlm.glm.room import Room, is_shortage
from idolens.vlm.glm.seeing import View


class Answering:
    """The answering half of a model.

    Args:
        network: what computes.
        desk: words questions and reads their answers.
        room: how much at a time; it learns.
        stop: tokens that end a reply.
        lead: tokens between a closed question and its label.
    """

    def __init__(
        self,
        network: Network,
        desk: Desk,
        room: Room,
        stop: frozenset[int],
        lead: Sequence[int],
    ) -> None:
        self._network = network
        self._desk = desk
        self._room = room
        self._stop = stop
        self._lead = tuple(lead)
        self._labels = sorted(
            {token for ids in desk.label_ids.values() for token in ids}
        )

    def answer(
        self, view: View, numbers: Sequence[int], asked: Sequence[Asked]
    ) -> Iterator[Found]:
        """Answer the questions ``numbers`` of ``asked`` about each picture of a view.

        Raises:
            Exception: a shortage, where the pictures don't even fit alone.
        """
        group = [asked[number] for number in numbers]
        waiting = [
            [numbers[at] for at in pack]
            for pack in packs(group, self._room.columns, self._lead)
        ]
        first = self._together(view, waiting[0], asked)
        yield from first or ()
        prefixes = view.prefixes()
        for pack in waiting[1 if first else 0 :]:
            yield from self._pack(prefixes, pack, asked)

    def _together(
        self, view: View, numbers: Sequence[int], asked: Sequence[Asked]
    ) -> list[Found] | None:
        """Read pictures and closed questions in one run, where that is possible."""
        about = [asked[number] for number in numbers]
        if about[0].limit or self._network.columns_bucket > 1:
            return None
        unread = view.unread()
        if unread is None:
            return None
        columns = unread.columns + sum(len(one.ids) for one in about)
        if columns > self._room.together:
            return None
        begin = time.perf_counter()
        try:
            with self._network.stages.timed("prefill_answer"):
                reading = Reading(self._network, unread, columns - unread.columns)
                readings = self._closed(reading, about)
            view.take(range(len(readings)), reading.prefixes())
        except Exception as error:
            if not is_shortage(error):
                raise
            readings = None
        if readings is None:  # outside of `except`, which would hold on to the memory
            self._room.fewer_together(columns)
            self._network.machine.free()
            return None
        return list(_found(readings, numbers, begin))

    def _pack(
        self, prefixes: Sequence[Prefix], numbers: Sequence[int], asked: Sequence[Asked]
    ) -> Iterator[Found]:
        begin = time.perf_counter()
        about = [asked[number] for number in numbers]
        try:
            with self._network.stages.timed("answer"):
                readings = self._behind(prefixes, about)
        except Exception as error:
            if not is_shortage(error):
                raise
            readings = None
        if readings is None:
            yield from self._smaller(prefixes, numbers, asked)
        else:
            yield from _found(readings, numbers, begin)

    def _behind(
        self, prefixes: Sequence[Prefix], about: Sequence[Asked]
    ) -> list[list[read.Reading]]:
        if about[0].limit:
            return self._open(prefixes, about)
        length = sum(len(one.ids) + len(self._lead) for one in about)
        return self._closed(Reading(self._network, prefixes, length), about)

    def _smaller(
        self, prefixes: Sequence[Prefix], numbers: Sequence[int], asked: Sequence[Asked]
    ) -> Iterator[Found]:
        """Answer in two halves what did not fit; one question alone has no room."""
        self._network.machine.free()
        if len(prefixes) > 1:
            self._room.fewer_pictures(len(prefixes))
            half = len(prefixes) // 2
            yield from self._pack(prefixes[:half], numbers, asked)
            for one in self._pack(prefixes[half:], numbers, asked):
                yield Found(half + one.picture, one.question, one.reading, one.ms)
        elif len(numbers) > 1:
            self._room.fewer_columns(sum(len(asked[at].ids) for at in numbers))
            half = len(numbers) // 2
            yield from self._pack(prefixes, numbers[:half], asked)
            yield from self._pack(prefixes, numbers[half:], asked)
        else:
            self._room.shortages += 1
            yield Found(0, numbers[0], no_room(), 0.0)

    def _closed(
        self, behind: Reading, about: Sequence[Asked]
    ) -> list[list[read.Reading]]:
        suffixes = [(*one.ids, *self._lead) for one in about]
        return [
            [
                self._desk.closed(one, self._by_label(one, logs))
                for one, logs in zip(about, picture, strict=True)
            ]
            for picture in closed(behind, suffixes, self._labels)
        ]

    def _by_label(self, asked: Asked, logs: Sequence[float]) -> dict[str, float]:
        by_id = dict(zip(self._labels, logs, strict=True))
        return self._desk.by_label(asked, by_id.__getitem__)

    def _open(
        self, prefixes: Sequence[Prefix], about: Sequence[Asked]
    ) -> list[list[read.Reading]]:
        told = generate(
            self._network,
            prefixes,
            [one.ids for one in about],
            [one.limit for one in about],
            self._stop,
        )
        return [
            [
                self._desk.open(one, reply)
                for one, reply in zip(about, picture, strict=True)
            ]
            for picture in told
        ]


def no_room() -> read.Reading:
    """Return what is said of a question that does not fit, even alone."""
    detail = "the picture and the question do not fit into memory"
    return read.Reading(status=Status.ERROR, detail=detail)


def _found(
    readings: Sequence[Sequence[read.Reading]], numbers: Sequence[int], begin: float
) -> Iterator[Found]:
    """Say of which picture and question each reading is; they share the time."""
    spent = (time.perf_counter() - begin) * 1000
    ms = spent / (len(readings) * len(numbers))
    for picture, row in enumerate(readings):
        for number, reading in zip(numbers, row, strict=True):
            yield Found(picture, number, reading, ms)
