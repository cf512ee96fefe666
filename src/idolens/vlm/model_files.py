"""What stands in a model folder besides the weights, read and checked once.

::

    config.json              architecture, picture token, merge size
    generation_config.json   the tokens that end a reply
    preprocessor_config.json how pixels become patches
    tokenizer.json           chat_template.jinja
    decision.json            optional: {"temperature": {"yes_no": 1.2, …},
                             "demonstration": true}

Every engine that runs a checkpoint itself adds the files of its weights.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from idolens.errors import EngineError

SHIPPED = "idolens-tiny"
"""The model that comes with idolens."""

CONFIG = "config.json"
GENERATION = "generation_config.json"
PREPROCESSOR = "preprocessor_config.json"
TOKENIZER = "tokenizer.json"
TEMPLATE = "chat_template.jinja"
DECISION = "decision.json"
SMALL_FILES = (CONFIG, GENERATION, PREPROCESSOR, TOKENIZER, TEMPLATE)
"""A model is not complete without these; paths inside its folder."""

ARCHITECTURES = (
    "Glm4vForConditionalGeneration",
    "Glm46VForConditionalGeneration",
)
"""What the positions and the picture's patches are computed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A model folder whose small files have been read.

    Attributes:
        folder: where it is.
        demonstration: True for a model trained on drawn scenes only.
        picture_token: id of ``<|image|>``.
        merge: patches across (and down) that make one picture token.
        stop: ids that end a reply.
        template: the chat template's source.
        config: the content of config.json.
        preprocessor: the content of preprocessor_config.json.
        temperatures: kind of question → calibration temperature; 1 where absent.
    """

    folder: Path
    demonstration: bool
    picture_token: int
    merge: int
    stop: frozenset[int]
    template: str
    config: Mapping[str, Any]
    preprocessor: Mapping[str, Any]
    temperatures: Mapping[str, float]


def shipped_folder() -> Path:
    """Return the folder of the model that comes with idolens."""
    return Path(str(files("idolens.vlm").joinpath("models", SHIPPED)))


def missing_from(folder: Path, weights: Sequence[str] = ()) -> list[str]:
    """Return the small files and ``weights`` that ``folder`` has not."""
    return [name for name in (*SMALL_FILES, *weights) if not (folder / name).is_file()]


def read_model_files(folder: Path, weights: Sequence[str] = ()) -> ModelFiles:
    """Read and check everything but the weights, which must only be there.

    Raises:
        EngineError: a file is missing or unreadable, or the model is of another
            architecture; the message names the file and says what to do.
    """
    missing = missing_from(folder, weights)
    if missing:
        raise EngineError(
            f"The model folder {folder.name!r} lacks {', '.join(missing)}: install"
            " idolens again, or name a complete model folder.",
            f"模型文件夹 {folder.name!r} 缺少 {'、'.join(missing)}:"
            "请重新安装 idolens,或指定一个完整的模型文件夹。",
        )
    config = read_json(folder, CONFIG)
    _check_architecture(config)
    decision = _read_decision(folder)
    return ModelFiles(
        folder=folder,
        demonstration=bool(decision.get("demonstration", False)),
        picture_token=int(_value(config, "image_token_id", CONFIG)),
        merge=int(_value(config, "vision_config", CONFIG)["spatial_merge_size"]),
        stop=_stop(read_json(folder, GENERATION)),
        template=(folder / TEMPLATE).read_text(encoding="utf-8"),
        config=config,
        preprocessor=read_json(folder, PREPROCESSOR),
        temperatures=_temperatures(decision),
    )


def read_json(folder: Path, name: str) -> Mapping[str, Any]:
    """Return the JSON object in the file ``name``.

    Raises:
        EngineError: it is not JSON, or no object.
    """
    try:
        content: object = json.loads((folder / name).read_text(encoding="utf-8"))
    except ValueError as error:
        raise unusable(name, str(error)) from error
    if not isinstance(content, dict):
        raise unusable(name, "not a JSON object")
    return cast("Mapping[str, Any]", content)


def unusable(name: str, why: str) -> EngineError:
    """Return the error for a file that is there but can't be used."""
    return EngineError(
        f"The model's {name} can't be used ({why}): install idolens again, or export"
        " the model again.",
        f"模型的 {name} 不可用({why}):请重新安装 idolens,或重新导出模型。",
    )


def failed_check(en: str, zh: str) -> EngineError:
    """Return the error for a model that does not pass what is tried at start-up."""
    return EngineError(
        f"The model failed its start-up check: {en}; install idolens again, or export"
        " the model again.",
        f"模型未通过启动自检:{zh}。请重新安装 idolens,或重新导出模型。",
    )


def revision_of(folder: Path, weights: Mapping[str, bytes]) -> str:
    """Return 12 digits over all that decides an answer.

    Args:
        folder: holds the small files, which are read whole.
        weights: path inside the folder → digest of that file.
    """
    digest = hashlib.sha256()
    for name in (*SMALL_FILES, DECISION):
        path = folder / name
        if path.is_file():
            digest.update(name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name])
    return digest.hexdigest()[:12]


def _check_architecture(config: Mapping[str, Any]) -> None:
    names = cast("list[str]", config.get("architectures") or ["?"])
    if names[0] not in ARCHITECTURES:
        raise EngineError(
            f"The model is a {names[0]}, but this engine runs"
            f" {ARCHITECTURES[0]} only: choose another engine or another model.",
            f"该模型是 {names[0]},而此引擎只运行 {ARCHITECTURES[0]}:"
            "请换用其他引擎或其他模型。",
        )


def _read_decision(folder: Path) -> Mapping[str, Any]:
    return read_json(folder, DECISION) if (folder / DECISION).is_file() else {}


def _value(content: Mapping[str, Any], key: str, name: str) -> Any:
    if key not in content:
        raise unusable(name, f"it has no {key!r}")
    return content[key]


def _stop(generation: Mapping[str, Any]) -> frozenset[int]:
    ids = _value(generation, "eos_token_id", GENERATION)
    return frozenset(cast("list[int]", ids) if isinstance(ids, list) else [int(ids)])


def _temperatures(decision: Mapping[str, Any]) -> dict[str, float]:
    given = cast("Mapping[str, float]", decision.get("temperature", {}))
    temperatures = {kind: float(value) for kind, value in given.items()}
    if not all(value > 0 for value in temperatures.values()):
        raise unusable(DECISION, "temperatures must be above 0")
    return temperatures
