"""Looks at the planned moments of a session: decode, gate, compare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from idolens.errors import DecodeTimeoutError, MediaError
from idolens.media.decoder import Decoder, Shot, Window, read_regular
from idolens.media.discovery import Source
from idolens.media.fingerprint import Fingerprint
from idolens.media.frame import DropReason, Frame, FrameState
from idolens.media.gate import Likeness, flaw
from idolens.media.meter import UNMETERED, Meter, timed
from idolens.media.picture import Picture
from idolens.media.planning import Target
from idolens.media.transition import APART_MS, in_transition, is_between
from idolens.settings import Settings
from idolens.vocabulary import Bilingual, FrameId, Milliseconds

_AGAIN_MS: Final = 1000
_SHOWN_MS: Final = 1000
_DEATHS: Final = 3
_NOTHING: Final = Bilingual(
    zh="此处没有可以解码的画面", en="no picture can be decoded here"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at a target; ``picture`` is None when it failed."""

    frame: Frame
    picture: Picture | None


def look(
    source: Source,
    targets: Sequence[Target],
    *,
    settings: Settings,
    before: Frame | None = None,
    meter: Meter = UNMETERED,
) -> Iterator[Look]:
    """Look at a recording.

    A key frame near the wanted time is taken where there is one within the tolerance
    and the target's stretch, else the exact frame. A frame that shows nothing gets a
    second chance a moment later. Where one looks does not depend on where one began:
    a job that goes on with ``before`` sees what it would have seen.

    Args:
        source: the recording.
        targets: where to look, in order of time.
        settings: tolerance, gate, limits and language.
        before: the last frame kept before the first target.
        meter: hears how long decoding and the gate take.

    Yields:
        One look per target, in their order.

    Raises:
        MediaError: the recording cannot be opened. What cannot be decoded within it
            is a failed frame, no error.
    """
    judge = _Judge(settings, before, meter)
    with Decoder(settings.decode, meter) as decoder:
        decoder.open_recording(source.path)
        watcher = _Watcher(decoder, settings, meter)
        for target in targets:
            yield judge.look(target, watcher.shot(target))


def look_at_pictures(
    sources: Sequence[Source],
    targets: Sequence[Target],
    *,
    settings: Settings,
    before: Frame | None = None,
    meter: Meter = UNMETERED,
) -> Iterator[Look]:
    """Look at still pictures, one per target.

    Args:
        sources: the pictures.
        targets: their places on the session clock, as many.
        settings: gate, limits and language.
        before: the last frame kept before the first target.
        meter: hears how long decoding and the gate take.

    Yields:
        One look per target; its frame's label is the picture's name. An unreadable
        picture is a failed frame.
    """
    judge = _Judge(settings, before, meter, moving=False)
    with Decoder(settings.decode, meter) as decoder:
        for source, target in zip(sources, targets, strict=True):
            seen = _still(source, target, decoder, settings, meter)
            made = judge.look(target, seen)
            yield replace(made, frame=replace(made.frame, label=source.name))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture with what is wrong with it, or why there is none."""

    at: Milliseconds
    picture: Picture | None = None
    flaw: DropReason | None = None
    failure: Bilingual = _NOTHING


class _Watcher:
    """Finds the frame for a target of an open recording."""

    def __init__(self, decoder: Decoder, settings: Settings, meter: Meter) -> None:
        self._decoder = decoder
        self._settings = settings
        self._meter = meter
        self._deaths = 0
        self._last_words = _NOTHING

    def shot(self, target: Target) -> _Seen:
        if self._deaths >= _DEATHS:
            return _Seen(target.wanted, failure=self._last_words)
        try:
            seen = self._best(target)
        except MediaError as error:
            self._deaths += isinstance(error, DecodeTimeoutError)
            self._last_words = error.words
            return _Seen(target.wanted, failure=error.words)
        self._deaths = 0
        return seen

    def _best(self, target: Target) -> _Seen:
        """Look; where nothing is to be seen, look again a moment later."""
        first = self._seen(target, target.wanted, target.start)
        if first.picture is not None and first.flaw is None:
            return first
        later = min(first.at + _AGAIN_MS, (first.at + target.end) // 2)
        if later <= first.at or first.at < target.start:
            return first
        second = self._seen(target, later, first.at + 1)
        better = second.picture is not None and second.flaw is None
        return second if better and second.at > first.at else first

    def _seen(self, target: Target, wanted: int, earliest: int) -> _Seen:
        tolerance = round(self._settings.keyframe_tolerance_s * 1000)
        window = Window(
            wanted=Milliseconds(wanted),
            first=Milliseconds(max(earliest, wanted - tolerance)),
            last=Milliseconds(min(target.end - 1, wanted + tolerance)),
            reach=Milliseconds(max(_SHOWN_MS, min(tolerance, wanted - target.start))),
        )
        shot = self._decoder.shot("near", window)
        if shot is None:
            return _Seen(Milliseconds(wanted))
        return _Seen(shot.at, shot.picture, self._flaw(shot))

    def _flaw(self, shot: Shot) -> DropReason | None:
        gate = self._settings.gate
        with timed(self._meter, "gate"):
            found = flaw(shot.picture, gate)
            if found is not None or shot.hints is None:
                return found
            moving = in_transition(shot.hints, gate)
        if moving and self._is_between(shot):
            return DropReason.TRANSITION
        return None

    def _is_between(self, shot: Shot) -> bool:
        before = self._exact(shot.at - APART_MS)
        after = self._exact(shot.at + APART_MS)
        if before is None or after is None:
            return False
        return is_between(before.picture, shot.picture, after.picture)

    def _exact(self, at: int) -> Shot | None:
        near = APART_MS // 2
        window = Window(
            wanted=Milliseconds(at),
            first=Milliseconds(at - near),
            last=Milliseconds(at + near),
            reach=Milliseconds(near),
        )
        return self._decoder.shot("exact", window) if at >= 0 else None


def _still(
    source: Source, target: Target, decoder: Decoder, settings: Settings, meter: Meter
) -> _Seen:
    try:
        data = read_regular(source.path, settings.decode.picture_bytes)
        picture = decoder.standardise(data, name=source.name)
    except MediaError as error:
        return _Seen(target.wanted, failure=error.words)
    with timed(meter, "gate"):
        return _Seen(target.wanted, picture, flaw(picture, settings.gate))


class _Judge:
    """Decides what becomes of each picture; remembers the last one kept."""

    def __init__(
        self,
        settings: Settings,
        before: Frame | None,
        meter: Meter,
        *,
        moving: bool = True,
    ) -> None:
        self._settings = settings
        self._meter = meter
        self._likeness = Likeness(settings.gate, moving=moving)
        self._kept: tuple[FrameId, Fingerprint] | None = None
        known = Fingerprint.read(before.fingerprint) if before else None
        if before and known:
            self._kept = before.id, known

    def look(self, target: Target, seen: _Seen) -> Look:
        frame = Frame(
            id=target.frame_id,
            at=seen.at,
            start=target.start,
            end=target.end,
            state=FrameState.KEPT,
        )
        if seen.picture is None:
            detail = seen.failure.within(self._settings.language)
            return Look(replace(frame, state=FrameState.FAILED, detail=detail), None)
        frame = replace(frame, picture=seen.picture.sha256)
        if seen.flaw is not None:
            dropped = replace(frame, state=FrameState.DROPPED, drop=seen.flaw)
            return Look(dropped, seen.picture)
        with timed(self._meter, "gate"):
            compared = self._compared(frame, Fingerprint.of(seen.picture))
        return Look(compared, seen.picture)

    def _compared(self, frame: Frame, print_: Fingerprint) -> Frame:
        frame = replace(frame, fingerprint=print_.text())
        reason = self._likeness.reason(print_, self._kept[1]) if self._kept else None
        if self._kept and reason:
            return replace(
                frame, state=FrameState.INHERITED, drop=reason, inherits=self._kept[0]
            )
        self._kept = frame.id, print_
        return frame
