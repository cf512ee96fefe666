"""Which forms there are."""

from collections.abc import Mapping
from types import MappingProxyType

from idolens.vlm.decisions.openai_shape import OpenAiShape
from idolens.vlm.decisions.sglang_shape import SglangShape
from idolens.vlm.decisions.shapes import Shape
from idolens.vlm.decisions.systemone_shape import AssetsShape, SystemOneShape

SHAPES: Mapping[str, tuple[Shape, ...]] = MappingProxyType(
    {
        "openai": (OpenAiShape(),),
        "sglang": (SglangShape(),),
        "systemone": (SystemOneShape(), AssetsShape()),
    }
)
"""What the setting ``decisions.shape`` takes → the forms to try, in order."""
