"""ModelScope (魔搭), over the two addresses of its HTTP API that a pull needs.

``GET /api/v1/models/{name}/repo/files?Revision=&Recursive=`` lists, with a sha256
for every file; ``GET /api/v1/models/{name}/repo?Revision=&FilePath=`` gives bytes.
Its own Python package brings requests, urllib3 and cryptography for the same.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import httpx2

from idolens.vlm.checkpoints.hub import (
    Address,
    Listing,
    RemoteFile,
    check_name,
    is_wanted,
    sha256_of,
)
from idolens.vlm.checkpoints.hub_client import LISTING, hub_client
from idolens.vlm.checkpoints.replies import nonsense, refusal, unheard

ENDPOINT = "https://www.modelscope.cn"
REVISION = "master"
TIMEOUT_S = 20.0
MOST_ENTRIES = 3000
"""The API cuts a listing here and does not say so."""


class ModelScope:
    """``https://www.modelscope.cn``, or another address that speaks the same."""

    key = "modelscope"

    def __init__(self, address: Address) -> None:
        self.endpoint = (address.endpoint or ENDPOINT).rstrip("/")
        self._token = address.token

    @property
    def headers(self) -> Mapping[str, str]:
        """The token, where there is one."""
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    def listing(self, name: str, revision: str | None) -> Listing:
        """List a model's files; see `Hub.listing`."""
        check_name(name)
        asked = revision or REVISION
        entries = [entry for entry in self._entries(name, asked) if _is_file(entry)]
        if not entries:
            raise nonsense(self.endpoint)
        files = tuple(self._file(name, asked, entry) for entry in entries)
        return Listing(
            name=name,
            revision=_revision(files),
            files=tuple(one for one in files if is_wanted(one.path)),
            left_out=tuple(one.path for one in files if not is_wanted(one.path)),
        )

    def _entries(self, name: str, revision: str) -> list[Mapping[str, Any]]:
        query = urlencode({"Revision": revision, "Recursive": "True"})
        url = f"{self.endpoint}/api/v1/models/{name}/repo/files?{query}"
        try:
            with hub_client(self.endpoint, TIMEOUT_S, LISTING) as asking:
                reply = asking.get(url, headers=dict(self.headers))
            if not reply.is_success:
                raise refusal(reply.status_code, f"{name} ({revision})", reply.headers)
            entries = reply.json()["Data"]["Files"]
        except httpx2.TransportError as error:
            raise unheard(self.endpoint, error) from error
        except (ValueError, KeyError, TypeError, httpx2.HTTPError) as error:
            raise nonsense(self.endpoint) from error
        if not isinstance(entries, list) or len(entries) >= MOST_ENTRIES:  # pyright: ignore[reportUnknownArgumentType]
            raise nonsense(self.endpoint)
        return cast("list[Mapping[str, Any]]", entries)

    def _file(self, name: str, revision: str, entry: Mapping[str, Any]) -> RemoteFile:
        path, size = str(entry.get("Path")), entry.get("Size")
        query = urlencode({"Revision": revision, "FilePath": path})
        return RemoteFile(
            path=path,
            size=size if isinstance(size, int) and size > 0 else None,
            digest=sha256_of(str(entry.get("Sha256") or "")),
            algorithm="sha256",
            url=f"{self.endpoint}/api/v1/models/{name}/repo?{query}",
        )


def _is_file(entry: Mapping[str, Any]) -> bool:
    return entry.get("Type", "blob") == "blob" and bool(entry.get("Path"))


def _revision(files: tuple[RemoteFile, ...]) -> str:
    """Name the files by what is in them: the API names no commit."""
    digest = hashlib.sha256()
    for one in sorted(files, key=lambda file: file.path):
        digest.update(f"{one.path}\0{one.size}\0{one.digest}\n".encode())
    return digest.hexdigest()[:40]
