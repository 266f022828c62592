"""GELU with ``tanh`` in elementary operators: the compiler takes 22/7 for pi in it, an error of 5e-5."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

_CUBE = 0.044715
"""The factor of the cube in the approximation (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016)."""


def expand_gelu(proto: onnx.ModelProto) -> bool:
    """Replace, in place, every ``Gelu`` with ``approximate="tanh"`` whose element type is known.

    f16 and bf16 are computed in f32.

    Returns:
      whether there was one; the new values have no types then.
    """
    types = {
        value.name: value.type.tensor_type.elem_type
        for value in (*proto.graph.input, *proto.graph.value_info, *proto.graph.output)
    }
    types |= {tensor.name: tensor.data_type for tensor in proto.graph.initializer}
    return _expand(proto.graph, types)


def _expand(graph: onnx.GraphProto, types: Mapping[str, int]) -> bool:
    from onnx import AttributeProto

    known = dict(types)
    known |= {value.name: value.type.tensor_type.elem_type for value in (*graph.input, *graph.value_info)}
    nodes: list[onnx.NodeProto] = []
    changed = False
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                changed |= _expand(attribute.g, known)
        element = known.get(node.input[0], 0) if node.input else 0
        nodes += _expanded(node, element) if element and _is_tanh_gelu(node) else [node]
    if len(nodes) == len(graph.node):
        return changed
    del graph.node[:]
    graph.node.extend(nodes)
    return True


def _is_tanh_gelu(node: onnx.NodeProto) -> bool:
    return (
        node.op_type == "Gelu"
        and node.domain in ("", "ai.onnx")
        and any(attribute.name == "approximate" and attribute.s == b"tanh" for attribute in node.attribute)
    )


def _expanded(node: onnx.NodeProto, element: int) -> Iterator[onnx.NodeProto]:
    """0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³)))."""
    from onnx import TensorProto, helper

    wide = element if element == TensorProto.DOUBLE else TensorProto.FLOAT
    base = node.name or node.output[0]

    def made(op: str, part: str, *operands: str, result: str | None = None, **attributes: Any) -> onnx.NodeProto:
        return helper.make_node(op, operands, [result or f"{base}/{part}"], name=f"{base}/{part}", **attributes)

    def constant(part: str, value: float) -> onnx.NodeProto:
        tensor = helper.make_tensor(f"{base}/{part}", wide, [], [value])
        return helper.make_node("Constant", [], [f"{base}/{part}"], name=f"{base}/{part}", value=tensor)

    x = node.input[0]
    if wide != element:
        yield made("Cast", "wide", x, to=wide)
        x = f"{base}/wide"
    for part, value in (("c", _CUBE), ("root", math.sqrt(2 / math.pi)), ("one", 1.0), ("half", 0.5)):
        yield constant(part, value)
    yield made("Mul", "square", x, x)
    yield made("Mul", "cube", f"{base}/square", x)
    yield made("Mul", "scaled", f"{base}/cube", f"{base}/c")
    yield made("Add", "sum", x, f"{base}/scaled")
    yield made("Mul", "inner", f"{base}/sum", f"{base}/root")
    yield made("Tanh", "tanh", f"{base}/inner")
    yield made("Add", "plus", f"{base}/tanh", f"{base}/one")
    yield made("Mul", "halved", x, f"{base}/half")
    if wide == element:
        yield made("Mul", "product", f"{base}/halved", f"{base}/plus", result=node.output[0])
        return
    yield made("Mul", "product", f"{base}/halved", f"{base}/plus")
    yield made("Cast", "narrow", f"{base}/product", result=node.output[0], to=element)
