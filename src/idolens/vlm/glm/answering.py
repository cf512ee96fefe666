"""Questions in packs behind prefixes; smaller packs when memory runs out."""

import time
from collections.abc import Iterator, Sequence

from idolens.vlm.answer import Status
from idolens.vlm.asked import Asked, Desk, Found
from idolens.vlm.glm.kv import Prefix
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.packs import packs
from idolens.vlm.glm.replies import closed, generate
from idolens.vlm.glm.room import Room, is_shortage
from idolens.vlm.reading import Reading


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
        self._labels = sorted(set(desk.label_ids.values()))

    def answer(
        self, prefixes: Sequence[Prefix], numbers: Sequence[int], asked: Sequence[Asked]
    ) -> Iterator[Found]:
        """Answer the questions ``numbers`` of ``asked`` about each prefix."""
        group = [asked[number] for number in numbers]
        for pack in packs(group, self._room.columns, self._lead):
            yield from self._pack(prefixes, [numbers[at] for at in pack], asked)

    def _pack(
        self, prefixes: Sequence[Prefix], numbers: Sequence[int], asked: Sequence[Asked]
    ) -> Iterator[Found]:
        begin = time.perf_counter()
        about = [asked[number] for number in numbers]
        try:
            readings = (self._open if about[0].limit else self._closed)(prefixes, about)
        except Exception as error:
            if not is_shortage(error):
                raise
            readings = None
        if readings is None:  # outside of `except`, which would hold on to the memory
            yield from self._smaller(prefixes, numbers, asked)
            return
        ms = (time.perf_counter() - begin) * 1000 / (len(prefixes) * len(numbers))
        for picture, row in enumerate(readings):
            for number, reading in zip(numbers, row, strict=True):
                yield Found(picture, number, reading, ms)

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
        self, prefixes: Sequence[Prefix], about: Sequence[Asked]
    ) -> list[list[Reading]]:
        suffixes = [(*one.ids, *self._lead) for one in about]
        told = closed(self._network, prefixes, suffixes, self._labels)
        return [
            [
                self._desk.closed(one, self._by_label(one, logs))
                for one, logs in zip(about, picture, strict=True)
            ]
            for picture in told
        ]

    def _by_label(self, asked: Asked, logs: Sequence[float]) -> dict[str, float]:
        by_id = dict(zip(self._labels, logs, strict=True))
        ids = self._desk.label_ids
        return {label: by_id[ids[label]] for label in asked.prompt.labels}

    def _open(
        self, prefixes: Sequence[Prefix], about: Sequence[Asked]
    ) -> list[list[Reading]]:
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


def no_room() -> Reading:
    """Return what is said of a question that does not fit, even alone."""
    detail = "the picture and the question do not fit into memory"
    return Reading(status=Status.ERROR, detail=detail)
