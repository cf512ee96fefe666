"""From weight files to a model in memory; the one place that opens transformers."""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
import transformers

from idolens.errors import EngineError
from idolens.vlm.glm.machine import Machine
from idolens.vlm.glm.options import Quantize
from idolens.vlm.model_files import unusable

hub = cast("Any", transformers)  # its own types are too wide to be of use

OLDEST = (5, 20)
"""Older versions of transformers lack what the checkpoint's own files name."""


def load(folder: Path, machine: Machine, quantize: Quantize) -> Any:
    """Load the model, ready to compute.

    Raises:
        EngineError: the weights don't fit the model or the memory, or a package is
            missing or too old; the message says what to do.
    """
    check_version(hub.__version__)
    hub.utils.logging.disable_progress_bar()
    given: dict[str, Any] = {"dtype": machine.dtype, "attn_implementation": "sdpa"}
    backend = rounding(quantize, machine)
    if backend == "bitsandbytes":
        given["quantization_config"] = _bitsandbytes(quantize, machine)
    if backend != "torchao" and machine.fast and find_spec("accelerate"):
        given["device_map"] = {"": str(machine.device)}  # no detour by main memory
    try:
        model, told = hub.AutoModelForImageTextToText.from_pretrained(
            folder, local_files_only=True, output_loading_info=True, **given
        )
    except torch.OutOfMemoryError as error:
        raise _too_large(machine) from error
    except Exception as error:  # transformers and safetensors have no common base
        raise unusable("weights", str(error).splitlines()[0]) from error
    lacking = sorted({str(name) for name in told["missing_keys"]})
    if lacking:
        raise unusable("weights", f"they lack {lacking[0]} and {len(lacking)} in all")
    model = model.eval().requires_grad_(requires_grad=False)
    if backend == "torchao":
        _torchao(model, quantize, machine)
    return model if backend == "bitsandbytes" else _onto(model, machine)


def _onto(model: Any, machine: Machine) -> Any:
    try:
        return model.to(machine.device)
    except torch.OutOfMemoryError as error:
        raise _too_large(machine) from error


def check_version(version: str) -> None:
    """Refuse a transformers that is too old for what the checkpoint's files name.

    Raises:
        EngineError: saying what to install.
    """
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise EngineError(
            f"transformers {version} is too old for this model: install {wanted} or"
            " newer (`pip install 'idolens[glm]'`).",
            f"transformers {version} 太旧:请安装 {wanted} 或更新版本"
            "(`pip install 'idolens[glm]'`)。",
        )


def rounding(
    quantize: Quantize,
    machine: Machine,
    installed: Callable[[str], object] = find_spec,
) -> str:
    """Return the package that rounds the weights; nothing when they stay as they are.

    Raises:
        EngineError: none that can do it here is installed.
    """
    if quantize == "none":
        return ""
    if installed("torchao"):
        return "torchao"
    if installed("bitsandbytes") and machine.device.type == "cuda":
        return "bitsandbytes"
    raise EngineError(
        f"To run a model in {quantize}, install torchao"
        " (`pip install torchao`), or set glm.quantize to none.",
        f"以 {quantize} 运行模型需要安装 torchao(`pip install torchao`);"
        "或把 glm.quantize 设为 none。",
    )


def _bitsandbytes(quantize: Quantize, machine: Machine) -> Any:
    if quantize == "int8":
        return hub.BitsAndBytesConfig(load_in_8bit=True)
    return hub.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=machine.dtype,
    )


def _torchao(model: Any, quantize: Quantize, machine: Machine) -> None:
    """Round the words' half only: the eyes are small, and lose more by it."""
    kinds = importlib.import_module("torchao.quantization")
    config = (
        kinds.Int8WeightOnlyConfig()
        if quantize == "int8"
        else kinds.Int4WeightOnlyConfig(  # the format that needs no other package
            group_size=32, int4_packing_format="tile_packed_to_4d"
        )
    )
    try:
        kinds.quantize_(model.model.language_model, config, device=machine.device)
    except Exception as error:  # each kind of number has kernels of its own
        raise EngineError(
            f"This machine can't run a model in {quantize}"
            f" ({str(error).splitlines()[0]}): set glm.quantize to another value.",
            f"本机无法以 {quantize} 运行模型({str(error).splitlines()[0]}):"
            "请把 glm.quantize 设为其他值。",
        ) from error


def _too_large(machine: Machine) -> EngineError:
    return EngineError(
        f"The model does not fit into the memory of {machine.device}: set glm.quantize"
        " to int8 or int4, or take a smaller model.",
        f"模型超出 {machine.device} 的显存:请把 glm.quantize 设为 int8 或 int4,"
        "或换用更小的模型。",
    )
