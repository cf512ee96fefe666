"""Many questions about one picture: ours against what people do with transformers.

The same idolens-tiny checkpoint, on the same threads, in one run, taking turns:

- `ours`: the embedded engine, all questions in one call;
- `generate`: one `model.generate(max_new_tokens=1)` per question, picture and all;
- `forward`: one plain forward pass per question, logits of the last position.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

from bench.figures import Target, publish
from idolens.media.picture import Picture
from idolens.review.policy import load_policy
from idolens.settings import Settings
from idolens.vlm.catalog import open_engine
from idolens.vlm.prompt import render
from idolens.vlm.question import Question, YesNo
from idolens.vocabulary import QuestionKey
from training.scenes import draw, sample

CHECKPOINT = Path("src/idolens/vlm/models/idolens-tiny")
COUNTS = (1, 5, 10, 20)
SEED = 31_000_000
WORDS = ("汉服", "旗袍", "西装", "泳装", "卫衣", "水手服", "女仆装", "铠甲")


class Plain:
    """The checkpoint through transformers, one question at a time."""

    def __init__(self) -> None:
        self._model = AutoModelForImageTextToText.from_pretrained(
            CHECKPOINT, dtype=torch.float32
        ).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
        self._processor = AutoImageProcessor.from_pretrained(CHECKPOINT)

    @torch.inference_mode()
    def generate(self, picture: Picture, questions: Sequence[Question]) -> None:
        """Answer by `generate`, one request per question."""
        for question in questions:
            self._model.generate(
                **self._inputs(picture, question), max_new_tokens=1, do_sample=False
            )

    @torch.inference_mode()
    def forward(self, picture: Picture, questions: Sequence[Question]) -> None:
        """Answer by one forward pass per question."""
        for question in questions:
            self._model(
                **self._inputs(picture, question), use_cache=False, logits_to_keep=1
            )

    def _inputs(self, picture: Picture, question: Question) -> dict[str, torch.Tensor]:
        pixels = self._processor(
            images=[Image.fromarray(picture.pixels)], return_tensors="pt"
        )
        prompt = render(question)
        text = self._tokenizer.apply_chat_template(
            [
                {"role": "system", "content": prompt.role},
                {
                    "role": "user",
                    "content": [
                        {"type": "image"},
                        {"type": "text", "text": prompt.text},
                    ],
                },
            ],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        merge = self._processor.merge_size**2
        tokens = int(pixels["image_grid_thw"].prod()) // merge
        text = text.replace("<|image|>", "<|image|>" * tokens, 1)
        encoded = self._tokenizer(text, add_special_tokens=False, return_tensors="pt")
        image_id = self._tokenizer.convert_tokens_to_ids("<|image|>")
        return {
            "input_ids": encoded["input_ids"],
            "attention_mask": encoded["attention_mask"],
            "mm_token_type_ids": (encoded["input_ids"] == image_id).long(),
            "pixel_values": pixels["pixel_values"],
            "image_grid_thw": pixels["image_grid_thw"],
        }


def main() -> int:
    """Measure, print and store the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()

    policy = load_policy("livestream-zh")
    asked = [entry.question() for entry in policy.questions]
    asked += [
        YesNo(key=QuestionKey(f"is-{word}"), instruction=f"是否穿着{word}?")
        for word in WORDS
    ]
    plain, figures = Plain(), dict[str, float]()
    engine = open_engine(Settings())
    for count in COUNTS:
        questions = asked[:count]
        ways = {
            "ours": lambda picture, q=questions: engine.answer([picture], q),
            "generate": lambda picture, q=questions: plain.generate(picture, q),
            "forward": lambda picture, q=questions: plain.forward(picture, q),
        }
        figures |= _take_turns(ways, count, arguments.runs)
    engine.close()
    targets = [
        Target("ours_1_ms", 100),
        Target("ours_10_ms", 250),
        Target("speedup_over_generate_10", 8, at_least=True),
        Target("speedup_over_forward_10", 8, at_least=True),
    ]
    return publish(
        "questions",
        figures,
        targets,
        check=arguments.check,
        notes="closed questions about one new 512x288 picture each time; medians of "
        f"{arguments.runs} runs in turn; threads: all cores for each",
    )


def _take_turns(
    ways: dict[str, Callable[[Picture], object]], count: int, runs: int
) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        picture = Picture(draw(sample(SEED + count * 100 + run), 512, 288).image)
        for name, ask in ways.items():
            begin = time.perf_counter()
            ask(picture)
            if run:  # the first round warms up
                times[name].append((time.perf_counter() - begin) * 1000)
    median = {name: statistics.median(taken) for name, taken in times.items()}
    return {f"{name}_{count}_ms": taken for name, taken in median.items()} | {
        f"speedup_over_{name}_{count}": median[name] / median["ours"]
        for name in ways
        if name != "ours"
    }


if __name__ == "__main__":
    sys.exit(main())
