"""Elementwise operations on arrays: the operations of ``arith`` and ``math``, on scalars, vectors and tensors alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ireekit.passes.constants import Array, ElementType, element_type
from ireekit.passes.folding.casts import CAST_OPS, cast
from ireekit.passes.folding.floats import FLOAT_BINARY_OPS, FLOAT_UNARY_OPS, compare_floats, float_binary, float_unary
from ireekit.passes.folding.integers import INTEGER_BINARY, INTEGER_UNARY, compare_integers

if TYPE_CHECKING:
    from iree.compiler import ir

ELEMENTWISE_OPS = frozenset(
    {
        *INTEGER_BINARY,
        *INTEGER_UNARY,
        *FLOAT_BINARY_OPS,
        *FLOAT_UNARY_OPS,
        *CAST_OPS,
        "arith.cmpi",
        "arith.cmpf",
        "arith.select",
        "math.fma",
    }
)
"""Operations with one result that is computed element by element."""


def evaluate_elementwise(op: ir.Operation, inputs: Sequence[Array]) -> Array | None:
    """The result's elements, as an array of the broadcast shape of ``inputs``.

    Args:
      inputs: one array for each operand, of the dtype of its element type; arrays with ones in their shape stand for
        splats, and stay so.

    Returns:
      ``None`` where the operation is not known, undefined for some element, or of a type that is not computed with.
    """
    result = element_type(op.results[0].type)
    operands = [element_type(operand.type) for operand in op.operands]
    if result is None or None in operands:
        return None
    return _evaluate(op, inputs, [each for each in operands if each is not None], result)


def _evaluate(
    op: ir.Operation, inputs: Sequence[Array], operands: Sequence[ElementType], result: ElementType
) -> Array | None:
    name = op.name
    if name in INTEGER_BINARY:
        return INTEGER_BINARY[name](inputs[0], inputs[1], result)
    if name in INTEGER_UNARY:
        return INTEGER_UNARY[name](inputs[0], result)
    if name in FLOAT_BINARY_OPS:
        return float_binary(name, inputs[0], inputs[1], result)
    if name in FLOAT_UNARY_OPS:
        return float_unary(name, inputs[0], result)
    if name in CAST_OPS:
        return cast(name, inputs[0], operands[0], result)
    if name == "arith.cmpi":
        return compare_integers(_predicate(op), inputs[0], inputs[1], operands[0])
    if name == "arith.cmpf":
        return compare_floats(_predicate(op), inputs[0], inputs[1])
    if name == "arith.select":
        return np.where(inputs[0].astype(bool), inputs[1], inputs[2]).astype(result.dtype)
    if name == "math.fma":
        return _fused(inputs, result)
    return None


def _fused(inputs: Sequence[Array], result: ElementType) -> Array | None:
    """Rounded once: float64 holds products of float32 exactly, and numpy's long double those of float64 does not."""
    if result.dtype != np.float32:
        return None
    a, b, c = (each.astype(np.float64) for each in inputs)
    with np.errstate(all="ignore"):
        product = a * b
        total = product + c
        # What rounding to float64 lost; where it is not zero, rounding again could go the wrong way.
        virtual = total - product
        lost = (product - (total - virtual)) + (c - virtual)
        return None if np.any(np.nan_to_num(lost) != 0) else total.astype(np.float32)


def _predicate(op: ir.Operation) -> int:
    from iree.compiler import ir

    held = op.attributes["predicate"]
    return held.value if isinstance(held, ir.IntegerAttr) else ir.IntegerAttr(held).value
