"""What people do with transformers: the checkpoint, one question at a time."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText
from transformers.pipelines import DecisionPipeline

from bench.processor import open_processor
from idolens.media.picture import Picture
from idolens.vlm.prompt import render
from idolens.vlm.question import Choice, Question, Score, YesNo

PLACEHOLDER = "<picture>"
"""Stands for the picture in a System One request."""


class Plain:
    """The checkpoint through transformers, in three of the ways it offers.

    Args:
        folder: of the checkpoint.
        device: e.g. ``cpu`` or ``cuda``.
        dtype: of the weights.
        model: a model that is loaded already.
    """

    def __init__(
        self,
        folder: Path,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        model: Any = None,
    ) -> None:
        if model is None:
            model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype)
        self._model = model.eval().to(device)
        self._device, self._dtype = torch.device(device), dtype
        self._processor = open_processor(folder)
        self._pipeline = DecisionPipeline(
            model=self._model,
            tokenizer=self._processor.tokenizer,
            processor=self._processor,
            device=self._device,
        )

    @torch.inference_mode()
    def generate(self, picture: Picture, questions: Sequence[Question]) -> None:
        """Answer by `generate` of one token, one request per question."""
        for question in questions:
            self._model.generate(
                **self._inputs(picture, question), max_new_tokens=1, do_sample=False
            )
        self._finish()

    @torch.inference_mode()
    def forward(self, picture: Picture, questions: Sequence[Question]) -> None:
        """Answer by one forward pass per question, logits of the last position."""
        for question in questions:
            self._model(
                **self._inputs(picture, question), use_cache=False, logits_to_keep=1
            )
        self._finish()

    @torch.inference_mode()
    def decide(self, picture: Picture, questions: Sequence[Question]) -> None:
        """Answer by transformers' own decision pipeline, all questions in one call."""
        image = Image.fromarray(picture.pixels)
        self._pipeline(
            {
                "state": PLACEHOLDER,
                "assets": {PLACEHOLDER: image},
                "questions": systemone_questions(questions),
            }
        )
        self._finish()

    def _finish(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()

    def _inputs(self, picture: Picture, question: Question) -> dict[str, torch.Tensor]:
        prompt = render(question)
        image = {"type": "image", "image": Image.fromarray(picture.pixels)}
        content = [image, {"type": "text", "text": prompt.text}]
        inputs = self._processor.apply_chat_template(
            [
                {"role": "system", "content": [{"type": "text", "text": prompt.role}]},
                {"role": "user", "content": content},
            ],
            tokenize=True,
            add_generation_prompt=True,
            enable_thinking=False,
            return_dict=True,
            return_tensors="pt",
        ).to(self._device)
        inputs["pixel_values"] = inputs["pixel_values"].to(self._dtype)
        return dict(inputs)


def systemone(picture: Picture, questions: Sequence[Question]) -> dict[str, Any]:
    """Return the body of ``POST /v1/systemone``, as `transformers serve` wants it."""
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "JPEG", quality=90)
    asset = {
        "type": "image",
        "format": "jpeg",
        "data_base64": base64.b64encode(buffer.getvalue()).decode(),
    }
    return {
        "state": PLACEHOLDER,
        "assets": {PLACEHOLDER: asset},
        "questions": systemone_questions(questions),
    }


def systemone_questions(questions: Sequence[Question]) -> dict[str, dict[str, Any]]:
    """Put closed questions into the System One form."""
    return {question.key: _systemone(question) for question in questions}


def _systemone(question: Question) -> dict[str, Any]:
    match question:
        case YesNo():
            return {"type": "noul", "instructions": question.instruction}
        case Choice():
            return {
                "type": "choice",
                "instructions": question.instruction,
                "criteria": {option: option for option in question.options},
            }
        case Score():
            return {
                "type": "score",
                "instructions": question.instruction,
                "criteria": list(question.levels),
            }
        case _:
            message = f"{question.kind} is not a closed question"
            raise ValueError(message)
