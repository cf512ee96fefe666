"""The folder of pulled models: ``OWNER/MODEL/`` each, with what it must contain.

``idolens-model.json`` in a model's folder lists every file with its size and sha256.
It is written last, before the folder gets its name: a folder with that name is whole.
What is still on its way lies in ``.partial/`` and is never taken for a model.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from idolens.errors import NotFoundError
from idolens.settings import Settings
from idolens.vlm.checkpoints.hub import check_name
from idolens.vlm.checkpoints.transfer import sha256_at, size_of
from idolens.vocabulary import Sha256

MANIFEST = "idolens-model.json"
PARTIAL = ".partial"
INDEX = "model.safetensors.index.json"


class KeptFile(BaseModel):
    """A file as it must be."""

    model_config = ConfigDict(frozen=True)

    size: int
    sha256: Sha256


class Stored(BaseModel):
    """A pulled model, as its manifest tells it.

    Attributes:
        name: ``owner/model``.
        hub: where it came from, a key of `HUBS`.
        endpoint: that hub's address.
        revision: of exactly these files.
        pulled_at: UTC, ISO 8601.
        files: path → what the file must be.
        unproven: files that the hub gave no digest for.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    name: str
    hub: str
    endpoint: str
    revision: str
    pulled_at: str
    files: dict[str, KeptFile]
    unproven: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """All files together, in bytes."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True, slots=True)
class Damage:
    """One file that is not as it must be."""

    path: str
    kind: Literal["missing", "changed"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where pulled models stand.

    Attributes:
        folder: holds one folder an owner.
    """

    folder: Path

    def models(self) -> list[Stored]:
        """Return the models that are here, by name."""
        return sorted(self._stored(), key=lambda model: model.name.casefold())

    def unfinished(self) -> dict[str, int]:
        """Return the models whose pull was not finished, and the bytes that came."""
        found: dict[str, int] = {}
        for place in sorted((self.folder / PARTIAL).glob("*/*/")):
            name = f"{place.parent.name}/{place.name}"
            found[name] = sum(size_of(path) for path in place.rglob("*"))
        return found

    def place(self, name: str) -> Path:
        """Return the folder that a model has, or would have."""
        check_name(name)
        return self.folder / name

    def partial(self, name: str) -> Path:
        """Return the folder that a model gathers in."""
        check_name(name)
        return self.folder / PARTIAL / name

    def lock(self, name: str) -> Path:
        """Return the file that whoever pulls a model holds."""
        check_name(name)
        return self.folder / PARTIAL / ".locks" / f"{name.replace('/', '--')}.lock"

    def find(self, name: str) -> Path | None:
        """Return a model's folder; None when it was not pulled."""
        place = self.place(name)
        return place if (place / MANIFEST).is_file() else None

    def get(self, name: str) -> Stored:
        """Return what is known of a model.

        Raises:
            NotFoundError: it was not pulled; the message names a like one.
        """
        for model in self._stored():
            if model.name.casefold() == name.casefold():
                return model
        known = [model.name for model in self.models()]
        near = get_close_matches(name, known, n=1, cutoff=0.4)
        meant_en = f" Did you mean {near[0]}?" if near else ""
        meant_zh = f"是不是想写 {near[0]}?" if near else ""
        raise NotFoundError(
            f"There is no model {name} here: see `idolens models list`, or pull it"
            f" with `idolens models pull`.{meant_en}",
            f"本机没有模型 {name}：请用 `idolens models list` 查看，或用"
            f" `idolens models pull` 下载。{meant_zh}",
        )

    def verify(self, name: str) -> list[Damage]:
        """Hash every file of a model against its manifest.

        Raises:
            NotFoundError: it was not pulled.
        """
        model = self.get(name)
        place, found = self.place(model.name), list[Damage]()
        for path, wanted in model.files.items():
            file = place / path
            if not file.is_file():
                found.append(Damage(path, "missing"))
            elif not is_as(file, wanted):
                found.append(Damage(path, "changed"))
        return found + [
            Damage(shard, "missing")
            for shard in shards(place)
            if shard not in model.files
        ]

    def remove(self, name: str) -> int:
        """Delete a model, or what came of one; return the bytes that are free now.

        Raises:
            NotFoundError: there is neither.
        """
        freed = 0
        if (partial := self.partial(name)).is_dir():
            freed += _delete(partial)
        if not freed or self.find(name):
            freed += _delete(self.place(self.get(name).name))
        return freed

    def _stored(self) -> Iterator[Stored]:
        for manifest in self.folder.glob(f"[!.]*/*/{MANIFEST}"):
            model = _read(manifest)
            if model and self.folder / model.name == manifest.parent:
                yield model


def open_shelf(settings: Settings) -> Shelf:
    """Return the shelf of this installation; nothing is made on disk yet."""
    return Shelf((settings.hub.folder or settings.home / "models").absolute())


def is_as(file: Path, wanted: KeptFile) -> bool:
    """Tell whether a file has the bytes it must have."""
    return size_of(file) == wanted.size and sha256_at(file) == wanted.sha256


def shards(place: Path) -> list[str]:
    """Return the weight files that a model's own index names."""
    try:
        index: Any = json.loads((place / INDEX).read_text(encoding="utf-8"))
        return sorted(set(cast("dict[str, str]", index["weight_map"]).values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []  # one weight file, or an index that its sha256 proves to be so


def write_manifest(place: Path, model: Stored) -> None:
    """Say in a model's folder what it must contain."""
    with (place / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(model.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(manifest: Path) -> Stored | None:
    try:
        return Stored.model_validate_json(manifest.read_bytes())
    except (OSError, ValidationError):
        return None  # not written by us: not a model of ours


def _delete(place: Path) -> int:
    freed = sum(size_of(path) for path in place.rglob("*"))
    # The manifest goes first: a deletion that is cut off leaves no model behind.
    (place / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(place)
    owner = place.parent
    if not any(owner.iterdir()):
        owner.rmdir()
    return freed
