"""Which files idolens opens, told by their first bytes and never by their name.

The name only helps to skip what is plainly something else (a text file beside the
recordings of a folder); what decides is the file's own signature.
"""

from enum import StrEnum
from pathlib import PurePath
from typing import Final, Literal

from idolens.errors import UnsupportedMediaError

Kind = Literal["recording", "picture"]

SIDE: Final = 512
"""Longest side of a standardised picture, in pixels."""

HEAD_BYTES: Final = 4096
"""How much of a file `sniff` wants to see."""

RECORDING_SUFFIXES: Final = frozenset({".mp4", ".mov", ".mkv", ".flv", ".webm", ".ts"})
PICTURE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".bmp"}
)
KINDS_EN: Final = "mp4, mov, mkv, flv, webm, ts; jpeg, png, webp, gif, avif, bmp; zip"
KINDS_ZH: Final = "mp4、mov、mkv、flv、webm、ts;jpeg、png、webp、gif、avif、bmp;zip"

_TS_PACKET: Final = 188
_TS_SYNC: Final = 0x47


class Format(StrEnum):
    """A file format by its signature; recordings carry FFmpeg's demuxer name."""

    MOV = "mov"
    MATROSKA = "matroska"
    FLV = "flv"
    MPEGTS = "mpegts"
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    AVIF = "AVIF"
    BMP = "BMP"

    @property
    def kind(self) -> Kind:
        """Whether it holds a recording or a picture."""
        return "recording" if self in _RECORDINGS else "picture"


_RECORDINGS: Final = frozenset({Format.MOV, Format.MATROSKA, Format.FLV, Format.MPEGTS})


def kind_by_name(name: str) -> Kind | Literal["zip"] | None:
    """Guess from the suffix what a file is; None when it is nothing of ours."""
    suffix = PurePath(name).suffix.lower()
    if suffix in RECORDING_SUFFIXES:
        return "recording"
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "zip" if suffix == ".zip" else None


def sniff(head: bytes, name: str) -> Format:
    """Tell a file's format from its first bytes.

    Args:
        head: the first `HEAD_BYTES` of the file, or all of a shorter one.
        name: the file's name, for the message.

    Raises:
        UnsupportedMediaError: it is none of ours.
    """
    found = _picture(head) or _recording(head)
    if found is None:
        raise unsupported(name)
    return found


def unsupported(name: str) -> UnsupportedMediaError:
    """Say that ``name`` is nothing that idolens opens, and what it does open."""
    return UnsupportedMediaError(
        f"{name} is not a file that idolens opens; give it one of: {KINDS_EN}.",
        f"{name} 不是可以打开的文件,请提供以下格式之一:{KINDS_ZH}。",
    )


def _picture(head: bytes) -> Format | None:
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.WEBP
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return Format.BMP
    is_avif = head[4:8] == b"ftyp" and head[8:12] in {b"avif", b"avis"}
    return Format.AVIF if is_avif else None


def _recording(head: bytes) -> Format | None:
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return Format.MATROSKA
    if head.startswith(b"FLV\x01"):
        return Format.FLV
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp"}:
        return Format.MOV
    return Format.MPEGTS if _is_transport_stream(head) else None


def _is_transport_stream(head: bytes) -> bool:
    """Look for sync bytes a packet apart; a cut may begin within a packet."""
    for first in range(min(_TS_PACKET, len(head))):
        marks = head[first::_TS_PACKET]
        if len(marks) > 4 and set(marks) == {_TS_SYNC}:  # noqa: PLR2004
            return True
    return False
