"""Bring an ONNX model into the form IREE imports best: inlined, upgraded, with all shapes inferred."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ireekit.errors import ModelImportError
from ireekit.frontends.onnx.activations import expand_gelu
from ireekit.frontends.onnx.folding import fold_shapes
from ireekit.frontends.onnx.model import OnnxModel

if TYPE_CHECKING:
    import onnx

DEFAULT_OPSET = 21
_FOLDING_ROUNDS = 4
_CONTRADICTIONS = (
    "ncompatible dimensions",
    "Dimension mismatch",
    "Mismatch between number of",
    "has inconsistent type",
)
_LOG = logging.getLogger(__name__)
_DEFAULT_DOMAINS = ("", "ai.onnx")


def prepare_model(model: OnnxModel, settings: Mapping[str, Any]) -> OnnxModel:
    """Inline local functions, upgrade the opset, infer shapes and name all nodes.

    An upgrade that fails is logged and left out.

    Raises:
      ModelImportError: the model is invalid.
    """
    proto = model.proto
    if not any(entry.domain in _DEFAULT_DOMAINS for entry in proto.opset_import):
        raise ModelImportError(
            "the ONNX model does not say which opset it uses", location=model.name, remedy="set opset_import"
        )
    proto = _inline(proto, model.name)
    proto = _upgrade(proto, int(settings.get("opset", DEFAULT_OPSET)), model.name)
    return _finished(proto, model)


def expand_functions(model: OnnxModel, operators: Collection[str]) -> OnnxModel:
    """Replace operators of the default domain by the function bodies ONNX defines for them.

    Where ONNX cannot do so, for want of types, the operator stays.

    Raises:
      ModelImportError: the result is invalid.
    """
    from onnx import inliner

    proto = _with_initializer_types(model.proto)
    for operator in operators:
        try:
            proto = inliner.inline_selected_functions(proto, [("", operator)], inline_schema_functions=True)
        except RuntimeError as error:
            _LOG.info("%s: %s cannot be expanded: %s", model.name, operator, str(error).splitlines()[0])
    return _finished(proto, model)


def _with_initializer_types(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The inliner looks types up among values only."""
    from onnx import helper

    known = {item.name for item in (*proto.graph.value_info, *proto.graph.input)}
    for tensor in proto.graph.initializer:
        if tensor.name not in known:
            proto.graph.value_info.append(
                helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
            )
    return proto


def _finished(proto: onnx.ModelProto, model: OnnxModel) -> OnnxModel:
    for _ in range(_FOLDING_ROUNDS):
        proto = infer(proto, model.name)
        if not fold_shapes(proto):
            break
    _name_nodes(proto.graph)
    if expand_gelu(proto):
        proto = infer(proto, model.name)
    _drop_allowzero(proto.graph)
    return OnnxModel(proto, model.data, model.name)


def infer(proto: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """``proto`` with inferred shapes.

    Raises:
      ModelImportError: types or shapes contradict each other.
    """
    from onnx import shape_inference

    try:
        shape_inference.infer_shapes(proto, strict_mode=True, data_prop=True)
    except shape_inference.InferenceError as error:
        # Unknown operators and stale annotations do no harm; operands that do not fit each other do.
        if any(words in str(error) for words in _CONTRADICTIONS):
            raise _invalid(error, name) from None
    return _reported(lambda: shape_inference.infer_shapes(proto, data_prop=True), name)


def all_nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """All nodes, of subgraphs too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from all_nodes(inner)


def _inline(proto: onnx.ModelProto, name: str) -> onnx.ModelProto:
    from onnx import inliner

    if not proto.functions:
        return proto
    return _reported(lambda: inliner.inline_local_functions(proto), name)


def _upgrade(proto: onnx.ModelProto, opset: int, name: str) -> onnx.ModelProto:
    from onnx import version_converter

    current = next(entry.version for entry in proto.opset_import if entry.domain in _DEFAULT_DOMAINS)
    if current >= opset:
        return proto
    try:
        upgraded = version_converter.convert_version(proto, opset)
    except Exception as error:
        first = (str(error) or type(error).__name__).splitlines()[0]
        _LOG.info("%s stays at opset %d, it cannot be upgraded to %d: %s", name, current, opset, first)
        return proto
    if [item.name for item in upgraded.graph.input] != [item.name for item in proto.graph.input]:
        _LOG.info("%s stays at opset %d: the upgrade changes its inputs", name, current)
        return proto
    return upgraded


def _name_nodes(graph: onnx.GraphProto) -> None:
    """Names for nodes that have none: they end up in locations and error messages."""
    taken = {node.name for node in all_nodes(graph)}
    counts: dict[str, int] = {}
    for node in all_nodes(graph):
        if node.name:
            continue
        name = f"{node.op_type}_{counts.get(node.op_type, 0)}"
        while name in taken:
            counts[node.op_type] = counts.get(node.op_type, 0) + 1
            name = f"{node.op_type}_{counts[node.op_type]}"
        taken.add(name)
        node.name = name


def _drop_allowzero(graph: onnx.GraphProto) -> None:
    """Exporters set ``allowzero`` on every Reshape; IREE crashes on it. It matters only where a zero is asked for."""
    from onnx import numpy_helper

    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in all_nodes(graph):
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            constants[node.output[0]] = node.attribute[0].t
    for node in all_nodes(graph):
        if node.op_type != "Reshape":
            continue
        shape = constants.get(node.input[1])
        if shape is not None and 0 in numpy_helper.to_array(shape):
            continue
        for index, attribute in reversed(list(enumerate(node.attribute))):
            if attribute.name == "allowzero":
                del node.attribute[index]


def _reported(step: Callable[[], onnx.ModelProto], name: str) -> onnx.ModelProto:
    try:
        return step()
    except Exception as error:  # onnx raises InferenceError, RuntimeError, ValueError, TypeError
        raise _invalid(error, name) from None


def _invalid(error: Exception, name: str) -> ModelImportError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ModelImportError(
        f"the ONNX model is invalid: {lines[0] if lines else type(error).__name__}",
        location=name,
        notes=tuple(lines[1:4]),
        remedy="see what onnx.checker.check_model(model, full_check=True) says",
    )
