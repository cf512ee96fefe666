"""How a checkpoint is run here; nothing of what is asked."""

from dataclasses import dataclass
from typing import Literal

from idolens.settings import Settings

Kind = Literal["auto", "float32", "bfloat16", "float16"]
Quantize = Literal["none", "int8", "int4"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run a checkpoint; see `GlmSettings` for what each does."""

    device: str = "auto"
    dtype: Kind = "auto"
    quantize: Quantize = "none"
    compile: bool = False
    threads: int = 0
    prefix_mib: int = 512
    pictures: int = 4
    columns: int = 1024
    pixels: int = 0

    @classmethod
    def from_settings(cls, settings: Settings) -> "Options":
        """Read the settings of this engine."""
        chosen = settings.glm
        return cls(
            device=chosen.device,
            dtype=chosen.dtype,
            quantize=chosen.quantize,
            compile=chosen.compile,
            threads=settings.threads,
            prefix_mib=chosen.prefix_mib,
            pictures=chosen.pictures_at_once,
            columns=chosen.columns_at_once,
            pixels=chosen.pixels,
        )
