"""What a hub says of a model, and which of its files are worth having."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, Protocol

from idolens.errors import NotFoundError
from idolens.vocabulary import Sha256

Algorithm = Literal["sha256", "git-sha1"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_NO_NAME = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]|[ .]$|^\s')
"""What no part of a path may hold, on any system that a studio runs."""

WANTED_ENDINGS = frozenset(
    {".json", ".jinja", ".md", ".model", ".onnx", ".onnx_data", ".safetensors", ".txt"}
)
WANTED_NAMES = frozenset({"license", "notice"})
"""Weights that are only numbers, and text. Never pickles (.bin, .pt) or code (.py):
opening those runs what a stranger wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One file of a model on a hub.

    Attributes:
        path: inside the model's folder, with ``/``.
        size: in bytes; None where the hub does not say.
        digest: in hexadecimal; None where the hub has none.
        algorithm: of the digest; git-sha1 is what git calls a blob's id.
        url: where its bytes are.
    """

    path: str
    size: int | None
    digest: str | None
    algorithm: Algorithm
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A model on a hub at one revision.

    Attributes:
        name: ``owner/model``.
        revision: what names exactly these files, for ever.
        files: what will be fetched.
        left_out: paths that will not be, see `WANTED_ENDINGS`.
    """

    name: str
    revision: str
    files: tuple[RemoteFile, ...]
    left_out: tuple[str, ...] = ()


class Hub(Protocol):
    """Where models are pulled from."""

    @property
    def key(self) -> str:
        """The hub's name in `HUBS`."""
        ...

    @property
    def endpoint(self) -> str:
        """Its address, without a slash at the end."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request for bytes carries: the token, where there is one."""
        ...

    def listing(self, name: str, revision: str | None) -> Listing:
        """List a model's files.

        Raises:
            NotFoundError: no such model or revision, or none for this token.
            HubError: the hub's reply makes no sense.
            HubBusyError: the hub cannot be reached or has no time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Which hub, where, and who asks.

    Attributes:
        endpoint: None for the hub's own.
        token: None for the one that the hub's own tools stored, and only for the
            hub's own address: a mirror never sees it unasked.
    """

    endpoint: str | None = None
    token: str | None = field(default=None, repr=False)


def check_name(name: str) -> None:
    """Refuse what is no ``owner/model``.

    Raises:
        NotFoundError: with an example of a name.
    """
    if not _NAME.fullmatch(name) or ".." in name or "--" in name:
        raise NotFoundError(
            f"{name!r} is not a model's name: write owner/model, for example"
            " zai-org/GLM-4.6V-Flash.",
            f"{name!r} 不是模型名称：请写成“所有者/模型”，"
            "例如 zai-org/GLM-4.6V-Flash。",
        )


def is_wanted(path: str) -> bool:
    """Tell whether a file belongs to a model as we use it."""
    place = PurePosixPath(path)
    if place.name.startswith("."):
        return False
    stem = place.name.partition(".")[0].casefold()
    return place.suffix.casefold() in WANTED_ENDINGS or stem in WANTED_NAMES


def is_inside(path: str) -> bool:
    """Tell whether ``path`` stays inside the folder it is joined to."""
    return all(part and not _NO_NAME.search(part) for part in path.split("/"))


def sha256_of(text: str | None) -> Sha256 | None:
    """Read a sha256 as a hub writes it; None where it is none."""
    low = (text or "").strip().casefold()
    return Sha256(low) if re.fullmatch(r"[0-9a-f]{64}", low) else None
