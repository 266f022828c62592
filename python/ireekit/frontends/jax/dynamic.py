"""StableHLO of JAX's symbolic shapes, in the forms IREE lowers."""

from __future__ import annotations

from collections.abc import Callable

from iree.compiler import ir

from ireekit.frontends.contexts import load_dialects
from ireekit.frontends.jax.indexing import elementwise, replace_gather, replace_update, scalar_at


def legalize_dynamic_shapes(module: ir.Module) -> None:
    """Rewrite operations on dynamic shapes that IREE would refuse, in place; see :data:`REWRITES`."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in REWRITES and _is_dynamic(op):
            found.append(op.operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    if not found:
        return
    load_dialects(module.context, "arith", "linalg", "tensor")
    for op in found:
        with op.location, ir.InsertionPoint(op):
            REWRITES[op.name](op)


def _is_dynamic(op: ir.Operation) -> bool:
    return any(
        not ir.RankedTensorType(value.type).has_static_shape
        for value in (*op.operands, *op.results)
        if isinstance(value.type, ir.RankedTensorType)
    )


def _replace_broadcast(op: ir.Operation) -> None:
    """JAX expands only static extents of 1. IREE asks to be told, and forgets it when it folds broadcasts."""
    operand, shape = op.operands
    extents = ir.RankedTensorType(operand.type).shape
    result = ir.RankedTensorType(op.results[0].type)
    read = [
        ir.AffineConstantExpr.get(0) if extent == 1 else ir.AffineDimExpr.get(dim)
        for extent, dim in zip(extents, ir.DenseI64ArrayAttr(op.attributes["broadcast_dimensions"]), strict=True)
    ]
    new = elementwise(
        result,
        lambda dim: scalar_at(shape, dim),
        lambda _, elements: elements[0],
        inputs=[(operand, ir.AffineMap.get(result.rank, 0, read))],
    )
    op.results[0].replace_all_uses_with(new)
    op.erase()


def _replace_reshape(op: ir.Operation) -> None:
    reshaped = ir.Operation.create("tensor.reshape", results=[op.results[0].type], operands=list(op.operands))
    op.results[0].replace_all_uses_with(reshaped.results[0])
    op.erase()


REWRITES: dict[str, Callable[[ir.Operation], None]] = {
    "stablehlo.dynamic_broadcast_in_dim": _replace_broadcast,
    "stablehlo.dynamic_gather": replace_gather,
    "stablehlo.dynamic_reshape": _replace_reshape,
    "stablehlo.gather": replace_gather,
    "stablehlo.dynamic_update_slice": replace_update,
}
