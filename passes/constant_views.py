"""Constants seen through operations that only move them: transpositions, broadcasts, reshapes.

What comes out is a numpy view: nothing is copied, and a broadcast dimension has stride 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from iree.compiler import ir

from ireekit.codegen import indexing_maps
from ireekit.passes.constants import Array, Constant, constant_value

_RESHAPES = frozenset({"tensor.expand_shape", "tensor.collapse_shape"})


def source_of(value: ir.Value) -> ir.Value | None:
    """The constant that ``value`` is made of by moving alone, or ``None``."""
    while (op := _maker(value)) is not None:
        if makes_constant(op):
            return value
        if not (op.name == "linalg.transpose" or op.name in _RESHAPES or _is_copy(op)):
            return None
        value = op.operands[0]
    return None


def view_of(value: ir.Value) -> Array | None:
    """``value`` as an array of its static shape where it is a constant that was moved; ``None`` where it is not.

    Splats and broadcasts are views with strides of 0.
    """
    op = _maker(value)
    type: Any = value.type  # noqa: A001
    if op is None or not isinstance(type, ir.RankedTensorType) or not type.has_static_shape:
        return None
    if makes_constant(op):
        constant: Constant | None = constant_value(value)
        return None if constant is None else constant.broadcast()
    moves = op.name == "linalg.transpose" or op.name in _RESHAPES or _is_copy(op)
    array = view_of(op.operands[0]) if moves else None
    if array is None:
        return None
    if op.name == "linalg.transpose":
        permutation: Any = op.attributes["permutation"]
        return array.transpose([int(axis) for axis in permutation])
    if op.name in _RESHAPES:
        return array.reshape(tuple(type.shape))
    return _copied(op, array, tuple(type.shape))


def makes_constant(op: ir.Operation) -> bool:
    """Whether ``op`` makes a constant tensor."""
    return op.name in ("arith.constant", "flow.tensor.constant")


def _maker(value: ir.Value) -> ir.Operation | None:
    return getattr(value.owner, "operation", None)


def _is_copy(op: ir.Operation) -> bool:
    """Whether a generic hands its only input on, each loop a dimension of the result."""
    if op.name != "linalg.generic" or len(op.operands) != 2 or len(op.results) != 1:
        return False
    source, result = indexing_maps(op)
    identity = ir.AffineMap.get_identity(result.n_dims, op.context)
    if result != identity or not all(_position(each) is not None or _is_zero(each) for each in source.results):
        return False
    block = op.regions[0].blocks[0]
    yielded = list(block.operations)
    return len(yielded) == 1 and yielded[0].operation.operands[0] == block.arguments[0]


def _copied(op: ir.Operation, array: Array, shape: tuple[int, ...]) -> Array:
    positions = [_position(each) for each in indexing_maps(op)[0].results]
    kept = array[tuple(slice(None) if position is not None else 0 for position in positions)]
    named = [position for position in positions if position is not None]
    ordered = kept.transpose(np.argsort(named))
    present = sorted(named)
    spread = ordered.reshape(
        [ordered.shape[present.index(axis)] if axis in present else 1 for axis in range(len(shape))]
    )
    return np.broadcast_to(spread, shape)


def _position(expression: Any) -> int | None:
    return expression.position if isinstance(expression, ir.AffineDimExpr) else None


def _is_zero(expression: Any) -> bool:
    return isinstance(expression, ir.AffineConstantExpr) and expression.value == 0
