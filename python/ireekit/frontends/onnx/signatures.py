"""Entry points of ONNX graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.errors import ModelImportError
from ireekit.signature import Dim, EntryPoint, Leaf

if TYPE_CHECKING:
    import onnx


def graph_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """Inputs that a caller gives: older models list initializers as inputs, too."""
    initialized = {tensor.name for tensor in graph.initializer}
    return [item for item in graph.input if item.name not in initialized]


def entry_point(name: str, graph: onnx.GraphProto) -> EntryPoint:
    """The signature of ``graph`` under its own names of inputs, outputs and symbolic dimensions.

    Raises:
      ModelImportError: an input or output is no tensor of a known type and rank.
    """
    if not graph.output:
        raise ModelImportError(f"the ONNX graph {graph.name!r} has no outputs")
    return EntryPoint.flat(
        name,
        [_leaf(item, "input") for item in graph_inputs(graph)],
        [_leaf(item, "output") for item in graph.output],
    )


def _leaf(item: onnx.ValueInfoProto, kind: str) -> Leaf:
    value = item.type.WhichOneof("value")
    if value != "tensor_type":
        raise ModelImportError(
            f"the {kind} {item.name!r} of the ONNX model is a {_KINDS.get(value or '', 'value without type')}",
            op=item.name,
            remedy="programs take and return tensors: split sequences and optional values outside of the model",
        )
    tensor = item.type.tensor_type
    dtype = DTYPES.get(tensor.elem_type)
    if dtype is None:
        raise ModelImportError(
            f"the {kind} {item.name!r} of the ONNX model has elements of type {_type_name(tensor.elem_type)}, "
            "which IREE has not",
            op=item.name,
            remedy="convert it outside of the model",
        )
    if not tensor.HasField("shape"):
        raise ModelImportError(
            f"the {kind} {item.name!r} of the ONNX model has no known rank",
            op=item.name,
            remedy="give it a shape; unknown dimensions may be symbolic",
        )
    return Leaf(item.name, dtype, tuple(_dim(dim) for dim in tensor.shape.dim))


def _dim(dim: onnx.TensorShapeProto.Dimension) -> Dim:
    if dim.HasField("dim_value") and dim.dim_value >= 0:
        return dim.dim_value
    # Shape inference calls dimensions it knows nothing of unk__0, unk__1, ...
    return "?" if dim.dim_param.startswith("unk__") or not dim.dim_param else dim.dim_param


def _type_name(elem_type: int) -> str:
    from onnx import TensorProto

    try:
        return TensorProto.DataType.Name(elem_type)
    except ValueError:
        return str(elem_type)


_KINDS = {
    "sequence_type": "sequence",
    "map_type": "map",
    "optional_type": "optional value",
    "sparse_tensor_type": "sparse tensor",
}

DTYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3fn",
    18: "float8_e4m3fnuz",
    19: "float8_e5m2",
    20: "float8_e5m2fnuz",
}
"""``TensorProto.DataType`` to numpy or ml_dtypes name, for all types IREE takes."""
