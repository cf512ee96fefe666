"""Ship a trained model: transformers checkpoint, tokenizer and three ONNX graphs.

python -m training.export --checkpoint .work/read/last.pt \
        --out src/idolens/vlm/models/idolens-tiny
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    GenerationConfig,
    Glm4vConfig,
    Glm4vForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from training.configs import model_config, text_config, vision_config
from training.packing import tokenizer
from training.read import Reading, load
from training.text_graphs import write_decoder, write_embed
from training.tokens import END_OF_TEXT
from training.tower import CLIP_MEAN, CLIP_STD, to_glm4v
from training.vision_graph import write_vision

NAME = "idolens-tiny"
SMALLEST, LARGEST = 100_352, 107_000
"""Twice the pixels of a picture: 64 to 66 tokens, so 512² becomes 224²."""
SPECIAL_IDS = (
    END_OF_TEXT,
    "<|image|>",
    "<|video|>",
    "<|begin_of_image|>",
    "<|end_of_image|>",
    "<|begin_of_video|>",
    "<|end_of_video|>",
)


def glm4v_config(words: PreTrainedTokenizerFast) -> Glm4vConfig:
    """The whole model's configuration for a tokenizer."""
    ids = {token: int(words.convert_tokens_to_ids(token)) for token in SPECIAL_IDS}
    return model_config(ids, len(words), vision_config(), text_config(len(words)))


def glm4v_state(model: Reading) -> dict[str, Tensor]:
    """Our weights under transformers' names."""
    state = {
        f"model.visual.{name}": value for name, value in to_glm4v(model.tower).items()
    }
    state |= {
        f"model.language_model.{name}": value
        for name, value in model.reader.state_dict().items()
    }
    state["lm_head.weight"] = model.reader.embed_tokens.weight.detach()
    return state


def whole_model(
    model: Reading, words: PreTrainedTokenizerFast
) -> Glm4vForConditionalGeneration:
    """The trained parts as one transformers model in bf16."""
    whole = Glm4vForConditionalGeneration(glm4v_config(words))
    whole.load_state_dict(glm4v_state(model))
    whole.tie_weights()
    return whole.to(torch.bfloat16).eval()


def preprocessor() -> dict[str, object]:
    """What ``Glm46VImageProcessor`` needs to know."""
    return {
        "image_processor_type": "Glm46VImageProcessor",
        "processor_class": "Glm46VProcessor",
        "size": {"shortest_edge": SMALLEST, "longest_edge": LARGEST},
        "do_resize": True,
        "resample": 3,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "do_convert_rgb": True,
        "image_mean": list(CLIP_MEAN),
        "image_std": list(CLIP_STD),
        "patch_size": 14,
        "temporal_patch_size": 2,
        "merge_size": 2,
    }


def export(model: Reading, out: Path) -> None:
    """Write the folder; a model card that stands there already is kept."""
    words = tokenizer()
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    whole = whole_model(model, words)
    stops = [
        int(words.convert_tokens_to_ids(token))
        for token in (END_OF_TEXT, "<|user|>", "<|observation|>")
    ]
    whole.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=stops,
        pad_token_id=stops[0],
        max_new_tokens=128,
    )
    whole.save_pretrained(out)
    words.save_pretrained(out)
    text = json.dumps(preprocessor(), indent=2) + "\n"
    (out / "preprocessor_config.json").write_text(text, encoding="utf-8")
    _write_decision(out / "decision.json")
    visual = {
        name: value.detach().to(torch.bfloat16).float()
        for name, value in model.tower.state_dict().items()
    }
    write_vision(visual, vision_config(), out / "onnx" / "vision.onnx")
    reader = {
        name: value.detach().to(torch.bfloat16).float()
        for name, value in model.reader.state_dict().items()
    }
    write_embed(reader, out / "onnx" / "embed.onnx")
    config = text_config(len(words))
    write_decoder(reader, config, out / "onnx" / "decoder.onnx")


def _write_decision(path: Path) -> None:
    """Say that it is a demonstration; temperatures fitted for it are kept."""
    known: dict[str, object] = {}
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(known | {"demonstration": True}, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = Reading(vision_config(), text_config(len(tokenizer())))
    load(model, arguments.checkpoint)
    export(model, arguments.out)
    files = [path for path in arguments.out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    print(json.dumps({"files": len(files), "megabytes": round(size / 1e6, 2)}))


if __name__ == "__main__":
    main()
