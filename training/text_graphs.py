"""Token embedding and decoder with its KV cache as ONNX graphs."""

from pathlib import Path

import numpy as np
from onnx import TensorProto
from torch import Tensor
from transformers import Glm4vTextConfig

from training.graphs import Graph

Weights = dict[str, Tensor]


def write_embed(weights: Weights, path: Path) -> None:
    """``input_ids`` to ``inputs_embeds``."""
    graph = Graph("embed")
    ids = graph.take("input_ids", TensorProto.INT64, ["batch", "length"])
    table = weights["embed_tokens.weight"]
    rows = graph.op("Gather", graph.stored(table), ids, axis=0)
    x = graph.op("Cast", rows, to=TensorProto.FLOAT)
    graph.give(x, "inputs_embeds", ["batch", "length", table.shape[1]])
    graph.write(path)


def write_decoder(weights: Weights, config: Glm4vTextConfig, path: Path) -> None:
    """Embeddings, mask, positions and past keys and values to logits at ``at``.

    The last layer computes nothing but keys and values for the other columns.
    """
    graph = Graph("decoder")
    width = config.hidden_size
    size = width // config.num_attention_heads
    x = graph.take("inputs_embeds", TensorProto.FLOAT, ["batch", "length", width])
    mask = graph.take("attention_mask", TensorProto.INT64, ["batch", "past+length"])
    places = graph.take("position_ids", TensorProto.INT64, [3, "batch", "length"])
    at = graph.take("at", TensorProto.INT64, ["batch"])
    past_shape = ["batch", config.num_key_value_heads, "past", size]
    pasts = [
        tuple(
            graph.take(f"past_key_values.{i}.{part}", TensorProto.FLOAT, past_shape)
            for part in ("key", "value")
        )
        for i in range(config.num_hidden_layers)
    ]
    batch, length = graph.sizes(x, 0, 1)
    turn = _angles(graph, config, places, size)
    unseen = _unseen(graph, mask, length, pasts[0][0])
    presents: list[tuple[str, str]] = []
    for index, past in enumerate(pasts):
        part = {
            name.removeprefix(f"layers.{index}."): value
            for name, value in weights.items()
            if name.startswith(f"layers.{index}.")
        }
        eps = config.rms_norm_eps
        y = graph.rms_norm(x, part["input_layernorm.weight"], eps)
        k, v = _read(graph, y, part, config, (batch, length), turn, past)
        presents.append((k, v))
        if index == config.num_hidden_layers - 1:
            x, y = (_alone(graph, value, at, 1) for value in (x, y))
            turn = (_alone(graph, turn[0], at, 2), _alone(graph, turn[1], at, 2))
            unseen = _alone(graph, unseen, at, 3)
            length = graph.constant([1])
        y = _looked(graph, y, part, config, (batch, length), turn, unseen, (k, v))
        y = graph.rms_norm(y, part["post_self_attn_layernorm.weight"], eps)
        x = graph.op("Add", x, y)
        y = graph.rms_norm(x, part["post_attention_layernorm.weight"], eps)
        y = graph.linear(y, part["mlp.gate_up_proj.weight"])
        gate, up = graph.ops("Split", y, results=2, axis=-1, num_outputs=2)
        y = graph.op("Mul", up, graph.silu(gate))
        y = graph.linear(y, part["mlp.down_proj.weight"])
        y = graph.rms_norm(y, part["post_mlp_layernorm.weight"], eps)
        x = graph.op("Add", x, y)
    x = graph.rms_norm(x, weights["norm.weight"], config.rms_norm_eps)
    logits = graph.linear(x, weights["embed_tokens.weight"])
    graph.give(logits, "logits", ["batch", 1, config.vocab_size])
    for index, (key, value) in enumerate(presents):
        shape = ["batch", config.num_key_value_heads, "past+length", size]
        graph.give(key, f"present.{index}.key", shape)
        graph.give(value, f"present.{index}.value", shape)
    graph.write(path)


def _angles(
    graph: Graph, config: Glm4vTextConfig, places: str, head: int
) -> tuple[str, str]:
    """Cosines and sines [batch, 1, length, rotary]: M-RoPE in three sections."""
    parameters = config.rope_parameters
    size = int(head * parameters["partial_rotary_factor"])  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    theta = parameters["rope_theta"]  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    rates = 1.0 / theta ** (np.arange(0, size, 2, dtype=np.float32) / size)
    sections: list[int] = parameters["mrope_section"]  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    spread = graph.op("Cast", places, to=TensorProto.FLOAT)
    spread = graph.op("Unsqueeze", spread, graph.constant([-1]))
    parts: list[str] = []
    begin = 0
    for index, section in enumerate(sections):
        axis = graph.op("Gather", spread, graph.constant(index % 3), axis=0)
        own = rates[begin : begin + section]
        parts.append(graph.op("Mul", axis, graph.constant(own, np.float32)))
        begin += section
    angles = graph.op("Concat", *parts, axis=-1)
    twice = graph.op("Unsqueeze", angles, graph.constant([-1]))
    twice = graph.op("Concat", twice, twice, axis=-1)
    angles = graph.reshape(twice, *graph.sizes(angles, 0, 1), size)
    angles = graph.op("Unsqueeze", angles, graph.constant([1]))
    return graph.op("Cos", angles), graph.op("Sin", angles)


def _unseen(graph: Graph, mask: str, length: str, past_key: str) -> str:
    """Large negative numbers [batch, 1, 1, length, all] where not to look."""
    (past,) = graph.sizes(past_key, 2)
    asking = graph.op("Add", graph.range(length), past)
    asked = graph.range(graph.op("Add", past, length))
    later = graph.op(
        "Less",
        graph.op("Unsqueeze", asking, graph.constant([1])),
        graph.op("Unsqueeze", asked, graph.constant([0])),
    )
    padded = graph.op("Equal", mask, graph.constant(0))
    padded = graph.op("Unsqueeze", padded, graph.constant([1]))
    hidden = graph.op("Or", padded, later)
    hidden = graph.op("Unsqueeze", hidden, graph.constant([1, 2]))
    return graph.op("Where", hidden, graph.number(-1e9), graph.number(0))


def _alone(graph: Graph, x: str, at: str, axis: int) -> str:
    """Keep only place ``at`` of ``axis``; the axes before it, but the batch, are 1."""
    ones = list(range(1, axis))
    flat = graph.op("Squeeze", x, graph.constant(ones)) if ones else x
    axes = graph.constant(list(range(1, axis + 1)))
    return graph.op("Unsqueeze", graph.picked(flat, at), axes)


def _projected(
    graph: Graph, x: str, part: Weights, name: str, sizes: tuple[str, str], size: int
) -> str:
    """One of q, k and v as [batch, heads, length, size]."""
    weight = part[f"self_attn.{name}_proj.weight"]
    y = graph.linear(x, weight, part[f"self_attn.{name}_proj.bias"])
    y = graph.reshape(y, *sizes, len(weight) // size, size)
    return graph.transpose(y, 0, 2, 1, 3)


def _read(  # noqa: PLR0913, PLR0917
    graph: Graph,
    x: str,
    part: Weights,
    config: Glm4vTextConfig,
    sizes: tuple[str, str],
    turn: tuple[str, str],
    past: tuple[str, ...],
) -> tuple[str, str]:
    """Keys and values of the past and of ``x``."""
    size = config.hidden_size // config.num_attention_heads
    k = _rotate(graph, _projected(graph, x, part, "k", sizes, size), turn, size)
    v = _projected(graph, x, part, "v", sizes, size)
    return (
        graph.op("Concat", past[0], k, axis=2),
        graph.op("Concat", past[1], v, axis=2),
    )


def _looked(  # noqa: PLR0913, PLR0917
    graph: Graph,
    x: str,
    part: Weights,
    config: Glm4vTextConfig,
    sizes: tuple[str, str],
    turn: tuple[str, str],
    unseen: str,
    known: tuple[str, str],
) -> str:
    """What ``x`` finds among the known keys and values."""
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    size = config.hidden_size // heads
    batch, length = sizes
    k, v = known
    q = _rotate(graph, _projected(graph, x, part, "q", sizes, size), turn, size)
    q = graph.op("Mul", q, graph.number(size**-0.5))
    q = graph.reshape(q, batch, kv_heads, -1, size)
    scores = graph.op("MatMul", q, graph.transpose(k, 0, 1, 3, 2))
    seen = graph.sizes(k, 2)[0]
    scores = graph.reshape(scores, batch, kv_heads, heads // kv_heads, length, seen)
    shares = graph.op("Softmax", graph.op("Add", scores, unseen), axis=-1)
    shares = graph.reshape(shares, batch, kv_heads, -1, seen)
    y = graph.reshape(graph.op("MatMul", shares, v), batch, heads, length, size)
    y = graph.reshape(graph.transpose(y, 0, 2, 1, 3), batch, length, heads * size)
    return graph.linear(y, part["self_attn.o_proj.weight"])


def _rotate(graph: Graph, x: str, turn: tuple[str, str], size: int) -> str:
    """Interleaved rotation of the first half of every head."""
    half = size // 2
    turned, kept = graph.ops(
        "Split", x, graph.constant([half, size - half]), results=2, axis=-1
    )
    shape = graph.op("Shape", turned)
    pairs = graph.reshape(turned, *graph.sizes(turned, 0, 1, 2), half // 2, 2)
    even, odd = graph.ops("Split", pairs, results=2, axis=-1, num_outputs=2)
    swapped = graph.op("Concat", graph.op("Neg", odd), even, axis=-1)
    swapped = graph.op("Reshape", swapped, shape)
    mixed = graph.op(
        "Add", graph.op("Mul", turned, turn[0]), graph.op("Mul", swapped, turn[1])
    )
    return graph.op("Concat", mixed, kept, axis=-1)
