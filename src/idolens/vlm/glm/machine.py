"""Which device computes, in which numbers."""

from dataclasses import dataclass

import torch

from idolens.errors import EngineError
from idolens.vlm.glm.options import Kind, Options

_KINDS: dict[Kind, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a model is computed.

    Attributes:
        device: e.g. ``cuda:0``.
        dtype: of the weights and what is computed with them.
    """

    device: torch.device
    dtype: torch.dtype

    @property
    def fast(self) -> bool:
        """Whether it is a graphics card."""
        return self.device.type != "cpu"

    def free(self) -> None:
        """Give memory that nothing needs back to the card."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.device.type == "mps":
            torch.mps.empty_cache()


def choose_machine(options: Options) -> Machine:
    """Take the device and the numbers that ``options`` names, else the best there are.

    Raises:
        EngineError: there is no such device here.
    """
    device = _device(options.device)
    kind = options.dtype
    return Machine(device, _usual(device) if kind == "auto" else _KINDS[kind])


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device(_best())
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise EngineError(
            f"The device {name!r} can't be used ({str(error).splitlines()[0]}): set"
            " glm.device to auto, cpu, cuda or mps.",
            f"设备 {name!r} 不可用({str(error).splitlines()[0]}):"
            "请把 glm.device 设为 auto、cpu、cuda 或 mps。",
        ) from error
    return device


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _usual(device: torch.device) -> torch.dtype:
    """Half precision on a card; on a processor it would be slower, not faster."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32
