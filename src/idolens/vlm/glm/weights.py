"""Where a checkpoint stands, whether its weights are whole, and their revision."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from idolens.errors import EngineError
from idolens.settings import Settings
from idolens.vlm.checkpoints import open_shelf
from idolens.vlm.model_files import (
    SHIPPED,
    missing_from,
    read_json,
    revision_of,
    shipped_folder,
    unusable,
)

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
HASHED_WHOLE = 2 * 2**30
"""Weights up to this size are hashed whole, which takes a second or two."""
_SAMPLE = 2**20
_SAMPLES = 32
_HEADER_MOST = 100 * 2**20
_BLOB = re.compile(r"[0-9a-f]{64}")


def find_model(settings: Settings) -> Path:
    """Return the folder of the checkpoint that ``settings.glm.model`` names.

    Raises:
        EngineError: it is neither a folder nor pulled; the message says how to.
    """
    name = settings.glm.model
    if name == SHIPPED:
        return shipped_folder()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    pulled = _pulled(name, settings)
    if pulled is None:
        raise EngineError(
            f"The model {name!r} is not on this machine: run"
            f" `idolens models pull {name}`, or set glm.model to a model folder.",
            f"本机没有模型 {name!r}:请运行 `idolens models pull {name}`,"
            "或把 glm.model 设为模型文件夹。",
        )
    return pulled


def _pulled(name: str, settings: Settings) -> Path | None:
    owner, slash, rest = name.partition("/")
    if not (owner and slash and rest) or "/" in rest or name.startswith("."):
        return None
    return open_shelf(settings).find(name)


def weight_files(folder: Path) -> list[str]:
    """Return the names of the files that hold the weights.

    Raises:
        EngineError: there are none, or one that the index names is missing.
    """
    if (folder / INDEX).is_file():
        mapped = read_json(folder, INDEX).get("weight_map")
        if not isinstance(mapped, dict) or not mapped:
            raise unusable(INDEX, "it names no files")
        names = sorted(set(cast("dict[str, str]", mapped).values()))
    else:
        names = [WEIGHTS]
    lacking = missing_from(folder, names)
    if lacking:
        raise EngineError(
            f"The model folder {folder.name!r} lacks {', '.join(lacking)}: pull the"
            " model again, or name a complete model folder.",
            f"模型文件夹 {folder.name!r} 缺少 {'、'.join(lacking)}:"
            "请重新下载模型,或指定一个完整的模型文件夹。",
        )
    return names


def check_weights(folder: Path, names: list[str]) -> None:
    """Refuse a file that was cut off or is no safetensors, before it is loaded.

    Raises:
        EngineError: naming the file.
    """
    for name in names:
        path = folder / name
        size = path.stat().st_size
        expected = _expected_size(path, name)
        if size != expected:
            raise unusable(name, f"it has {size} bytes instead of {expected}")


def _expected_size(path: Path, name: str) -> int:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _HEADER_MOST:  # noqa: PLR2004  ("{}" at the least)
            raise unusable(name, "it is not a safetensors file")
        try:
            header: Any = json.loads(file.read(length))
            ends = [
                int(entry["data_offsets"][1])
                for key, entry in header.items()
                if key != "__metadata__"
            ]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise unusable(name, "its header is damaged") from error
    return 8 + length + max(ends, default=0)


def revision(folder: Path, names: list[str]) -> str:
    """Return 12 digits that change whenever the weights or the words do."""
    known = _manifest(folder)
    return revision_of(
        folder, {name: _digest(folder / name, known.get(name)) for name in names}
    )


def _digest(path: Path, known: str | None) -> bytes:
    if known is not None:
        return bytes.fromhex(known)
    target = path.resolve().name  # the hub's own cache names files by their sha256
    if path.is_symlink() and _BLOB.fullmatch(target):
        return bytes.fromhex(target)
    with path.open("rb") as file:
        if path.stat().st_size <= HASHED_WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
    return _sampled(path)


def _sampled(path: Path) -> bytes:
    """Hash the size and samples: training changes every part of a weight file."""
    size = path.stat().st_size
    digest = hashlib.sha256(f"sampled {size}".encode())
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek((size - _SAMPLE) * number // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE))
    return digest.digest()


def _manifest(folder: Path) -> Mapping[str, str]:
    """Return what the pulled model's manifest says of its files."""
    path = folder / "idolens-model.json"
    if not path.is_file():
        return {}
    files = read_json(folder, path.name).get("files")
    known = cast("dict[str, Any]", files) if isinstance(files, dict) else {}
    return {name: str(entry["sha256"]) for name, entry in known.items()}
