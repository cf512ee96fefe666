"""Which frame is it really? Bar codes are held against the containers' times."""

import random
from dataclasses import replace
from pathlib import Path

import av
import pytest

from idolens.errors import MediaError
from idolens.media import FrameState, Look, Source, Target, look, plan, probe
from idolens.settings import Settings
from idolens.vocabulary import Milliseconds
from tests.media.recordings import FAST, Recipe, make_recording, number_of

EVERY = Milliseconds(1000)
SECONDS = 12
WEBM = Recipe(codec="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"})
HEVC = Recipe(
    codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none"}
)
REFRESH = Recipe(options=FAST | {"x264-params": "intra-refresh=1"})
OPEN_GOP = Recipe(options=FAST | {"x264-params": "open-gop=1"}, gop=48)
FRAGMENTS = Recipe(muxer={"movflags": "frag_keyframe+empty_moov"})
DROPPED = [0, *sorted(random.Random(1).sample(range(1, 360), 250))]  # noqa: S311
VARIABLE = Recipe(ticks=DROPPED)
LATE = Recipe(first=5.5)
LIVE = Recipe(muxer={"live": "1"})

CASES = {
    **{
        f"gop{gop}.{end}": Recipe(gop=gop)
        for end in ("mp4", "mov", "mkv", "flv", "ts")
        for gop in (1, 12, 60, 600)
    },
    **{f"variable.{end}": VARIABLE for end in ("mp4", "mkv", "flv", "ts")},
    **{f"late.{end}": LATE for end in ("mp4", "mkv", "flv", "ts")},
    **{f"refresh.{end}": REFRESH for end in ("mp4", "ts")},
    "vp9.webm": WEBM,
    "hevc.mp4": HEVC,
    "open_gop.mp4": OPEN_GOP,
    "fragments.mp4": FRAGMENTS,
    "live.mkv": LIVE,
}


def look_at(path: Path, settings: Settings | None = None) -> list[Look]:
    """Look at all of a recording, once a second."""
    settings = settings or Settings()
    source = Source(path, path.name, "recording")
    targets = targets_of(path, settings)
    return list(look(source, targets, settings=settings))


def targets_of(path: Path, settings: Settings) -> tuple[Target, ...]:
    found = probe(Source(path, path.name, "recording"), settings.decode)
    return plan(found.duration, EVERY)


def misplaced(looks: list[Look], fps: int = 30) -> list[tuple[int, int]]:
    """Frames whose bar code says another time than they do: (said, shown), in ms."""
    found = []
    for seen in looks:
        if seen.picture is None:
            continue
        shown = round(number_of(seen.picture) * 1000 / fps)
        if abs(shown - seen.frame.at) > 2:
            found.append((int(seen.frame.at), shown))
    return found


def failed(looks: list[Look]) -> list[int]:
    return [
        int(seen.frame.start) // 1000
        for seen in looks
        if seen.frame.state is FrameState.FAILED
    ]


@pytest.mark.parametrize("name", CASES)
def test_each_frame_is_the_one_of_its_time(name: str, tmp_path: Path) -> None:
    """In every container and key frame spacing, time and picture belong together."""
    path = make_recording(tmp_path / name, CASES[name])
    looks = look_at(path)

    assert len(looks) == SECONDS
    assert failed(looks) == []
    assert misplaced(looks) == []
    assert all(s.frame.start <= s.frame.at < s.frame.end for s in looks)


@pytest.mark.parametrize(
    "name", ["gop12.mp4", "gop600.mkv", "variable.flv", "vp9.webm"]
)
def test_without_tolerance_the_frame_on_screen_is_taken(
    name: str, tmp_path: Path
) -> None:
    """Tolerance 0 gives the frame on screen at the wanted time itself."""
    path = make_recording(tmp_path / name, CASES[name])
    settings = Settings(keyframe_tolerance_s=0)
    looks = look_at(path, settings)

    assert misplaced(looks) == []
    ticks = CASES[name].ticks or range(360)
    for seen, target in zip(looks, targets_of(path, settings), strict=True):
        shown = max(t for t in ticks if round(t * 1000 / 30) <= target.wanted)
        assert abs(shown * 1000 / 30 - seen.frame.at) <= 2


@pytest.mark.parametrize("name", ["gop12.mp4", "gop600.mp4", "refresh.ts", "gop60.ts"])
def test_going_on_sees_what_going_through_saw(name: str, tmp_path: Path) -> None:
    """A job resumed at any frame gives the frames it would have given."""
    path = make_recording(tmp_path / name, CASES[name])
    through = [seen.frame for seen in look_at(path)]
    settings = Settings()
    source = Source(path, path.name, "recording")
    targets = targets_of(path, settings)
    for begin in (3, 8):
        kept = [f for f in through[:begin] if f.state is FrameState.KEPT]
        looks = look(source, targets[begin:], settings=settings, before=kept[-1])

        assert [seen.frame for seen in looks] == through[begin:]


def test_a_cut_at_no_key_frame_starts_where_the_cut_is(tmp_path: Path) -> None:
    """An edit list that begins within a group of pictures moves the clock with it."""
    whole = make_recording(tmp_path / "whole.mp4", Recipe(gop=60))
    cut = tmp_path / "cut.mp4"
    _copy_from(whole, cut, first=1.5)
    looks = look_at(cut)

    assert failed(looks) == []
    shown = [number_of(s.picture) / 30 - 1.5 for s in looks if s.picture is not None]
    said = [seen.frame.at / 1000 for seen in looks]
    assert shown == pytest.approx(said, abs=1 / 30)


@pytest.mark.parametrize("end", ["mkv", "flv", "ts", "mp4"])
def test_a_truncated_file_gives_what_is_left(end: str, tmp_path: Path) -> None:
    """What is before the cut is seen; what the header promises behind it has failed."""
    recipe = FRAGMENTS if end == "mp4" else Recipe()
    path = make_recording(tmp_path / f"whole.{end}", recipe)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    looks = look_at(path)

    assert misplaced(looks) == []
    good = [seen for seen in looks if seen.picture is not None]
    assert 5 <= len(good) <= 9
    assert failed(looks) == list(range(len(good), len(looks)))
    assert all(seen.frame.detail for seen in looks[len(good) :])


def test_a_recording_without_its_index_is_refused(tmp_path: Path) -> None:
    """An mp4 cut before its index cannot be read, and the error says so."""
    path = make_recording(tmp_path / "whole.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])

    with pytest.raises(MediaError, match="cannot be read"):
        look_at(path)


@pytest.mark.parametrize("end", ["mp4", "mkv", "ts", "flv"])
def test_damage_never_gives_a_wrong_frame(end: str, tmp_path: Path) -> None:
    """Random damage costs frames, but those that come are whole, and of their time."""
    path = make_recording(tmp_path / f"damaged.{end}", Recipe(gop=30))
    data = bytearray(path.read_bytes())
    lot = random.Random(3)  # noqa: S311
    for _ in range(15):
        at = lot.randrange(4096, len(data) - 20_000)
        data[at : at + 200] = lot.randbytes(200)
    path.write_bytes(data)
    looks = look_at(path)

    good = [seen for seen in looks if seen.picture is not None]
    assert len(good) >= SECONDS / 2
    assert misplaced(looks) == []
    assert all(abs(s.frame.at - s.frame.start - 500) <= 1000 for s in good)


def test_a_hole_is_failed_time(tmp_path: Path) -> None:
    """A stretch whose data are gone is reported as failed, and the rest is right."""
    path = make_recording(tmp_path / "hole.ts", Recipe(gop=30))
    data = path.read_bytes()
    packet = 188
    begin, end = (len(data) * part // 10 // packet * packet for part in (4, 8))
    path.write_bytes(data[:begin] + data[end:])
    looks = look_at(path)

    assert misplaced(looks) == []
    assert failed(looks)
    assert looks[0].picture is not None
    assert looks[-1].picture is not None


def test_a_single_frame_is_a_recording(tmp_path: Path) -> None:
    """The shortest recording has one frame, and it is seen."""
    path = make_recording(tmp_path / "one.mp4", replace(Recipe(), seconds=1 / 30))

    assert [number_of(s.picture) for s in look_at(path) if s.picture is not None] == [0]


def _copy_from(whole: Path, cut: Path, *, first: float) -> None:
    """Copy packets, with an edit list that starts ``first`` seconds in."""
    with av.open(str(whole)) as source, av.open(str(cut), "w") as target:
        video = source.streams.video[0]
        stream = target.add_stream_from_template(video)
        assert video.time_base is not None
        back = round(first / video.time_base)
        for packet in source.demux(video):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts, packet.dts = packet.pts - back, packet.dts - back
            packet.stream = stream
            target.mux(packet)
