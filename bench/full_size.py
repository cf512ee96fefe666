"""GLM-4.6V-Flash at its full size, with random weights.

Speed and memory do not depend on what the numbers are, so nothing has to be pulled.
The words are idolens-tiny's: a tokenizer has no speed that counts here.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, Glm4vConfig

from bench.turns import CHECKPOINT

SHARD = "5GB"
WORDS = ("chat_template.jinja", "generation_config.json", "tokenizer.json")
WORDS += ("tokenizer_config.json",)


def full_config() -> Glm4vConfig:
    """Return the published configuration of GLM-4.6V-Flash."""
    return Glm4vConfig(
        text_config={
            "vocab_size": 151552,
            "hidden_size": 4096,
            "intermediate_size": 13696,
            "num_hidden_layers": 40,
            "num_attention_heads": 32,
            "num_key_value_heads": 2,
            "max_position_embeddings": 131072,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 500000.0,
                "partial_rotary_factor": 0.5,
                "mrope_section": [8, 12, 12],
            },
        },
        vision_config={
            "depth": 24,
            "hidden_size": 1536,
            "num_heads": 12,
            "intermediate_size": 13696,
            "out_hidden_size": 4096,
            "image_size": 336,
        },
        tie_word_embeddings=False,
        **_picture_tokens(),
    )


def tiny_config() -> Glm4vConfig:
    """Return idolens-tiny's configuration, to try the benchmark without a card."""
    return Glm4vConfig.from_pretrained(CHECKPOINT)


def write_model(folder: Path, config: Glm4vConfig, device: str) -> None:
    """Write a model with random weights of ``config`` as a hub would give it."""
    torch.manual_seed(7)
    dtype = torch.bfloat16
    with torch.device(device):
        model = AutoModelForImageTextToText.from_config(config, dtype=dtype)
    model.save_pretrained(folder, max_shard_size=SHARD)
    for name in WORDS:  # after the model, which writes its own way to generate
        shutil.copyfile(CHECKPOINT / name, folder / name)
    pixels = _read("preprocessor_config.json")
    # As published: small pictures stay small, large ones are not shrunk below 4.8 MP.
    pixels["size"] = {"shortest_edge": 12544, "longest_edge": 9633792}
    _write(folder / "preprocessor_config.json", pixels)
    # Random weights don't follow a prompt; this keeps the start-up check from minding.
    _write(folder / "decision.json", {"demonstration": True})


def layer_parameters(config: Glm4vConfig) -> tuple[int, int]:
    """Count the weights that every text token, and every patch, passes through."""
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    return (
        sum(one.numel() for one in model.model.language_model.layers.parameters()),
        sum(one.numel() for one in model.model.visual.blocks.parameters()),
    )


def parameters(config: Glm4vConfig) -> int:
    """Count all weights."""
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    return sum(one.numel() for one in model.parameters())


def _picture_tokens() -> dict[str, int]:
    """Return idolens-tiny's ids of the tokens around and for pictures."""
    return {
        name: number
        for name, number in _read("config.json").items()
        if name.startswith(("image_", "video_")) and name.endswith("_token_id")
    }


def _read(name: str) -> dict[str, Any]:
    return json.loads((CHECKPOINT / name).read_text(encoding="utf-8"))


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
