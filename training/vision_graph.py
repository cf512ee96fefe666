"""The vision tower as an ONNX graph for pictures of one size."""

from pathlib import Path

import numpy as np
from onnx import TensorProto
from torch import Tensor
from transformers import Glm4vVisionConfig

from training.graphs import Graph

Weights = dict[str, Tensor]


def write_vision(weights: Weights, config: Glm4vVisionConfig, path: Path) -> None:
    """``pixel_values``, ``grid_thw`` to ``picture_tokens``.

    All pictures of one call have the same grid; they do not see one another.
    """
    graph = Graph("vision")
    pixels = graph.take("pixel_values", TensorProto.FLOAT, ["patches", 1176])
    grids = graph.take("grid_thw", TensorProto.INT64, ["pictures", 3])
    first = graph.op("Gather", grids, graph.constant(0), axis=0)
    height = graph.op("Gather", first, graph.constant([1]))
    width = graph.op("Gather", first, graph.constant([2]))
    count = graph.op("Mul", height, width)
    rows, columns = _places(graph, count, width)
    inner = config.hidden_size
    still = graph.op(
        "ReduceMean",
        graph.reshape(pixels, -1, 3, 2, 196),
        graph.constant([2]),
        keepdims=0,
    )
    still = graph.reshape(still, -1, count, 588)
    x = graph.linear(still, weights["patch_embed.weight"], weights["patch_embed.bias"])
    x = graph.rms_norm(x, weights["post_conv_layernorm.weight"], config.rms_norm_eps)
    places = weights["position_embedding"]
    x = graph.op("Add", x, _positions(graph, places, rows, columns, height, width))
    cos, sin = _angles(graph, config, rows, columns)
    for index in range(config.depth):
        part = {
            name.removeprefix(f"blocks.{index}."): value
            for name, value in weights.items()
            if name.startswith(f"blocks.{index}.")
        }
        x = _block(graph, x, part, config, count, (cos, sin))
    x = graph.rms_norm(x, weights["post_layernorm.weight"], config.rms_norm_eps)
    x = graph.reshape(x, -1, 4 * inner)
    x = graph.linear(x, weights["downsample.weight"], weights["downsample.bias"])
    x = _merger(graph, x, weights)
    graph.give(x, "picture_tokens", ["tokens", config.out_hidden_size])
    graph.write(path)


def _places(graph: Graph, count: str, width: str) -> tuple[str, str]:
    """Row and column of every patch, merge blocks in sequence."""
    two, four = graph.constant(2), graph.constant(4)
    index = graph.range(count)
    block, rest = graph.op("Div", index, four), graph.op("Mod", index, four)
    across = graph.op("Div", width, two)
    rows = graph.op(
        "Add",
        graph.op("Mul", graph.op("Div", block, across), two),
        graph.op("Div", rest, two),
    )
    columns = graph.op(
        "Add",
        graph.op("Mul", graph.op("Mod", block, across), two),
        graph.op("Mod", rest, two),
    )
    return (
        graph.op("Cast", rows, to=TensorProto.FLOAT),
        graph.op("Cast", columns, to=TensorProto.FLOAT),
    )


def _positions(
    graph: Graph, table: Tensor, rows: str, columns: str, height: str, width: str
) -> str:
    """The learned positions, stretched bicubically over the picture."""
    side = int(len(table) ** 0.5)
    square = graph.weight(table.T.reshape(1, -1, side, side))
    axes = graph.constant([1])

    def spread(places: str, size: str) -> str:
        size = graph.op("Cast", size, to=TensorProto.FLOAT)
        middle = graph.op("Add", places, graph.number(0.5))
        share = graph.op("Div", middle, size)
        spanned = graph.op("Mul", share, graph.number(2))
        return graph.op("Unsqueeze", graph.op("Sub", spanned, graph.number(1)), axes)

    at = graph.op("Concat", spread(columns, width), spread(rows, height), axis=1)
    sampled = graph.op(
        "GridSample",
        square,
        graph.reshape(at, 1, -1, 1, 2),
        mode="cubic",
        padding_mode="border",
        align_corners=0,
    )
    return graph.transpose(graph.reshape(sampled, table.shape[1], -1), 1, 0)


def _angles(
    graph: Graph, config: Glm4vVisionConfig, rows: str, columns: str
) -> tuple[str, str]:
    half = config.hidden_size // config.num_heads // 2
    theta = config.rope_parameters["rope_theta"]  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    rates = 1.0 / theta ** (np.arange(0, half, 2, dtype=np.float32) / half)
    rate = graph.constant(rates[None], np.float32)
    axes = graph.constant([1])
    parts = [
        graph.op("Mul", graph.op("Unsqueeze", places, axes), rate)
        for places in (rows, columns)
    ]
    angles = graph.op("Concat", *parts, *parts, axis=1)
    return graph.op("Cos", angles), graph.op("Sin", angles)


def _block(
    graph: Graph,
    x: str,
    part: Weights,
    config: Glm4vVisionConfig,
    count: str,
    turn: tuple[str, str],
) -> str:
    heads = config.num_heads
    size = config.hidden_size // heads
    y = graph.rms_norm(x, part["norm1.weight"], config.rms_norm_eps)
    y = graph.linear(y, part["attn.qkv.weight"])
    y = graph.transpose(graph.reshape(y, -1, count, 3, heads, size), 2, 0, 3, 1, 4)
    q, k, v = (
        graph.op("Squeeze", piece, graph.constant([0]))
        for piece in graph.ops("Split", y, results=3, axis=0, num_outputs=3)
    )
    q, k = _rotate(graph, q, turn), _rotate(graph, k, turn)
    q = graph.op("Mul", q, graph.number(size**-0.5))
    scores = graph.op("MatMul", q, graph.transpose(k, 0, 1, 3, 2))
    y = graph.op("MatMul", graph.op("Softmax", scores, axis=-1), v)
    y = graph.reshape(graph.transpose(y, 0, 2, 1, 3), -1, count, heads * size)
    x = graph.op("Add", x, graph.linear(y, part["attn.proj.weight"]))
    y = graph.rms_norm(x, part["norm2.weight"], config.rms_norm_eps)
    gate = graph.silu(graph.linear(y, part["mlp.gate_proj.weight"]))
    up = graph.linear(y, part["mlp.up_proj.weight"])
    y = graph.linear(graph.op("Mul", gate, up), part["mlp.down_proj.weight"])
    return graph.op("Add", x, y)


def _rotate(graph: Graph, x: str, turn: tuple[str, str]) -> str:
    first, second = graph.ops("Split", x, results=2, axis=-1, num_outputs=2)
    swapped = graph.op("Concat", graph.op("Neg", second), first, axis=-1)
    return graph.op(
        "Add", graph.op("Mul", x, turn[0]), graph.op("Mul", swapped, turn[1])
    )


def _merger(graph: Graph, x: str, weights: Weights) -> str:
    x = graph.linear(x, weights["merger.proj.weight"])
    x = graph.op(
        "LayerNormalization",
        x,
        graph.weight(weights["merger.post_projection_norm.weight"]),
        graph.weight(weights["merger.post_projection_norm.bias"]),
        axis=-1,
        epsilon=1e-5,
    )
    x = graph.op("Gelu", x)
    gate = graph.silu(graph.linear(x, weights["merger.gate_proj.weight"]))
    up = graph.linear(x, weights["merger.up_proj.weight"])
    return graph.linear(graph.op("Mul", gate, up), weights["merger.down_proj.weight"])
