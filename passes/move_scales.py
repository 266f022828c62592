"""Factors of a whole operand of a product, on its smaller operand.

Attention scales queries and keys, each by the root of the factor. One multiplication of the queries by both does, and
the keys, which may be a cache of all tokens before, are read as they are. A result differs by the rounding of the
factors' product and of one multiplication instead of two: by two units in the last place at most of each summand.
"""

from __future__ import annotations

import math
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.bindings.linalg import indexing_maps
from ireekit.passes import Statistic
from ireekit.passes.builders import before, constant, elementwise
from ireekit.passes.uses import defining_op

from .contractions import NAMES, Contraction, contraction
from .operand_chains import is_mover

_SMALLEST = 2.0**-10
"""Factors closer to zero or to infinity stay: elsewhere they might make operands overflow."""
_BODY = ["arith.mulf", "linalg.yield"]


class MoveScales(ireekit.Pass):
    """Take multiplications by a number from the larger operand of a contraction to the smaller one."""

    name = "mypipeline-move-scales"
    anchor = "builtin.module"
    acts_on = ("linalg.*matmul*", "linalg.*mat*vec*", "linalg.*vec*mat*", "linalg.generic{iterator_types=reduction}")
    for_speed = True
    moved = Statistic("factors moved")

    def run(self, op: ir.Operation) -> None:
        for function in ireekit.find(op, "util.func"):
            products = [contraction(each) for each in ireekit.walk(function) if each.name in NAMES]
            for product in products:
                if product is not None:
                    self._simplify(product)

    def _simplify(self, product: Contraction) -> None:
        sizes = [_size(product.lhs), _size(product.rhs)]
        if None in sizes:
            return
        larger = 0 if (sizes[0] or 0) > (sizes[1] or 0) else 1
        scaling = _scaling(product.op.operands[larger])
        if scaling is None:
            return
        factor = _factor(scaling)
        assert factor is not None
        scaling.results[0].replace_all_uses_with(scaling.operands[0])
        scaling.erase()
        own = _scaling(product.op.operands[1 - larger])
        if own is not None:
            factor *= _factor(own) or 1.0
            own.results[0].replace_all_uses_with(own.operands[0])
            own.erase()
        with before(product.op):
            operand = product.op.operands[1 - larger]
            element = ir.RankedTensorType(operand.type).element_type
            number = constant(factor, element)

            def scaled(each: ir.Value) -> ir.Value:
                return _times(each, number)

            product.op.operands[1 - larger] = elementwise(scaled, operand)
        self.moved.increment()


def _times(element: ir.Value, factor: ir.Value) -> ir.Value:
    return ir.Operation.create("arith.mulf", results=[element.type], operands=[element, factor]).results[0]


def _size(value: ir.Value) -> int | None:
    type: Any = value.type  # noqa: A001
    return math.prod(type.shape) if type.has_static_shape else None


def _scaling(value: ir.Value) -> ir.Operation | None:
    """The multiplication by a number that ``value`` comes from, with nothing on the way but what moves elements."""
    while (op := defining_op(value)) is not None and sum(1 for _ in value.uses) == 1 and is_mover(op):
        if _factor(op) is not None:
            return op
        if op.name == "linalg.generic" and len(list(op.regions[0].blocks[0].operations)) > 1:
            return None
        value = op.operands[0]
    return None


def _factor(op: ir.Operation) -> float | None:
    """By what a generic multiplies each element of its operand, where that is all it does and it is moderate."""
    if op.name != "linalg.generic" or op.operands[0].type != op.results[0].type:
        return None
    source, result = indexing_maps(op)[0], indexing_maps(op)[-1]
    block = op.regions[0].blocks[0]
    body = [each.operation for each in block.operations]
    if source != result or [each.name for each in body] != _BODY:
        return None
    product, scaled = body[0], block.arguments[0]
    if body[1].operands[0] != product.results[0] or scaled not in list(product.operands):
        return None
    factors = [each for each in product.operands if each != scaled]
    maker = defining_op(factors[0]) if len(factors) == 1 else None
    if maker is None or maker.name != "arith.constant" or maker.results[0].type != scaled.type:
        return None
    value: Any = maker.attributes["value"]
    number = float(value.value) if isinstance(value, ir.FloatAttr) else 0.0
    return number if _SMALLEST <= abs(number) <= 1 / _SMALLEST else None
