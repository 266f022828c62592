"""Operands of contractions, seen through operations that only move elements or compute each from one."""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

from ireekit.bindings.linalg import indexing_maps
from ireekit.passes.builders import empty, generic
from ireekit.passes.uses import defining_op

from .elementwise_fusion import inlined
from .reshapes import collapse, expand
from .slices import integers

_RESHAPES = ("tensor.collapse_shape", "tensor.expand_shape")


def movers_to(value: ir.Value, name: str) -> tuple[list[ir.Operation], ir.Operation] | None:
    """The operations between ``value`` and the one called ``name`` that it is made of, the last one first.

    Each moves elements, or computes each from one, for one user alone; all shapes are static. ``None`` where ``value``
    is made in another way.
    """
    movers: list[ir.Operation] = []
    while (op := defining_op(value)) is not None and _is_static(value) and sum(1 for _ in value.uses) == 1:
        if op.name == name:
            return movers, op
        if not is_mover(op):
            return None
        movers.append(op)
        value = op.operands[0]
    return None


def is_mover(op: ir.Operation) -> bool:
    """Whether ``op`` moves the elements of its first operand, and may compute each from one."""
    if op.name in _RESHAPES or op.name == "linalg.transpose":
        return True
    if op.name != "linalg.generic" or len(op.operands) != 2 or len(op.results) != 1:
        return False
    source, result = indexing_maps(op)
    dims = [each.position for each in source.results if isinstance(each, ir.AffineDimExpr)]
    moves = len(dims) == len(source.results) and result == ir.AffineMap.get_identity(result.n_dims, op.context)
    body = op.regions[0].blocks[0]
    return moves and not any(each.operation.name == "linalg.index" for each in body.operations)


def axis_after(op: ir.Operation, axis: int) -> int | None:
    """Where a mover puts dimension ``axis`` of its operand; ``None`` where it does not stay a dimension."""
    if op.name == "linalg.generic":
        source: Any = indexing_maps(op)[0].results[axis]
        return source.position
    if op.name == "linalg.transpose":
        return integers(op, "permutation").index(axis)
    groups = _groups(op)
    if op.name == "tensor.collapse_shape":
        shape, where = _shape(op.operands[0]), next(i for i, group in enumerate(groups) if axis in group)
        return where if all(shape[other] == 1 for other in groups[where] if other != axis) else None
    shape = _shape(op.results[0])
    large = [each for each in groups[axis] if shape[each] != 1]
    return large[0] if len(large) == 1 else None


def moved(op: ir.Operation, part: ir.Value, axis: int) -> ir.Value:
    """What a mover makes of ``part``, a piece of its operand along the dimension that becomes ``axis``."""
    before: Any = op.operands[0]
    own = next(each for each in range(len(_shape(before))) if axis_after(op, each) == axis)
    shape = list(_shape(op.results[0]))
    shape[axis] = _shape(part)[own]
    if op.name == "tensor.collapse_shape":
        return collapse(part, _groups(op))
    if op.name == "tensor.expand_shape":
        return expand(part, _groups(op), shape)
    rank = len(shape)
    result: Any = op.results[0].type
    identity = ir.AffineMap.get_identity(rank)
    if op.name == "linalg.transpose":
        where = [ir.AffineDimExpr.get(integers(op, "permutation").index(each)) for each in range(rank)]
        source = ir.AffineMap.get(rank, 0, where)
    else:
        source = indexing_maps(op)[0]

    def body(element: ir.Value, _: ir.Value) -> ir.Value:
        return element if op.name == "linalg.transpose" else inlined(op, [element])

    return generic([part], [empty(shape, result.element_type)], [source, identity], ["parallel"] * rank, body)[0]


def _is_static(value: ir.Value) -> bool:
    return isinstance(value.type, ir.RankedTensorType) and value.type.has_static_shape


def _shape(value: ir.Value) -> tuple[int, ...]:
    return tuple(ir.RankedTensorType(value.type).shape)


def _groups(op: ir.Operation) -> list[list[int]]:
    listed: Any = op.attributes["reassociation"]
    return [[int(each.value) for each in group] for group in listed]
