"""From a recording to frames: shape, colour, states, second chances."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from idolens.media import (
    Decoder,
    DropReason,
    FrameState,
    Look,
    Picture,
    Source,
    look,
    plan,
    probe,
)
from idolens.settings import DecodeSettings, Settings
from idolens.vocabulary import Milliseconds
from tests.media.recordings import Recipe, make_recording, number_of, numbered
from tests.media.test_gate import blurred, cel, flat

LIMITS = DecodeSettings()
Pixels = NDArray[np.uint8]


def film(path: Path, shots: list[Pixels], *, each_s: int = 2, gop: int = 10) -> Path:
    """Show each picture for ``each_s`` seconds, at 10 frames a second."""
    height, width, _ = shots[0].shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size = gop
        stream.options = {"preset": "ultrafast", "crf": "10"}
        for number in range(len(shots) * each_s * 10):
            frame = av.VideoFrame.from_ndarray(shots[number // (each_s * 10)])
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def seen(path: Path, every_ms: int, settings: Settings | None = None) -> list[Look]:
    source = Source(path, path.name, "recording")
    targets = plan(probe(source, LIMITS).duration, Milliseconds(every_ms))
    return list(look(source, targets, settings=settings or Settings()))


def first_picture(path: Path) -> Picture:
    picture = seen(path, 100_000)[0].picture
    assert picture is not None
    return picture


def test_what_becomes_of_each_moment_is_told(tmp_path: Path) -> None:
    """Kept, frozen, black, blurred, kept: each with its state, reason and reference."""
    shots = [cel(1), cel(1), flat(0), blurred(cel(2), 8), cel(2)]
    looks = seen(film(tmp_path / "a.mp4", shots), 2000)
    told = [(s.frame.state, s.frame.drop, s.frame.inherits) for s in looks]

    assert told == [
        (FrameState.KEPT, None, None),
        (FrameState.INHERITED, DropReason.FROZEN, "f000000"),
        (FrameState.DROPPED, DropReason.BLACK, None),
        (FrameState.DROPPED, DropReason.BLURRED, None),
        (FrameState.KEPT, None, None),
    ]
    assert [s.frame.id for s in looks] == [f"f{i:06d}" for i in range(5)]
    for one in looks:
        assert one.picture is not None
        assert one.frame.picture == one.picture.sha256


def test_a_moment_of_black_gets_a_second_chance(tmp_path: Path) -> None:
    """Where the wanted frame shows nothing, one a moment later is taken."""
    shots = [cel(1), cel(1), flat(0), cel(2), cel(2), cel(2)]
    looks = seen(film(tmp_path / "a.mp4", shots, each_s=1, gop=5), 6000)

    assert looks[0].frame.state is FrameState.KEPT
    assert 3000 <= looks[0].frame.at < 6000


def test_a_dissolve_is_not_looked_at(tmp_path: Path) -> None:
    """Half-way from one shot to the next, a frame behind the dissolve is taken."""
    one, other = cel(1), cel(2)
    steps = [
        (one * (1 - share) + other * share).astype(np.uint8)
        for share in np.clip((np.arange(120) - 55) / 10, 0, 1)
    ]
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 512, 288, "yuv420p"
        stream.gop_size = 60
        stream.options = {"preset": "ultrafast", "crf": "10"}
        for number, pixels in enumerate(steps):
            frame = av.VideoFrame.from_ndarray(pixels)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (found,) = seen(path, 12_000)

    assert found.frame.state is FrameState.KEPT
    assert found.frame.at >= 6500


def test_every_way_of_going_on_gives_the_same_frames(tmp_path: Path) -> None:
    """Frozen stretches refer to the same frame, wherever a job was cut."""
    shots = [cel(1), cel(1), cel(1), flat(0), cel(1), cel(2), cel(2)]
    path = film(tmp_path / "a.mp4", shots)
    whole = [s.frame for s in seen(path, 2000)]
    source = Source(path, path.name, "recording")
    targets = plan(probe(source, LIMITS).duration, Milliseconds(2000))
    for cut in range(1, len(targets)):
        kept = [f for f in whole[:cut] if f.state is FrameState.KEPT][-1]
        rest = look(source, targets[cut:], settings=Settings(), before=kept)
        assert [s.frame for s in rest] == whole[cut:]
    assert whole[4].inherits == whole[0].id


@pytest.mark.parametrize(
    ("size", "shown"),
    [((1280, 720), (512, 288)), ((720, 1280), (288, 512)), ((64, 36), (64, 36))],
)
def test_pictures_fit_into_512(
    size: tuple[int, int], shown: tuple[int, int], tmp_path: Path
) -> None:
    """Recordings are scaled down to 512 at most, never up, and keep their shape."""
    path = make_recording(tmp_path / "a.mp4", Recipe(seconds=0.2, size=size))
    picture = first_picture(path)

    assert (picture.width, picture.height) == shown


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_phone_held_sideways_gives_an_upright_picture(
    turn: int, tmp_path: Path
) -> None:
    """The rotation that a recording notes is applied."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.set_display_rotation(turn)
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(numbered(5))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    picture = first_picture(path)
    # FFmpeg notes the turn anticlockwise; undone, the bar code is readable again.
    back = np.rot90(picture.pixels, k=-turn // 90)

    assert (picture.height > picture.width) == (turn in {90, 270})
    assert number_of(Picture(np.ascontiguousarray(back))) == 5


def test_wide_pixels_are_shown_wide(tmp_path: Path) -> None:
    """Anamorphic video gets its true shape, without being enlarged."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(numbered(5, (320, 240)))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    picture = first_picture(path)

    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.01)
    assert (picture.width, picture.height) == (320, 180)


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("matrix", [1, 5])
def test_colours_come_back_as_they_went_in(
    matrix: int, levels: int, tmp_path: Path
) -> None:
    """BT.709 and BT.601, studio and full range: red is the same red."""
    path = tmp_path / "a.mkv"
    red = np.full((180, 320, 3), (200, 40, 50), np.uint8)
    red[:, 160:] = (30, 60, 190)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        context = stream.codec_context
        context.colorspace, context.color_range = matrix, levels
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(red).reformat(
                format="yuv420p",
                dst_colorspace=matrix,
                dst_color_range=levels,
            )
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    picture = first_picture(path)
    left, right = picture.pixels[90, 40], picture.pixels[90, 280]

    assert np.abs(left.astype(int) - (200, 40, 50)).max() <= 8
    assert np.abs(right.astype(int) - (30, 60, 190)).max() <= 8


def test_facts_of_a_recording(tmp_path: Path) -> None:
    """A probe tells duration, size, rate, container, codec and digest."""
    path = make_recording(tmp_path / "a.mkv", Recipe(seconds=3))
    found = probe(Source(path, path.name, "recording"), LIMITS)

    assert (found.duration, found.width, found.height) == (3000, 320, 180)
    assert (found.frame_rate, found.container, found.codec) == (30, "matroska", "h264")
    assert len(found.sha256) == 64


def test_a_recording_without_video_is_refused(tmp_path: Path) -> None:
    """Sound alone cannot be looked at."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        sound = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        sound.sample_rate = 48_000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with Decoder(LIMITS) as decoder, pytest.raises(Exception, match="no video"):
        decoder.open_recording(path)
