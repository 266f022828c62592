"""Fold what computes shapes: chains from ``Shape`` of static dimensions to ``Reshape``, ``Split``, ``Slice``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

MAX_ELEMENTS = 1024
"""Larger values are data, not shapes."""

_ROUNDS = 8

FOLDABLE = frozenset(
    [
        "Add",
        "And",
        "Cast",
        "CastLike",
        "Ceil",
        "Concat",
        "ConstantOfShape",
        "Div",
        "Equal",
        "Expand",
        "Flatten",
        "Floor",
        "Gather",
        "Greater",
        "GreaterOrEqual",
        "Identity",
        "Less",
        "LessOrEqual",
        "Max",
        "Min",
        "Mod",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "Range",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "Reshape",
        "Shape",
        "Size",
        "Slice",
        "Split",
        "Squeeze",
        "Sub",
        "Tile",
        "Transpose",
        "Unsqueeze",
        "Where",
    ]
)
"""Operators that shape computations are made of."""


def fold_shapes(proto: onnx.ModelProto) -> bool:
    """Replace nodes of ``proto`` whose small results are known by constants, in place.

    Returns:
      whether anything changed; shapes should be inferred again then.
    """
    folder = _Folder(proto)
    for _ in range(_ROUNDS):
        if not folder.fold_once():
            break
    return folder.changed


class _Folder:
    def __init__(self, proto: onnx.ModelProto) -> None:
        from onnx import TensorProto, numpy_helper

        self._graph = proto.graph
        self._opsets = {item.domain: item.version for item in proto.opset_import}
        self.changed = False
        self._values: dict[str, np.ndarray[Any, Any]] = {}
        given = {item.name for item in proto.graph.input}
        for tensor in proto.graph.initializer:
            small = int(np.prod(tensor.dims)) <= MAX_ELEMENTS
            if small and tensor.data_location != TensorProto.EXTERNAL and tensor.name not in given:
                self._values[tensor.name] = numpy_helper.to_array(tensor)
        self._shapes = {
            item.name: shape
            for item in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output)
            if (shape := _static_shape(item)) is not None
        } | {tensor.name: tuple(tensor.dims) for tensor in proto.graph.initializer}
        self._outputs = {item.name for item in proto.graph.output}

    def fold_once(self) -> bool:
        """Fold every node that can be; returns whether one was."""
        from onnx import numpy_helper

        kept: list[onnx.NodeProto] = []
        for node in self._graph.node:
            if node.op_type == "Constant" and self._note_constant(node):
                kept.append(node)
                continue
            results = self._results(node)
            if results is None:
                kept.append(node)
                continue
            for name, value in zip(node.output, results, strict=True):
                if name:
                    self._values[name] = value
                    self._graph.initializer.append(numpy_helper.from_array(value, name))
        changed = len(kept) != len(self._graph.node)
        if changed:
            del self._graph.node[:]
            self._graph.node.extend(kept)
            self.changed = True
        return changed

    def _note_constant(self, node: onnx.NodeProto) -> bool:
        from onnx import numpy_helper

        if len(node.attribute) != 1 or not node.attribute[0].HasField("t"):
            return False
        tensor = node.attribute[0].t
        if int(np.prod(tensor.dims)) <= MAX_ELEMENTS:
            self._values[node.output[0]] = numpy_helper.to_array(tensor)
        return True

    def _results(self, node: onnx.NodeProto) -> list[np.ndarray[Any, Any]] | None:
        if node.op_type not in FOLDABLE or node.domain not in ("", "ai.onnx"):
            return None
        if any(name in self._outputs for name in node.output):
            return None
        if node.op_type in ("Shape", "Size"):
            shape = self._shapes.get(node.input[0])
            return None if shape is None else [_shape_value(node, shape)]
        if not node.input or not all(name in self._values for name in node.input if name):
            return None
        if any(attribute.HasField("g") for attribute in node.attribute):
            return None
        return self._evaluate(node)

    def _evaluate(self, node: onnx.NodeProto) -> list[np.ndarray[Any, Any]] | None:
        from onnx.reference import ReferenceEvaluator

        try:
            evaluator = ReferenceEvaluator(node, opsets=self._opsets)
            results = evaluator.run(None, {name: self._values[name] for name in node.input if name})
        except Exception:
            return None
        arrays = [np.asarray(result) for result in results]
        if any(array.size > MAX_ELEMENTS or array.dtype.kind not in "biuf" for array in arrays):
            return None
        return arrays if len(arrays) == len(node.output) else None


def _static_shape(item: onnx.ValueInfoProto) -> tuple[int, ...] | None:
    tensor = item.type.tensor_type
    if not item.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    dims = tensor.shape.dim
    return tuple(dim.dim_value for dim in dims) if all(dim.HasField("dim_value") for dim in dims) else None


def _shape_value(node: onnx.NodeProto, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if node.op_type == "Size":
        return np.array(int(np.prod(shape)), np.int64)
    bounds = {attribute.name: attribute.i for attribute in node.attribute}
    return np.array(shape[bounds.get("start", 0) : bounds.get("end", len(shape))], np.int64)
