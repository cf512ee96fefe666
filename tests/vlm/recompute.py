"""The truth: transformers with the same weights, the whole prompt each time."""

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from jinja2 import Template
from torch import Tensor

from idolens.media.picture import Picture
from idolens.vlm.label_words import variants
from idolens.vlm.prompt import render
from idolens.vlm.question import Question
from tests.vlm import tiny_glm


def pil_processor(content: Mapping[str, Any]) -> Any:
    """The image processor that transformers takes without torchvision."""
    module = importlib.import_module(
        "transformers.models.glm46v.image_processing_pil_glm46v"
    )
    known = {key: one for key, one in content.items() if key != "image_processor_type"}
    return module.Glm46VImageProcessorPil(**known)


def inputs_of(
    plain: Any, processor: Any, shown: Picture, question: Question
) -> dict[str, Tensor]:
    """The whole prompt of one question about one picture."""
    prompt = render(question)
    messages = [
        {"role": "system", "content": prompt.role},
        {
            "role": "user",
            "content": [{"type": "image"}, {"type": "text", "text": prompt.text}],
        },
    ]
    return inputs_for(plain, processor, [shown], messages)


def inputs_for(
    plain: Any, processor: Any, shown: list[Picture], messages: list[dict[str, Any]]
) -> dict[str, Tensor]:
    """A conversation with pictures, as transformers wants it."""
    text = Template(tiny_glm.TEMPLATE).render(
        messages=messages, enable_thinking=False, add_generation_prompt=True
    )
    given: dict[str, Tensor] = {}
    if shown:
        pixels = processor(images=[one.pixels for one in shown], return_tensors="pt")
        given = {name: pixels[name] for name in ("pixel_values", "image_grid_thw")}
        parts = text.split("<|image|>")
        counts = (pixels["image_grid_thw"].prod(-1) // 4).tolist()
        text = parts[0]
        for count, part in zip(counts, parts[1:], strict=True):
            text += "<|image|>" * count + part
    ids = torch.tensor([tiny_glm.tokenizer().encode(text).ids])
    token = plain.config.image_token_id
    return {"input_ids": ids, "mm_token_type_ids": (ids == token).int(), **given}


@torch.no_grad()
def logits_of(plain: Any, inputs: dict[str, Tensor]) -> Tensor:
    """What may follow the whole prompt: floats [words]."""
    return plain(**inputs).logits[0, -1]


def label_logs(logits: Tensor, labels: Iterable[str]) -> Tensor:
    """Log-probabilities of the labels, each with its other ways of writing."""
    words = tiny_glm.tokenizer()
    tokens = [
        [found for way in variants(one) if (found := words.token_to_id(way))]
        for one in labels
    ]
    logs = torch.log_softmax(logits.double(), 0)
    return torch.stack([torch.logsumexp(logs[ids], 0) for ids in tokens])
