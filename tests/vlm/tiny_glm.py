"""A Glm4v with random weights, small enough to make in a second, as a model folder.

It answers nonsense, but by the same arithmetic as a trained one: what it is for is
to compare the embedded engine with transformers, and to break folders on purpose.
"""

import json
import string
import warnings
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders
from tokenizers.models import Unigram
from torch import Tensor, nn
from transformers import Glm4vConfig, Glm4vForConditionalGeneration

from idolens.vlm.question import MOST_OPTIONS

SPECIALS = (
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|begin_of_image|>",
    "<|image|>",
    "<|end_of_image|>",
    "<think>",
    "</think>",
    "/nothink",
)
LABELS = ("是", "否", "无法判断", "Yes", "No", "Unclear")
TEMPLATE = (
    "[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}"
    "{% if c.type == 'image' %}<|begin_of_image|><|image|><|end_of_image|>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}"
    "{% if m.role == 'user' and not enable_thinking %}/nothink{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n"
    "{% if not enable_thinking %}<think></think>{% endif %}{% endif %}"
)
PREPROCESSOR = {
    "image_processor_type": "Glm46VImageProcessor",
    "size": {"shortest_edge": 2 * 28 * 28 * 6, "longest_edge": 2 * 28 * 28 * 16},
    "patch_size": 14,
    "merge_size": 2,
    "temporal_patch_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}


def tokenizer() -> Tokenizer:
    """Characters, bytes, and the labels as one token each."""
    words = [*LABELS, *string.ascii_letters, *string.digits]
    words += list(" \n,.?:;、。?,:!室内舞台户外公园图中人物汉服微笑灯光裙子红蓝暗亮")
    vocabulary = [(token, -100.0) for token in SPECIALS]
    vocabulary += [(word, -1.0) for word in dict.fromkeys(words)]
    vocabulary += [(f"<0x{number:02X}>", -20.0) for number in range(256)]
    made = Tokenizer(Unigram(vocabulary, unk_id=0, byte_fallback=True))
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens(list(SPECIALS))
    return made


def model(seed: int = 0) -> Glm4vForConditionalGeneration:
    """Random weights; two KV heads, rotary positions on half of each head, as GLM."""
    words = tokenizer()
    ids = {token: words.token_to_id(token) for token in SPECIALS}
    config = Glm4vConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "num_heads": 2,
            "image_size": 112,
            "patch_size": 14,
            "temporal_patch_size": 2,
            "spatial_merge_size": 2,
            "out_hidden_size": 64,
            "intermediate_size": 64,
        },
        text_config={
            "vocab_size": words.get_vocab_size(),
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 1024,
            "pad_token_id": 0,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "partial_rotary_factor": 0.5,
                "mrope_section": [1, 1, 2],
            },
        },
        image_token_id=ids["<|image|>"],
        video_token_id=0,
        image_start_token_id=ids["<|begin_of_image|>"],
        image_end_token_id=ids["<|end_of_image|>"],
        video_start_token_id=0,
        video_end_token_id=0,
        tie_word_embeddings=False,
    )
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    made = Glm4vForConditionalGeneration(config).eval().float()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.ndim > 1 and "position_embedding" not in name:
                weight.normal_(std=0.25)
        _favour_labels(made, words)
    return made


def _favour_labels(made: Glm4vForConditionalGeneration, words: Tokenizer) -> None:
    """Sharpen what the model says of labels, so that some answers can be used."""
    labels = [*LABELS, *string.ascii_uppercase[: MOST_OPTIONS + 1], *string.digits]
    rows = [words.token_to_id(label) for label in labels]
    made.lm_head.weight[rows] *= 3.0


def write(folder: Path, made: Glm4vForConditionalGeneration) -> Path:
    """Write ``made`` as a model folder of the embedded engine; return the folder."""
    write_checkpoint(folder, made)
    (folder / "onnx").mkdir(exist_ok=True)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself and of tracing
        _export(made, folder / "onnx")
    return folder


def write_checkpoint(folder: Path, made: Glm4vForConditionalGeneration) -> Path:
    """Write ``made`` as a hub has it, without graphs; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made.config.architectures = [type(made).__name__]
    made.save_pretrained(folder)
    stop = [tokenizer().token_to_id(token) for token in ("<|endoftext|>", "<|user|>")]
    _json(folder / "generation_config.json", {"eos_token_id": stop})
    _json(folder / "preprocessor_config.json", PREPROCESSOR)
    _json(
        folder / "decision.json",
        {"temperature": {"yes_no": 1.5}, "demonstration": True},
    )
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


class _Vision(nn.Module):
    """The tower for pictures of one grid, which attend to themselves only."""

    def __init__(self, made: Glm4vForConditionalGeneration) -> None:
        super().__init__()
        self.tower = made.model.visual

    def forward(self, pixel_values: Tensor, grid_thw: Tensor) -> Tensor:
        tower, merge = self.tower, self.tower.spatial_merge_size
        count, high, wide = grid_thw.shape[0], grid_thw[0, 1], grid_thw[0, 2]
        length = high * wide
        at = torch.arange(length)
        block, within = at // merge**2, at % merge**2
        across = wide // merge
        rows = (block // across) * merge + within // merge
        columns = (block % across) * merge + within % merge
        places = torch.stack((rows, columns), -1)
        x = tower.post_conv_layernorm(tower.patch_embed(pixel_values))
        cos, sin = tower.rotary_pos_emb(x, places)
        table = tower.embeddings.position_embedding.weight
        side = int(table.shape[0] ** 0.5)
        sampled = nn.functional.grid_sample(
            table.view(side, side, -1).permute(2, 0, 1)[None],
            torch.stack(
                ((columns + 0.5) / wide * 2 - 1, (rows + 0.5) / high * 2 - 1), -1
            )[None, :, None],
            mode="bicubic",
            align_corners=False,
            padding_mode="border",
        )
        x = x.view(count, length, -1) + sampled[0, :, :, 0].T
        for layer in tower.blocks:
            x = x + self._attend(layer.attn, layer.norm1(x), cos, sin)
            x = x + layer.mlp(layer.norm2(x))
        x = tower.post_layernorm(x).reshape(-1, merge, merge, x.shape[-1])
        x = tower.downsample(x.permute(0, 3, 1, 2)).flatten(1)
        return tower.merger(x)

    @staticmethod
    def _attend(part: nn.Module, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        def turned(y: Tensor) -> Tensor:
            first, second = y.chunk(2, -1)
            turn = torch.cat((-second, first), -1)
            return y * cos[:, None] + turn * sin[:, None]

        shape = (*x.shape[:2], 3, part.num_heads, part.head_dim)
        query, key, value = part.qkv(x).view(shape).unbind(2)
        query, key = turned(query).transpose(1, 2), turned(key).transpose(1, 2)
        weights = torch.softmax(query @ key.transpose(-1, -2) * part.scaling, -1)
        mixed = (weights @ value.transpose(1, 2)).transpose(1, 2)
        return part.proj(mixed.reshape(x.shape))


class _Decoder(nn.Module):
    def __init__(self, made: Glm4vForConditionalGeneration) -> None:
        super().__init__()
        self.text = made.model.language_model
        self.head = made.lm_head

    def forward(
        self, embeds: Tensor, mask: Tensor, positions: Tensor, *past: Tensor
    ) -> tuple[Tensor, ...]:
        length = embeds.shape[1]
        before = past[0].shape[2]
        seen = torch.arange(before + length)[None] <= (
            before + torch.arange(length)[:, None]
        )
        allowed = seen[None, None] & (mask[:, None, None] > 0)
        bias = torch.where(allowed, 0.0, -1e9)
        turn = self._turn(positions)
        x, present = embeds, []
        for number, layer in enumerate(self.text.layers):
            cache = _Slot(past[2 * number], past[2 * number + 1])
            x = layer(
                x,
                position_embeddings=turn,
                attention_mask=bias,
                past_key_values=cache,
            )
            present += [cache.key, cache.value]
        return (self.head(self.text.norm(x)), *present)

    def _turn(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines; time, rows and columns turn a section each."""
        rotary = self.text.rotary_emb
        angles = positions[..., None].float() * rotary.inv_freq
        parts, begin = [], 0
        for number, width in enumerate(rotary.mrope_section):
            parts.append(angles[number % 3, :, :, begin : begin + width])
            begin += width
        each = torch.cat(parts, -1)
        both = torch.stack((each, each), -1).flatten(-2)
        return both.cos(), both.sin()


class _Slot:
    """One layer's keys and values, in the shape of a transformers cache."""

    def __init__(self, key: Tensor, value: Tensor) -> None:
        self.key, self.value = key, value

    def update(self, key: Tensor, value: Tensor, _: int) -> tuple[Tensor, Tensor]:
        self.key = torch.cat((self.key, key), 2)
        self.value = torch.cat((self.value, value), 2)
        return self.key, self.value


def _export(made: Glm4vForConditionalGeneration, folder: Path) -> None:
    _save(
        _Vision(made).eval(),
        (torch.randn(48, 1176), torch.tensor([[1, 4, 6], [1, 4, 6]])),
        folder / "vision.onnx",
        {"pixel_values": {0: "patches"}, "grid_thw": {0: "pictures"}},
        {"picture_tokens": {0: "tokens"}},
    )
    _save(
        made.model.language_model.embed_tokens,
        (torch.ones(2, 3, dtype=torch.long),),
        folder / "embed.onnx",
        {"input_ids": {0: "batch", 1: "length"}},
        {"inputs_embeds": {0: "batch", 1: "length"}},
    )
    text = made.config.text_config
    size = text.hidden_size // text.num_attention_heads
    names = [
        f"{number}.{kind}"
        for number in range(text.num_hidden_layers)
        for kind in ("key", "value")
    ]
    past = [torch.randn(2, text.num_key_value_heads, 5, size) for _ in names]
    inputs = {
        "inputs_embeds": {0: "batch", 1: "length"},
        "attention_mask": {0: "batch", 1: "all"},
        "position_ids": {1: "batch", 2: "length"},
        **{f"past_key_values.{name}": {0: "batch", 2: "past"} for name in names},
    }
    outputs = {
        "logits": {0: "batch", 1: "length"},
        **{f"present.{name}": {0: "batch", 2: "all"} for name in names},
    }
    positions = torch.arange(5, 8).expand(3, 2, 3).contiguous()
    mask = torch.ones(2, 8, dtype=torch.long)
    example = (torch.randn(2, 3, text.hidden_size), mask, positions, *past)
    _save(_Decoder(made).eval(), example, folder / "decoder.onnx", inputs, outputs)


def _save(
    part: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    inputs: dict[str, dict[int, str]],
    outputs: dict[str, dict[int, str]],
) -> None:
    torch.onnx.export(
        part,
        example,
        str(path),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes=inputs | outputs,
        opset_version=18,
        dynamo=False,
    )


__all__ = ["PREPROCESSOR", "model", "tokenizer", "write", "write_checkpoint"]
