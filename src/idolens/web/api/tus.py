"""The headers of tus 1.0, by which a cut upload goes on (https://tus.io)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from idolens.archive import Upload
from idolens.errors import BadInputError, LengthRequiredError, MalformedError
from idolens.vocabulary import Sha256

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
CHECKSUMS: Mapping[str, Callable[[], Any]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),  # what tus asks of servers
    "sha256": hashlib.sha256,
}
OFFSET_BODY = "application/offset+octet-stream"
_NAME_CHARACTERS = 200
_HEADER_CHARACTERS = 8000
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Declared:
    """What a client says of the file that it is about to send."""

    name: str
    size: int
    sha256: Sha256 | None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must add up to."""

    algorithm: str
    digest: bytes


def declared(size: int | None, about: str | None) -> Declared:
    """Read what a creating request declares.

    Args:
        size: Upload-Length.
        about: Upload-Metadata.

    Raises:
        BadInputError: it names no size, or says something that cannot be.
    """
    if size is None:
        raise LengthRequiredError(
            "Send Upload-Length, the file's size in bytes.",
            "请发送 Upload-Length，即文件的字节数。",
        )
    said = metadata(about or "")
    return Declared(
        name=plain_name(said.get("filename", "")),
        size=size,
        sha256=declared_sha256(said.get("sha256", "")),
    )


def declared_sha256(text: str) -> Sha256 | None:
    """Read the digest that a file is declared to have; none where there is no text.

    Raises:
        BadInputError: it is no SHA-256.
    """
    if not text:
        return None
    if not _SHA256.fullmatch(text.lower()):
        raise BadInputError(
            "sha256 must be 64 hexadecimal digits.", "sha256 必须是 64 位十六进制数。"
        )
    return Sha256(text.lower())


def metadata(header: str) -> dict[str, str]:
    """Read Upload-Metadata: keys, each with a text in base64.

    Raises:
        MalformedError: it is not of that form.
    """
    found: dict[str, str] = {}
    if len(header) > _HEADER_CHARACTERS:
        raise _malformed("Upload-Metadata")
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise _malformed("Upload-Metadata") from error
    return found


def plain_name(name: str) -> str:
    """Return a name that can be shown: no folders, nothing that cannot be printed.

    >>> plain_name("../../etc/首场.mp4")
    '首场.mp4'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    printed = "".join(char for char in last if char.isprintable()).strip()
    return printed[:_NAME_CHARACTERS] or "upload"


def checksum(header: str | None) -> Checksum | None:
    """Read Upload-Checksum: an algorithm and a digest in base64.

    Raises:
        BadInputError: the algorithm is none of ours.
        MalformedError: it is not of that form.
    """
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise MalformedError(
            f"Upload-Checksum takes {' or '.join(CHECKSUMS)}.",
            f"Upload-Checksum 仅支持 {' 或 '.join(CHECKSUMS)}。",
        )
    try:
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except (binascii.Error, ValueError) as error:
        raise _malformed("Upload-Checksum") from error


def state_headers(upload: Upload) -> dict[str, str]:
    """Say in headers how far ``upload`` is, and until when it can go on."""
    said = {"Tus-Resumable": VERSION, "Upload-Offset": str(upload.received)}
    if not upload.complete:
        said["Upload-Expires"] = formatdate(upload.expires_at_ms / 1000, usegmt=True)
    return said


def about_headers(upload: Upload) -> dict[str, str]:
    """Say in headers what ``upload`` was declared to be."""
    about = {"filename": upload.name, "sha256": upload.sha256 or ""}
    pairs = [
        f"{key} {base64.b64encode(value.encode()).decode()}"
        for key, value in about.items()
        if value
    ]
    return {"Upload-Length": str(upload.size), "Upload-Metadata": ",".join(pairs)}


def _malformed(header: str) -> MalformedError:
    return MalformedError(
        f"{header} is not of the form that tus 1.0 gives it.",
        f"{header} 不符合 tus 1.0 的格式。",
    )
