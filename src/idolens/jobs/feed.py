"""Looks for a job, chunk after chunk, from one decoder.

A decoder costs half a second to start, so it stays open from chunk to chunk. After
a crash, or a chunk that another process has done, it opens anew behind the last
frame stored, and sees the same frames.
"""

from collections.abc import Generator, Iterator
from itertools import islice
from typing import cast

from idolens.archive import Archive, Session
from idolens.errors import MediaError
from idolens.jobs.intake import as_begun, sources_of, targets_of
from idolens.media import Look, Target, look, look_at_pictures
from idolens.media.frame import Frame, FrameState
from idolens.media.meter import UNMETERED, Meter
from idolens.settings import Settings


class Feed:
    """The looks of ``session``, in order.

    Args:
        session: what to look at.
        archive: knows the last frame kept.
        settings: of the decoder; the session's own recipe goes before them.
        meter: hears how long looking takes.
    """

    def __init__(
        self,
        session: Session,
        archive: Archive,
        settings: Settings,
        meter: Meter = UNMETERED,
    ) -> None:
        self._meter = meter
        self._session = session
        self._archive = archive
        self._settings = as_begun(settings, session)
        self._sources = sources_of(session)
        self._targets = targets_of(session)
        self._open: Iterator[Look] | None = None
        self._next = 0

    def take(self, first: int, last: int) -> Iterator[Look]:
        """Give the looks at targets ``first`` to ``last - 1``.

        What cannot be decoded is given as failed, and ends the decoder: the next
        call starts a fresh one.
        """
        if self._open is None or self._next != first:
            self.close()
            self._open = self._looks(first)
        wanted = self._targets[first:last]
        given = 0
        why = ""
        try:
            for given, seen in enumerate(islice(self._open, len(wanted)), start=1):
                self._next = first + given
                yield seen
        except MediaError as error:
            why = error.within(self._settings.language)
        if given < len(wanted):
            self.close()
            yield from (_failed(target, why) for target in wanted[given:])

    def close(self) -> None:
        """End the decoder."""
        if self._open is not None:
            cast("Generator[Look]", self._open).close()
        self._open = None

    def _looks(self, first: int) -> Iterator[Look]:
        before = self._archive.last_kept(
            self._session.id, self._targets[first].frame_id
        )
        targets = self._targets[first:]
        if self._session.kind == "pictures":
            return look_at_pictures(
                self._sources[first:],
                targets,
                settings=self._settings,
                before=before,
                meter=self._meter,
            )
        return look(
            self._sources[0],
            targets,
            settings=self._settings,
            before=before,
            meter=self._meter,
        )


def _failed(target: Target, why: str) -> Look:
    frame = Frame(
        id=target.frame_id,
        at=target.wanted,
        start=target.start,
        end=target.end,
        state=FrameState.FAILED,
        detail=why,
    )
    return Look(frame=frame, picture=None)
