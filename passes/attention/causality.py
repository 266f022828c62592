"""What a mask hides whatever else it depends on: keys behind a query's own place.

Masks compare numbers of tokens, which models make in roundabout ways: counted, reshaped, gathered by their own number.
These are followed here as ``loop + number``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from iree.compiler import ir

from ireekit.bindings.linalg import indexing_maps
from ireekit.passes.uses import defining_op

from ..constant_views import view_of

_DEPTH = 8
"""Of operations that are followed."""
_AT_MOST = {2: (0, -1), 3: (0, 0), 4: (1, -1), 5: (1, 0), 6: (0, -1), 7: (0, 0), 8: (1, -1), 9: (1, 0)}
"""Predicates of ``arith.cmpi``: which side is smaller, and by how much more than ``<=`` it has to be."""


def reach(mask: ir.Value, depth: int = _DEPTH) -> int | None:
    """The largest ``key - query`` of what a mask of truth values ``[..., queries, keys]`` may show.

    ``None`` where it is not known.
    """
    type_: Any = mask.type
    if type_.rank < 2 or not depth:
        return None
    constant = view_of(mask)
    if constant is not None:
        return _of_constant(constant)
    op = defining_op(mask)
    if op is None or op.name != "linalg.generic" or len(op.results) != 1:
        return None
    maps = indexing_maps(op)
    if maps[-1] != ir.AffineMap.get_identity(type_.rank, op.context):
        return None
    block = op.regions[0].blocks[0]
    *_, last = block.operations
    return _of_truth(op, last.operation.operands[0], depth)


def _of_constant(array: Any) -> int | None:
    shown = np.any(array, axis=tuple(range(array.ndim - 2))) if array.ndim > 2 else np.asarray(array)
    queries, keys = np.nonzero(shown)
    return int((keys - queries).max()) if len(keys) else None


def _of_truth(op: ir.Operation, scalar: ir.Value, depth: int) -> int | None:
    """As :func:`reach`, of a scalar of a generic's body."""
    arguments = list(op.regions[0].blocks[0].arguments)
    rank = ir.RankedTensorType(op.results[0].type).rank
    if scalar in arguments:
        number = arguments.index(scalar)
        dims = _dims(indexing_maps(op)[number])
        whole = dims[-2:] == [rank - 2, rank - 1] and _sizes(op.operands[number])[-2:] == _sizes(op.results[0])[-2:]
        return reach(op.operands[number], depth - 1) if whole else None
    made = defining_op(scalar)
    if made is None:
        return None
    if made.name == "arith.andi":
        found = [each for each in (_of_truth(op, operand, depth) for operand in made.operands) if each is not None]
        return min(found, default=None)
    if made.name != "arith.cmpi":
        return None
    predicate: Any = made.attributes["predicate"]
    smaller = _AT_MOST.get(int(predicate.value))
    sides = [_count(op, operand, depth) for operand in made.operands]
    if smaller is None or None in sides:
        return None
    low, high = (sides[smaller[0]], sides[1 - smaller[0]])
    if low is None or high is None or (low[0], high[0]) != (rank - 1, rank - 2):
        return None
    return high[1] - low[1] + smaller[1]


def _count(op: ir.Operation, scalar: ir.Value, depth: int) -> tuple[int, int] | None:
    """A scalar of a body as ``(loop, number)``: the loop's number and that one added."""
    arguments = list(op.regions[0].blocks[0].arguments)
    if scalar in arguments:
        number = arguments.index(scalar)
        counted = _counted(op.operands[number], depth - 1)
        dims = _dims(indexing_maps(op)[number])
        if counted is None or dims[counted[0]] is None:
            return None
        return dims[counted[0]] or 0, counted[1]
    made = defining_op(scalar)
    if made is None or not depth:
        return None
    if made.name == "linalg.index":
        dimension: Any = made.attributes["dim"]
        return int(dimension.value), 0
    if made.name in ("arith.index_cast", "arith.extsi", "arith.trunci"):
        return _count(op, made.operands[0], depth)
    if made.name in ("arith.addi", "arith.subi"):
        first, second = _count(op, made.operands[0], depth), _number(made.operands[1])
        if first is None or second is None:
            return None
        return first[0], first[1] + (second if made.name == "arith.addi" else -second)
    if made.name == "arith.select" and _is_never(op, made.operands[0], depth):
        return _count(op, made.operands[2], depth)
    if made.name == "tensor.extract":
        counted = _counted(made.operands[0], depth - 1)
        index = None if counted is None else _count(op, made.operands[1 + counted[0]], depth)
        return None if counted is None or index is None else (index[0], index[1] + counted[1])
    return None


def _is_never(op: ir.Operation, condition: ir.Value, depth: int) -> bool:
    """Whether a condition asks if a number of tokens is below 0."""
    made = defining_op(condition)
    if made is None or made.name != "arith.cmpi":
        return False
    predicate: Any = made.attributes["predicate"]
    counted = _count(op, made.operands[0], depth)
    return int(predicate.value) == 2 and _number(made.operands[1]) == 0 and counted is not None and counted[1] >= 0


def _counted(value: ir.Value, depth: int) -> tuple[int, int] | None:
    """A tensor whose elements are their index along one axis, plus a number: both."""
    op = defining_op(value)
    if op is None or not depth:
        return None
    if (constant := view_of(value)) is not None:
        return _counted_constant(constant)
    if op.name in ("tensor.expand_shape", "tensor.collapse_shape"):
        source = _counted(op.operands[0], depth - 1)
        return None if source is None else _along(op, source)
    if op.name != "linalg.generic" or len(op.results) != 1:
        return None
    result = indexing_maps(op)[-1]
    if result != ir.AffineMap.get_identity(result.n_dims, op.context):
        return None
    *_, last = op.regions[0].blocks[0].operations
    return _count(op, last.operation.operands[0], depth)


def _counted_constant(array: Any) -> tuple[int, int] | None:
    wide = [axis for axis, size in enumerate(array.shape) if size != 1]
    if len(wide) != 1 or not np.issubdtype(array.dtype, np.integer):
        return None
    flat = array.reshape(-1)
    return (wide[0], int(flat[0])) if np.array_equal(flat - flat[0], np.arange(len(flat))) else None


def _along(op: ir.Operation, counted: tuple[int, int]) -> tuple[int, int] | None:
    """Behind a reshape that adds or drops dimensions of size 1."""
    groups: Any = op.attributes["reassociation"]
    axes = [[int(axis.value) for axis in group] for group in groups]
    expands = op.name == "tensor.expand_shape"
    larger = _sizes(op.results[0] if expands else op.operands[0])
    for index, group in enumerate(axes):
        wide = [axis for axis in group if larger[axis] != 1]
        if len(wide) == 1 and counted[0] == (index if expands else wide[0]):
            return (wide[0] if expands else index), counted[1]
    return None


def _number(value: ir.Value) -> int | None:
    op = defining_op(value)
    if op is None or op.name != "arith.constant":
        return None
    attribute: Any = op.attributes["value"]
    return int(attribute.value) if isinstance(attribute, ir.IntegerAttr) else None


def _dims(indexing: ir.AffineMap) -> list[int | None]:
    return [each.position if isinstance(each, ir.AffineDimExpr) else None for each in indexing.results]


def _sizes(value: ir.Value) -> list[int]:
    return list(ir.RankedTensorType(value.type).shape)
