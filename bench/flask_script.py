"""The script that one writes first: Flask in front of `generate`.

It answers the same ``POST /vlm/infer``: ``{"image", "question"}`` → ``{"answer"}``.
"""

import argparse
import base64
import io
import os

import torch
from flask import Flask, request
from PIL import Image
from transformers import AutoModelForImageTextToText

from bench.processor import open_processor

MOST_TOKENS = 16


def build(folder: str) -> Flask:
    """Load the checkpoint and return the application."""
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    processor = open_processor(folder)
    app = Flask(__name__)

    @app.get("/readyz")
    def ready() -> str:
        return "ok"

    @app.post("/vlm/infer")
    def infer() -> dict[str, str]:
        asked = request.get_json()
        image = Image.open(io.BytesIO(base64.b64decode(asked["image"]))).convert("RGB")
        content = [
            {"type": "image", "image": image},
            {"type": "text", "text": asked["question"] + "\n只回答是或否。"},
        ]
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            tokenize=True,
            add_generation_prompt=True,
            enable_thinking=False,
            return_dict=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            reply = model.generate(
                **inputs, max_new_tokens=MOST_TOKENS, do_sample=False
            )
        new = reply[0, inputs["input_ids"].shape[1] :]
        return {"answer": processor.decode(new, skip_special_tokens=True)}

    return app


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    build(arguments.folder).run("127.0.0.1", arguments.port, threaded=True)


if __name__ == "__main__":
    main()
