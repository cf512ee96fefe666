"""The three ONNX graphs of a model, and nothing else of ONNX Runtime.

=========  ===============================================  =======================
graph      takes                                            gives
=========  ===============================================  =======================
vision     pixel_values f32 [patches, 1176], grid_thw i64   picture_tokens
           [pictures, 3] (pictures of one grid)             f32 [tokens, hidden]
embed      input_ids i64 [batch, length]                    inputs_embeds
decoder    inputs_embeds f32 [batch, length, hidden],       logits f32
           attention_mask i64 [batch, past + length],       [batch, length, words],
           position_ids i64 [3, batch, length],             present.N.key / .value
           past_key_values.N.key / .value
           f32 [batch, kv heads, past, head size]
=========  ===============================================  =======================

A decoder that also takes ``at`` (i64 [batch]) computes the logits of that position
only, and gives them as [batch, 1, words] or [batch, words].
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from idolens.errors import EngineError
from idolens.vlm.embedded.checkpoint import DECODER, EMBED, VISION
from idolens.vlm.model_files import unusable
from idolens.vlm.pixels import Patches

ort = cast("Any", onnxruntime)  # it has no types

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
ort.disable_telemetry_events()  # should somebody have imported it before us

_QUIET = 3  # errors only: a warning about one node helps nobody


class Graph:
    """One ONNX graph with named arrays in and out."""

    def __init__(self, folder: Path, name: str, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or _cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        options.use_deterministic_compute = True
        # Three sessions take turns on the same cores; a spinning one would rob them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.name = name
        try:
            self._session: Any = ort.InferenceSession(
                str(folder / name), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises classes without a common base
            raise unusable(name, str(error)) from error
        self.inputs: dict[str, Any] = {
            node.name: node for node in self._session.get_inputs()
        }
        self.outputs: list[str] = [node.name for node in self._session.get_outputs()]

    def expect(self, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        """Refuse a graph that has other inputs, or lacks one of ``outputs``."""
        strange = sorted(set(inputs) ^ set(self.inputs))
        lacking = sorted(set(outputs) - set(self.outputs))
        if strange or lacking:
            raise unusable(self.name, f"unexpected {', '.join(strange + lacking)}")

    def close(self) -> None:
        """Let go of the weights and the threads."""
        self._session = None

    def run(
        self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]
    ) -> list[NDArray[Any]]:
        """Compute ``outputs`` from ``feeds``."""
        if self._session is None:
            raise EngineError(
                "The engine has been closed: open it again.",
                "引擎已关闭:请重新打开。",
            )
        try:
            return cast("list[NDArray[Any]]", self._session.run(outputs, dict(feeds)))
        except Exception as error:
            raise EngineError(
                f"The model failed while computing {self.name}: {error}",
                f"模型在计算 {self.name} 时出错:{error}",
            ) from error


class Vision:
    """Patches in, picture tokens out."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.graph = Graph(folder, VISION, threads)
        self.graph.expect(["pixel_values", "grid_thw"], ["picture_tokens"])

    def __call__(self, pictures: Sequence[Patches]) -> Floats:
        """Encode pictures of one grid; gives f32 [pictures, tokens, hidden]."""
        grids = np.array([(1, *picture.grid) for picture in pictures], np.int64)
        values = np.concatenate([picture.values for picture in pictures])
        feeds = {"pixel_values": values, "grid_thw": grids}
        (tokens,) = self.graph.run(feeds, ["picture_tokens"])
        return tokens.reshape(len(pictures), -1, tokens.shape[-1])


class Embed:
    """Token ids in, their embeddings out."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.graph = Graph(folder, EMBED, threads)
        self.graph.expect(["input_ids"], ["inputs_embeds"])

    def __call__(self, ids: Ints) -> Floats:
        """Embed ids [batch, length]; gives f32 [batch, length, hidden]."""
        return self.graph.run({"input_ids": ids}, ["inputs_embeds"])[0]


@dataclass(frozen=True, slots=True)
class Cache:
    """Keys and values of what a batch has read, per layer: key, then value.

    Each is [batch, kv heads, length, head size].
    """

    layers: tuple[NDArray[Any], ...]

    @property
    def length(self) -> int:
        """Columns read so far, padding among them."""
        return int(self.layers[0].shape[2])

    def take(self, rows: Sequence[int]) -> "Cache":
        """Return the cache of a batch made of ``rows`` of this one."""
        return Cache(tuple(layer[list(rows)] for layer in self.layers))

    @classmethod
    def joined(cls, caches: Sequence["Cache"]) -> "Cache":
        """Return the cache of a batch made of whole ``caches`` of one length."""
        columns = zip(*(cache.layers for cache in caches), strict=True)
        return cls(tuple(np.concatenate(column) for column in columns))


@dataclass(frozen=True, slots=True)
class Step:
    """What the decoder reads in one run.

    Attributes:
        embeddings: f32 [batch, length, hidden].
        mask: i64 [batch, past + length]; 0 where nothing stands.
        positions: i64 [3, batch, length].
        at: i64 [batch]; the column whose logits are wanted.
    """

    embeddings: Floats
    mask: Ints
    positions: Ints
    at: Ints


class Decoder:
    """Reads embeddings behind a cache; gives logits and the longer cache."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.graph = Graph(folder, DECODER, threads)
        inputs = self.graph.inputs
        self._past = sorted(
            (name for name in inputs if name.startswith("past_key_values.")),
            key=_layer,
        )
        self._present = [
            name.replace("past_key_values.", "present.") for name in self._past
        ]
        self._takes_at = "at" in inputs
        extra = ["at"] if self._takes_at else []
        plain = ["inputs_embeds", "attention_mask", "position_ids"]
        self.graph.expect([*plain, *extra, *self._past], ["logits", *self._present])
        if not self._past:
            raise unusable(DECODER, "it has no past_key_values")
        self._shapes = [
            (inputs[name].shape[1], inputs[name].shape[3], _TYPES[inputs[name].type])
            for name in self._past
        ]

    def nothing(self, batch: int) -> Cache:
        """Return the cache of a batch that has read nothing."""
        return Cache(
            tuple(
                np.zeros((batch, heads, 0, size), kind)
                for heads, size, kind in self._shapes
            )
        )

    def read(self, step: Step, cache: Cache) -> Cache:
        """Read ``step`` and return the cache with it."""
        return Cache(tuple(self.graph.run(self._feeds(step, cache), self._present)))

    def logits(self, step: Step, cache: Cache) -> Floats:
        """Read ``step`` and return the logits f32 [batch, words] at ``step.at``."""
        (logits,) = self.graph.run(self._feeds(step, cache), ["logits"])
        return self._wanted(logits, step)

    def both(self, step: Step, cache: Cache) -> tuple[Floats, Cache]:
        """Read ``step``; return the logits at ``step.at`` and the longer cache."""
        logits, *layers = self.graph.run(
            self._feeds(step, cache), ["logits", *self._present]
        )
        return self._wanted(logits, step), Cache(tuple(layers))

    def _feeds(self, step: Step, cache: Cache) -> dict[str, NDArray[Any]]:
        feeds: dict[str, NDArray[Any]] = {
            "inputs_embeds": step.embeddings,
            "attention_mask": step.mask,
            "position_ids": step.positions,
            **dict(zip(self._past, cache.layers, strict=True)),
        }
        return feeds | {"at": step.at} if self._takes_at else feeds

    def _wanted(self, logits: NDArray[Any], step: Step) -> Floats:
        if self._takes_at:
            return logits.reshape(len(step.at), -1).astype(np.float32, copy=False)
        rows = np.arange(len(step.at))
        return logits[rows, step.at].astype(np.float32, copy=False)


def _cores() -> int:
    """Cores this process may use; ONNX Runtime's own count ignores the limits."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _layer(name: str) -> tuple[int, str]:
    """``past_key_values.12.value`` stands behind ``past_key_values.2.key``."""
    _, number, kind = name.split(".")
    return int(number), kind


@dataclass(frozen=True, slots=True)
class Graphs:
    """The three graphs of one model."""

    vision: Vision
    embed: Embed
    decoder: Decoder

    @classmethod
    def load(cls, folder: Path, threads: int) -> "Graphs":
        """Load all three; ``threads`` 0 takes every core.

        Raises:
            EngineError: a graph is corrupt or has other inputs or outputs.
        """
        ort.disable_telemetry_events()
        return cls(
            Vision(folder, threads), Embed(folder, threads), Decoder(folder, threads)
        )

    def close(self) -> None:
        """Let go of all three."""
        for part in (self.vision, self.embed, self.decoder):
            part.graph.close()
