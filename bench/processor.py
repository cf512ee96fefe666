"""transformers' own processor for the checkpoint, on a machine without torchvision.

`AutoProcessor` refuses to open without torchvision, because of videos. This one is
the same class with the same code, less the part that would read a video.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import AutoImageProcessor, AutoProcessor, AutoTokenizer
from transformers.models.glm46v.processing_glm46v import Glm46VProcessor


class StillsProcessor(Glm46VProcessor):
    """The checkpoint's processor for pictures only."""

    def __init__(self, folder: str | Path) -> None:
        self.image_processor = AutoImageProcessor.from_pretrained(folder)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.video_processor = None
        self.chat_template = self.tokenizer.chat_template
        self.image_token, self.video_token = "<|image|>", "<|video|>"
        number = self.tokenizer.convert_tokens_to_ids
        self.image_token_id = number(self.image_token)
        self.video_token_id = number(self.video_token)
        self.video_start_id = number("<|begin_of_video|>")
        self.video_end_id = number("<|end_of_video|>")


def open_processor(folder: str | Path) -> Any:
    """Open what `AutoProcessor` would, or the nearest there is without torchvision."""
    if find_spec("torchvision"):
        return AutoProcessor.from_pretrained(folder)
    return StillsProcessor(folder)


def let_transformers_open_it() -> None:
    """Make `transformers serve` in this process open its processor in this way."""
    if find_spec("torchvision"):
        return

    def opened(name: str, **_: object) -> Any:
        return StillsProcessor(name)

    AutoProcessor.from_pretrained = staticmethod(opened)
