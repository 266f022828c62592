"""Which ONNX operators IREE lowers: asked of the compiler itself, one operator at a time."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING, Any

from iree.compiler import (
    ir,
    passmanager,  # pyright: ignore[reportAttributeAccessIssue]
)

from ireekit.frontends.ir_types import as_text
from ireekit.frontends.onnx.prepare import all_nodes
from ireekit.locations import location_name

if TYPE_CHECKING:
    import onnx

_CONVERT = "builtin.module(func.func(convert-torch-onnx-to-torch))"
_LOWER = "builtin.module(torch-onnx-to-torch-backend-pipeline,torch-to-iree)"

Unsupported = tuple[tuple[str, str | None, str | None], ...]


def unsupported_ops(module: ir.Operation) -> Unsupported:
    """Operators in ``module`` for which IREE has no conversion.

    Each distinct one (by attributes, types and constant operands) is converted alone, in a module of its own.

    Args:
      module: with ``torch.operator "onnx.*"`` operations; it is not changed.

    Returns:
      ``(operator, name of the node, None)`` of each, in order, every operator once.
    """
    return _failing(module, _CONVERT)


def unlowered_ops(module: ir.Operation) -> Unsupported:
    """Like :func:`unsupported_ops`, but each operator goes through the whole input conversion of IREE.

    For after a compilation that failed: slower, and it finds operators that are converted and then not lowered.
    """
    return _failing(module, _LOWER)


def _failing(module: ir.Operation, passes: str) -> Unsupported:
    found: dict[str, tuple[str, str | None, str | None]] = {}
    known: dict[str, bool] = {}

    def probe(op: ir.Operation) -> None:
        name = as_text(op.attributes["name"]).removeprefix("onnx.")
        if name == "Constant" or name in found:
            return
        key = _key(op)
        if key not in known:
            known[key] = _passes_alone(op, passes)
        if known[key]:
            return
        before = len(found)
        if name in _WITH_LOWERED_BODIES:
            for inner in _operators(op):
                probe(inner)
        if len(found) == before:
            found[name] = (name, location_name(op.location), None)

    for op in _operators(module):
        probe(op)
    return tuple(found.values())


_WITH_LOWERED_BODIES = ("If", "Loop")
"""Operators with subgraphs that IREE lowers: where they fail, it is mostly for what is in them."""


def _operators(parent: ir.Operation) -> list[ir.Operation]:
    """ONNX operators in ``parent``, without those in subgraphs of others."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        op = op.operation
        if op == parent or op.name != "torch.operator":
            return ir.WalkResult.ADVANCE
        found.append(op)
        return ir.WalkResult.SKIP

    parent.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def has_function_body(operator: str) -> bool:
    """Whether ONNX defines ``operator`` of the default domain by other operators."""
    from onnx import defs

    try:
        schema: Any = defs.get_schema(operator)
    except defs.SchemaError:
        return False
    return schema.has_function or schema.has_context_dependent_function


def crashing_nodes(graph: onnx.GraphProto) -> Unsupported:
    """Nodes that would end the compiler's process, by :data:`CRASHES`."""
    ranked = {
        item.name
        for item in (*graph.value_info, *graph.output, *graph.input)
        if item.type.HasField("tensor_type") and item.type.tensor_type.HasField("shape")
    }
    return tuple(
        (f"{node.op_type} {CRASHES[node.op_type][1]}", node.name or None, None)
        for node in all_nodes(graph)
        if node.op_type in CRASHES and CRASHES[node.op_type][0](node, ranked)
    )


def _attribute(node: onnx.NodeProto, name: str) -> Any:
    from onnx import helper

    return next((helper.get_attribute_value(item) for item in node.attribute if item.name == name), None)


def _asks_for_zeros(node: onnx.NodeProto, _: Set[str]) -> bool:
    return _attribute(node, "allowzero") == 1


def _has_unranked_results(node: onnx.NodeProto, ranked: Set[str]) -> bool:
    return any(name and name not in ranked for name in node.output)


CRASHES: dict[str, tuple[Callable[[onnx.NodeProto, Set[str]], bool], str]] = {
    "Reshape": (_asks_for_zeros, "to a shape with zeros (allowzero=1)"),
    "Split": (_has_unranked_results, "into results of unknown rank"),
}
"""Operator to a condition under which IREE 3.13 crashes on it, and that condition in words.

The condition is given the node and the names of all values of known rank.
"""


def _key(op: ir.Operation) -> str:
    if len(op.regions):
        return str(id(op))
    constants = ",".join(str(i) for i, operand in enumerate(op.operands) if _constant_producer(operand) is not None)
    types = ",".join(str(value.type) for value in (*op.operands, *op.results))
    return f"{op.attributes}|{constants}|{types}"


def _constant_producer(value: ir.Value) -> ir.Operation | None:
    owner = value.owner
    if isinstance(owner, ir.Block):
        return None
    owner = owner.operation
    if owner.name in ("torch.constant.none", "torch.constant.int", "torch.vtensor.literal"):
        return owner
    if owner.name == "torch.operator" and as_text(owner.attributes["name"]) == "onnx.Constant":
        return owner
    return None


def _passes_alone(op: ir.Operation, passes: str) -> bool:
    context = op.context
    with context, ir.Location.unknown():
        module = ir.Module.create(ir.Location.unknown())
        captured = _captured(op)
        inputs = [value for value in captured if _constant_producer(value) is None]
        results = [result.type for result in op.results]
        from iree.compiler.dialects import func

        with ir.InsertionPoint(module.body):
            function = func.FuncOp("probe", ir.FunctionType.get([value.type for value in inputs], results))
        block = function.add_entry_block()
        outer = _function_of(op).attributes
        for name in outer:
            if name.startswith("torch.onnx_meta"):
                function.attributes[name] = outer[name]
        with ir.InsertionPoint(block):
            mapping = list(zip(inputs, block.arguments, strict=True))
            for value in captured:
                producer = _constant_producer(value)
                if producer is not None:
                    mapping.append((value, producer.clone().results[0]))
            clone = op.clone()
            func.ReturnOp(list(clone.results))
        _remap(clone, mapping)
    try:
        manager: Any = passmanager
        manager.PassManager.parse(passes, context).run(module.operation)
    except ir.MLIRError:
        return False
    return not _operators(module.operation)


def _function_of(op: ir.Operation) -> ir.Operation:
    parent: Any = op
    while parent.name != "func.func":
        parent = parent.parent.operation
    return parent


def _captured(op: ir.Operation) -> list[ir.Value]:
    """Operands of ``op``, and values from around it that its regions use; each once."""
    inside: list[ir.Operation] = [op]
    for region in op.regions:
        for block in region.blocks:
            for child in block.operations:
                child.operation.walk(lambda inner: (inside.append(inner.operation), ir.WalkResult.ADVANCE)[1])
    values: list[ir.Value] = []
    for member in inside:
        for operand in member.operands:
            if operand not in values and not _is_inside(operand, op):
                values.append(operand)
    return values


def _is_inside(value: ir.Value, op: ir.Operation) -> bool:
    owner = value.owner
    current = owner.owner.operation if isinstance(owner, ir.Block) else owner.operation
    if not isinstance(owner, ir.Block) and current == op:
        return False
    while current is not None:
        if current == op:
            return True
        parent = current.parent
        current = None if parent is None else parent.operation
    return False


def _remap(op: ir.Operation, mapping: list[tuple[ir.Value, ir.Value]]) -> None:
    members: list[ir.Operation] = []
    op.walk(lambda inner: (members.append(inner.operation), ir.WalkResult.ADVANCE)[1])
    for member in members:
        for index, operand in enumerate(member.operands):
            for old, new in mapping:
                if operand == old:
                    member.operands[index] = new
