"""Files made to do harm: each ends in a clear error, and nothing else happens."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket
from threading import Thread
from typing import Self

import pytest
from PIL import Image

from idolens.errors import (
    BadInputError,
    DecodeTimeoutError,
    MediaError,
    TooLargeError,
    UnsupportedMediaError,
)
from idolens.media import (
    Decoder,
    FrameState,
    Source,
    discover,
    look,
    look_at_pictures,
    plan,
    plan_pictures,
    probe,
)
from idolens.settings import DecodeSettings, Settings
from idolens.vocabulary import Milliseconds
from tests.media.recordings import Recipe, make_recording

LIMITS = DecodeSettings()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LIMITS) as opened:
        yield opened


@pytest.fixture
def listener() -> Iterator["Listener"]:
    with Listener() as listening:
        yield listening


class Listener:
    """A server on this machine that counts who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket(AF_INET, SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = self._socket.getsockname()[1]
        self._thread = Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket(AF_INET, SOCK_STREAM) as last:
            last.connect(("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        """Count, and hang up; our own last call does not count."""
        while True:
            caller, _ = self._socket.accept()
            with caller:
                caller.settimeout(0.2)
                try:
                    data = caller.recv(1)
                except TimeoutError:
                    data = b"?"
            if not data:
                return
            self.calls += 1


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", check)


def png(width: int, height: int, extra: bytes = b"", *, deep: bool = False) -> bytes:
    """A PNG of one colour, a thousandth of its size in memory; ``deep``: RGBA."""
    header = struct.pack("!IIBBBBB", width, height, 8, 6 if deep else 0, 0, 0, 0)
    pack = zlib.compressobj(9)
    row = bytes(1 + width * (4 if deep else 1))
    rows = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def gif(frames: int) -> bytes:
    made = io.BytesIO()
    pictures = [Image.new("P", (8, 8), number % 2) for number in range(frames)]
    for number, picture in enumerate(pictures):
        picture.putpalette([0, 0, 0, 255, 255, 255])
        picture.putpixel((number % 8, number // 8 % 8), (number + 1) % 2)
    pictures[0].save(made, "GIF", save_all=True, append_images=pictures[1:])
    return made.getvalue()


PLAYLISTS = {
    "file": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{file}\n#EXT-X-ENDLIST\n",
    "file_url": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{file}\n"
    "#EXT-X-ENDLIST\n",
    "url": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile secret.ts\n",
    "concat_path": "ffconcat version 1.0\nfile {file}\n",
    "concat_url": "ffconcat version 1.0\nfile {url}\n",
    "dash": "<?xml version='1.0'?><MPD><Period><BaseURL>{url}</BaseURL></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
}


@pytest.mark.parametrize("suffix", ["mp4", "ts", "m3u8", "mkv", "png"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_list_of_other_files_opens_none_of_them(
    kind: str, suffix: str, tmp_path: Path, listener: Listener
) -> None:
    """Text that names files or addresses is refused, whatever it is called."""
    secret = make_recording(tmp_path / "secret.ts", Recipe(seconds=0.5))
    text = PLAYLISTS[kind].format(
        file=secret, url=f"http://127.0.0.1:{listener.port}/a.ts"
    )
    path = tmp_path / f"show.{suffix}"
    path.write_text(text)

    with pytest.raises(UnsupportedMediaError, match="give it one of: mp4"):
        discover([path], tmp_path / "unpacked", LIMITS)
    with pytest.raises(UnsupportedMediaError):
        probe(Source(path, path.name, "recording"), LIMITS)
    assert listener.calls == 0


@pytest.mark.parametrize("lead", [b"\0\0\0\x18ftypmp42", b"\x1aE\xdf\xa3", b"FLV\x01"])
@pytest.mark.parametrize("kind", ["file", "concat", "url"])
def test_a_list_behind_a_signature_opens_none_of_them(
    lead: bytes, kind: str, tmp_path: Path, listener: Listener
) -> None:
    """A playlist behind a recording's first bytes is a broken recording."""
    secret = make_recording(tmp_path / "secret.ts", Recipe(seconds=0.5))
    url = f"http://127.0.0.1:{listener.port}/a.ts"
    text = PLAYLISTS[kind].format(file=secret, url=url)
    path = tmp_path / "show.mp4"
    path.write_bytes(lead + b"\n" + text.encode())

    with pytest.raises(MediaError):
        probe(Source(path, path.name, "recording"), LIMITS)
    assert listener.calls == 0


@pytest.mark.parametrize("size", [(13_200, 13_200), (9_400, 9_400), (30_000, 10)])
def test_a_picture_that_unfolds_is_refused_by_its_header(
    size: tuple[int, int], decoder: Decoder
) -> None:
    """A few kilobytes that mean hundreds of megapixels are never decoded."""
    data = png(*size)

    with pytest.raises(TooLargeError, match=f"{size[0]}x{size[1]}|its pixels"):
        decoder.standardise(data)


def test_text_that_unfolds_is_refused(decoder: Decoder) -> None:
    """A picture with 200 MB of packed text gives an error, or just the picture."""
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200 * 2**20), 9))
    with pytest.raises(MediaError, match="damaged"):
        decoder.standardise(png(32, 32, text))


def test_too_many_frames_are_refused(decoder: Decoder) -> None:
    """A GIF of 301 frames is over the limit of 300; one of 300 gives its first."""
    with pytest.raises(TooLargeError, match="301 frames"):
        decoder.standardise(gif(301))
    assert decoder.standardise(gif(300)).width == 8


HOSTILE = {
    "empty": b"",
    "short": b"\x89PNG\r\n\x1a\n",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='x.png'/></svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "pdf": b"%PDF-1.7\n%%EOF",
    "tiff": b"II*\0\x08\0\0\0\0\0\0\0",
    "psd": b"8BPS\0\x01" + bytes(64),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "webp without a picture": b"RIFF\x04\0\0\0WEBP",
    "bmp without a picture": b"BM" + bytes(60),
    "gif without a picture": b"GIF89a" + bytes(7),
    "avif without a picture": b"\0\0\0\x18ftypavif" + bytes(12),
    "jpeg without a picture": b"\xff\xd8\xff\xd9",
    "zip": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused(name: str, decoder: Decoder) -> None:
    """Whatever is not one of the six formats, whole, ends in a clear error."""
    with pytest.raises(MediaError) as caught:
        decoder.standardise(HOSTILE[name], name="upload.png")
    assert "upload.png" in caught.value.within("en")
    assert "upload.png" in caught.value.within("zh")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"])
def test_a_truncated_picture_is_refused(kind: str, decoder: Decoder) -> None:
    """Half a picture is no picture: it is never shown half grey."""
    made = io.BytesIO()
    noise = Image.effect_noise((320, 240), 90)
    noise.convert("RGB").save(made, kind)
    data = made.getvalue()
    assert decoder.standardise(data).width == 320

    with pytest.raises(MediaError):
        decoder.standardise(data[: len(data) // 2])


def test_a_picture_in_front_of_another_file_stays_a_picture(decoder: Decoder) -> None:
    """A GIF that is also a script and a zip gives the pixels of the GIF only."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("secret.txt", "secret")
    both = gif(1) + b"/*<script>*/" + zipped.getvalue()

    assert decoder.standardise(both).pixels.shape == (8, 8, 3)


def test_the_decoder_survives_what_kills_its_child() -> None:
    """Out of memory is an error that says so, and the next picture is decoded."""
    tight = LIMITS.model_copy(update={"memory_mib": 400})
    with Decoder(tight) as decoder:
        with pytest.raises(DecodeTimeoutError, match="400 MiB"):
            decoder.standardise(png(7_000, 7_000, deep=True))
        assert decoder.standardise(png(16, 16)).width == 16


def test_a_child_that_hangs_is_ended(tmp_path: Path) -> None:
    """A decode that takes too long is an error, not a wait."""
    hurried = LIMITS.model_copy(update={"seconds": 0.001})
    path = make_recording(tmp_path / "show.mp4", Recipe(seconds=1))
    with (
        Decoder(hurried) as decoder,
        pytest.raises(DecodeTimeoutError, match=r"0\.001"),
    ):
        decoder.open_recording(path)


def test_a_recording_under_a_pictures_name_is_no_picture(
    tmp_path: Path, decoder: Decoder
) -> None:
    """What a file is, its content says; the two kinds are not mixed up."""
    path = make_recording(tmp_path / "show.mp4", Recipe(seconds=1))
    picture = tmp_path / "show.png"
    picture.write_bytes(path.read_bytes())

    with pytest.raises(MediaError, match="recording, not a picture"):
        decoder.standardise(picture.read_bytes(), name=picture.name)
    path.write_bytes(png(8, 8))
    with pytest.raises(MediaError, match="picture, not a recording"):
        decoder.open_recording(path)


def test_a_bad_picture_among_good_ones_has_failed(tmp_path: Path) -> None:
    """In a session of pictures a hostile one is a failed frame; the others go on."""
    good, bad = tmp_path / "1.png", tmp_path / "2.png"
    made = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert("RGB").save(made, "PNG")
    good.write_bytes(made.getvalue())
    bad.write_bytes(png(9_400, 9_400))
    sources = discover([tmp_path], tmp_path / "unpacked", LIMITS)
    looks = look_at_pictures(
        sources, plan_pictures(2), settings=Settings(language="en")
    )
    first, second = (seen.frame for seen in looks)

    assert (first.state, first.label) == (FrameState.KEPT, "1.png")
    assert (second.state, second.label) == (FrameState.FAILED, "2.png")
    assert "over the limit" in second.detail


def test_an_endless_recording_is_refused(tmp_path: Path) -> None:
    """A recording longer than the limit is refused before it is looked at."""
    path = make_recording(tmp_path / "show.mp4", Recipe(seconds=8))
    short = LIMITS.model_copy(update={"hours": 1 / 3600})

    with pytest.raises(TooLargeError, match="longer than"):
        probe(Source(path, path.name, "recording"), short)


def test_a_huge_picture_size_in_a_recording_is_refused(tmp_path: Path) -> None:
    """The size of a recording's picture is checked before a frame is decoded."""
    path = make_recording(tmp_path / "show.mkv", Recipe(seconds=1))
    small = LIMITS.model_copy(update={"pixels": 1000})

    with pytest.raises(TooLargeError, match="320x180"):
        probe(Source(path, path.name, "recording"), small)


def test_a_recording_of_nothing_but_rubbish_ends_in_an_error(tmp_path: Path) -> None:
    """Right signature, random rest: an error or failed frames, within the limits."""
    path = make_recording(tmp_path / "show.mkv", Recipe(seconds=2))
    data = path.read_bytes()
    path.write_bytes(data[:600] + bytes(len(data)))
    source = Source(path, path.name, "recording")
    try:
        found = probe(source, LIMITS)
    except MediaError:
        return
    targets = plan(found.duration, Milliseconds(1000))
    looks = list(look(source, targets, settings=Settings()))
    assert {seen.frame.state for seen in looks} == {FrameState.FAILED}


def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    """Only regular files are opened, so nothing waits for a pipe to speak."""
    import os  # noqa: PLC0415

    pipe = tmp_path / "show.mp4"
    os.mkfifo(pipe)

    with pytest.raises(MediaError, match="not a regular file"):
        discover([pipe], tmp_path / "unpacked", LIMITS)
    with pytest.raises(BadInputError):
        discover([tmp_path], tmp_path / "unpacked", LIMITS)
