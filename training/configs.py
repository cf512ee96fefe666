"""The shape of idolens-tiny: the classes of GLM-4.6V-Flash at 1/1700 of its size."""

from transformers import Glm4vConfig, Glm4vTextConfig, Glm4vVisionConfig

TEXT_WIDTH = 256
ROPE_THETA = 10_000.0


def vision_config(
    *, width: int = 192, depth: int = 7, text_width: int = TEXT_WIDTH
) -> Glm4vVisionConfig:
    """The vision tower; heads are 64 wide."""
    return Glm4vVisionConfig(
        depth=depth,
        hidden_size=width,
        num_heads=max(1, width // 64),
        image_size=224,
        patch_size=14,
        temporal_patch_size=2,
        spatial_merge_size=2,
        out_hidden_size=text_width,
        intermediate_size=2 * text_width,
        hidden_act="silu",
        attention_bias=False,
    )


def text_config(
    vocab: int, *, width: int = TEXT_WIDTH, layers: int = 4
) -> Glm4vTextConfig:
    """The language part: two KV heads, rotary on half of each head, as in GLM."""
    return Glm4vTextConfig(
        vocab_size=vocab,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=layers,
        num_attention_heads=max(2, width // 64),
        num_key_value_heads=2,
        max_position_embeddings=4096,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": ROPE_THETA,
            "partial_rotary_factor": 0.5,
            "mrope_section": _sections(width // max(2, width // 64)),
        },
    )


def _sections(head: int) -> list[int]:
    quarter = head // 4
    time = quarter // 4
    rest = quarter - time
    return [time, rest // 2, rest - rest // 2]


def model_config(
    ids: dict[str, int],
    vocab: int,
    vision: Glm4vVisionConfig,
    text: Glm4vTextConfig,
) -> Glm4vConfig:
    """Both parts; ``ids`` maps GLM's special tokens to our numbers."""
    config = Glm4vConfig(
        vision_config=vision.to_dict(),
        text_config=text.to_dict() | {"pad_token_id": ids["<|endoftext|>"]},
        image_token_id=ids["<|image|>"],
        video_token_id=ids["<|video|>"],
        image_start_token_id=ids["<|begin_of_image|>"],
        image_end_token_id=ids["<|end_of_image|>"],
        video_start_token_id=ids["<|begin_of_video|>"],
        video_end_token_id=ids["<|end_of_video|>"],
        tie_word_embeddings=True,
    )
    config.text_config.vocab_size = vocab
    return config
