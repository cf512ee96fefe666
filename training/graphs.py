"""A small pen for ONNX graphs: weights in bf16, arithmetic in fp32."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

OPSET = 23


class Graph:
    """Collects nodes and weights; every method returns the name of its result."""

    def __init__(self, name: str) -> None:
        """An empty graph called ``name``."""
        self.name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def take(self, name: str, kind: int, shape: list[str | int]) -> str:
        """Declare an input."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def give(self, value: str, name: str, shape: list[str | int]) -> None:
        """Declare ``value`` as the fp32 output ``name``."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        )

    def op(self, kind: str, *values: str, **attributes: Any) -> str:
        """One node with one result."""
        return self.ops(kind, *values, results=1, **attributes)[0]

    def ops(
        self, kind: str, *values: str, results: int, **attributes: Any
    ) -> list[str]:
        """One node with several results."""
        names = [f"v{self._count + index}" for index in range(results)]
        self._count += results
        self._nodes.append(helper.make_node(kind, list(values), names, **attributes))
        return names

    def constant(self, value: npt.ArrayLike, kind: type = np.int64) -> str:
        """A small constant."""
        self._count += 1
        name = f"c{self._count}"
        array = np.asarray(value, kind)
        self._weights.append(numpy_helper.from_array(array, name))
        return name

    def number(self, value: float) -> str:
        """An fp32 constant."""
        return self.constant(value, np.float32)

    def stored(self, tensor: Tensor) -> str:
        """A weight as bf16 bits."""
        self._count += 1
        name = f"w{self._count}"
        bits = tensor.detach().to(torch.bfloat16).contiguous().view(torch.int16)
        self._weights.append(
            helper.make_tensor(
                name,
                TensorProto.BFLOAT16,
                list(tensor.shape),
                bits.cpu().numpy().tobytes(),
                raw=True,
            )
        )
        return name

    def weight(self, tensor: Tensor) -> str:
        """A weight stored in bf16 and used in fp32."""
        return self.op("Cast", self.stored(tensor), to=TensorProto.FLOAT)

    def linear(self, x: str, weight: Tensor, bias: Tensor | None = None) -> str:
        """``x @ weight.T + bias``."""
        y = self.op("MatMul", x, self.weight(weight.T))
        return y if bias is None else self.op("Add", y, self.weight(bias))

    def rms_norm(self, x: str, weight: Tensor, eps: float) -> str:
        """RMS normalisation over the last axis."""
        scale = self.weight(weight)
        return self.op("RMSNormalization", x, scale, axis=-1, epsilon=eps)

    def silu(self, x: str) -> str:
        """``x * sigmoid(x)``."""
        return self.op("Mul", x, self.op("Sigmoid", x))

    def sizes(self, x: str, *axes: int) -> list[str]:
        """Sizes of some axes, each int64 [1]."""
        shape = self.op("Shape", x)
        return [self.op("Gather", shape, self.constant([axis])) for axis in axes]

    def reshape(self, x: str, *sizes: str | int) -> str:
        """Reshape to sizes that are numbers or int64 [1] values."""
        parts = [
            self.constant([size]) if isinstance(size, int) else size for size in sizes
        ]
        return self.op("Reshape", x, self.op("Concat", *parts, axis=0))

    def transpose(self, x: str, *order: int) -> str:
        """Reorder the axes."""
        return self.op("Transpose", x, perm=list(order))

    def picked(self, x: str, at: str) -> str:
        """``x[i, at[i]]`` for an int64 [batch] ``at``."""
        places = self.op("Unsqueeze", at, self.constant([-1]))
        return self.op("GatherND", x, places, batch_dims=1)

    def range(self, count: str) -> str:
        """0 … count-1 for an int64 [1] count."""
        scalar = self.op("Squeeze", count)
        return self.op("Range", self.constant(0), scalar, self.constant(1))

    def write(self, path: Path) -> None:
        """Check the graph and save it."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, self._weights
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="idolens training.export",
            ir_version=11,
        )
        onnx.checker.check_model(model)
        onnx.save(model, str(path))
