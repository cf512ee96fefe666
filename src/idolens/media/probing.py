"""What a file is, before its frames are looked at."""

import hashlib
from dataclasses import dataclass
from typing import Final

from idolens.errors import MediaError
from idolens.media.decoder import Decoder, open_regular, read_regular
from idolens.media.discovery import Source
from idolens.media.kinds import Kind
from idolens.media.planning import PICTURE_MS
from idolens.settings import DecodeSettings
from idolens.vocabulary import Milliseconds, Sha256

_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Facts of a file.

    Attributes:
        kind: recording or picture.
        sha256: digest of the file.
        duration: of a recording, from its first picture on; of a picture, its share
            of the session clock.
        width: as shown, in pixels.
        height: as shown, in pixels.
        frame_rate: frames per second on average; 0 when not told, and of a picture.
        container: FFmpeg's name of the container; of a picture, its format.
        codec: FFmpeg's name of the codec; of a picture, its format.
    """

    kind: Kind
    sha256: Sha256
    duration: Milliseconds
    width: int
    height: int
    frame_rate: float
    container: str
    codec: str


def probe(source: Source, limits: DecodeSettings) -> Probe:
    """Read the facts of a file.

    Raises:
        MediaError: it cannot be read, is over a limit, or is nothing of ours.
    """
    with Decoder(limits) as decoder:
        if source.kind == "picture":
            return _picture(source, decoder, limits)
        return _recording(source, decoder)


def _recording(source: Source, decoder: Decoder) -> Probe:
    facts = decoder.open_recording(source.path)
    if facts["duration_ms"] <= 0:
        raise MediaError(
            f"{source.name} has no picture that can be decoded; export it again.",
            f"{source.name} 中没有可以解码的画面,请重新导出。",
        )
    with open_regular(source.path) as fd, open(fd, "rb", closefd=False) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Probe(
        kind="recording",
        sha256=Sha256(digest),
        duration=Milliseconds(facts["duration_ms"]),
        width=facts["width"],
        height=facts["height"],
        frame_rate=facts["frame_rate"],
        container=facts["container"],
        codec=facts["codec"],
    )


def _picture(source: Source, decoder: Decoder, limits: DecodeSettings) -> Probe:
    data = read_regular(source.path, limits.picture_bytes)
    facts = decoder.picture_facts(data, name=source.name)
    return Probe(
        kind="picture",
        sha256=Sha256(hashlib.sha256(data).hexdigest()),
        duration=PICTURE_MS,
        width=facts["width"],
        height=facts["height"],
        frame_rate=0.0,
        container=facts["codec"],
        codec=facts["codec"],
    )
