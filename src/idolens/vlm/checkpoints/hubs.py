"""Which hubs there are."""

from collections.abc import Callable
from difflib import get_close_matches

from idolens.errors import NotFoundError
from idolens.vlm.checkpoints.hub import Address, Hub
from idolens.vlm.checkpoints.huggingface import HuggingFace
from idolens.vlm.checkpoints.modelscope import ModelScope

HUBS: dict[str, Callable[[Address], Hub]] = {
    "huggingface": HuggingFace,
    "modelscope": ModelScope,
}
"""Hub name → what opens it."""


def open_hub(key: str, address: Address) -> Hub:
    """Return the hub called ``key``.

    Raises:
        NotFoundError: there is none of this name.
    """
    if key in HUBS:
        return HUBS[key](address)
    near = get_close_matches(key.casefold(), HUBS, n=1)
    meant_en = f" Did you mean {near[0]!r}?" if near else ""
    meant_zh = f"是不是想写 {near[0]!r}?" if near else ""
    raise NotFoundError(
        f"There is no hub {key!r}; choose one of: {', '.join(HUBS)}.{meant_en}",
        f"没有名为 {key!r} 的模型库；可选：{', '.join(HUBS)}。{meant_zh}",
    )
