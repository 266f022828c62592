"""Products with concatenations, as products with their parts.

Keys and values of a decoder are a cache and what the last tokens add to it. To put them together costs reading and
writing the whole cache for each token, as much as the attention itself; the products with each part, put together or
added up, cost nothing more than the products.
"""

from __future__ import annotations

import math
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.bindings.linalg import indexing_maps
from ireekit.passes import Statistic
from ireekit.passes.builders import before, empty, fill, generic
from ireekit.passes.uses import defining_op

from .contractions import NAMES, Contraction, contraction, is_filled
from .elementwise_fusion import inlined
from .operand_chains import axis_after, moved, movers_to
from .slices import window

_CONCATENATION = "tensor.concat"


class SplitConcatenations(ireekit.Pass):
    """Split contractions whose operand is a concatenation that nothing else uses.

    Those with smaller operands than results stay, and those of dynamic shapes.
    """

    name = "mypipeline-split-concatenations"
    anchor = "builtin.module"
    acts_on = (_CONCATENATION,)
    for_speed = True
    split = Statistic("contractions split")

    def run(self, op: ir.Operation) -> None:
        for function in ireekit.find(op, "util.func"):
            products = [contraction(each) for each in ireekit.walk(function) if each.name in NAMES]
            for product in products:
                if product is not None and (_split(product, 1) or _split(product, 0)):
                    self.split.increment()


def _split(product: Contraction, side: int) -> bool:
    """Split a contraction along the concatenation that operand ``side`` is, if it can be."""
    operand = product.op.operands[side]
    found = movers_to(operand, _CONCATENATION)
    if found is None or not all(ir.RankedTensorType(each.type).has_static_shape for each in product.op.operands):
        return False
    movers, concatenation = found
    dimension: Any = concatenation.attributes["dim"]
    axes: list[int] = [dimension.value]
    for mover in reversed(movers):
        axis = axis_after(mover, axes[-1])
        if axis is None:
            return False
        axes.append(axis)
    loop = product.dims[side][axes[-1]]
    size, result_size = (math.prod(ir.RankedTensorType(each.type).shape) for each in (operand, product.out))
    if size <= result_size or (loop not in product.k and not is_filled(product.out)):
        return False
    with before(product.op):
        parts = list(concatenation.operands)
        for mover, axis in zip(reversed(movers), axes[1:], strict=True):
            parts = [moved(mover, part, axis) for part in parts]
        join = _sum if loop in product.k else _side_by_side
        result = join(product, side, loop, parts)
    product.op.results[0].replace_all_uses_with(result)
    for each in (product.op, *movers, concatenation):
        each.erase()
    return True


def _sum(product: Contraction, side: int, loop: int, parts: list[ir.Value]) -> ir.Value:
    """Products along pieces of the sum, each added to the one before."""
    total, offset = product.out, 0
    for part in parts:
        extent = _extent(product, side, loop, part)
        operands = [part, part, total]
        operands[1 - side] = _piece(product, 1 - side, loop, offset, extent)
        total = _product(product, operands)
        offset += extent
    return total


def _side_by_side(product: Contraction, side: int, loop: int, parts: list[ir.Value]) -> ir.Value:
    """Products for pieces of a dimension of the result, concatenated."""
    type: Any = product.out.type  # noqa: A001
    axis = product.dims[2].index(loop)
    initial = defining_op(product.out)
    assert initial is not None
    results: list[ir.Value] = []
    offset = 0
    for part in parts:
        extent = _extent(product, side, loop, part)
        shape = [extent if each == axis else size for each, size in enumerate(type.shape)]
        operands = [part, part, fill(initial.operands[0], empty(shape, type.element_type))]
        # In a batch, the other side has the dimension too.
        operands[1 - side] = _piece(product, 1 - side, loop, offset, extent)
        results.append(_product(product, operands))
        offset += extent
    along = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), axis)
    made = ir.Operation.create(_CONCATENATION, results=[type], operands=results, attributes={"dim": along})
    return made.results[0]


def _extent(product: Contraction, side: int, loop: int, part: ir.Value) -> int:
    return ir.RankedTensorType(part.type).shape[product.dims[side].index(loop)]


def _piece(product: Contraction, side: int, loop: int, offset: int, extent: int) -> ir.Value:
    """What an operand has of the iterations ``offset`` to ``offset + extent`` of ``loop``."""
    operand, dims = product.op.operands[side], product.dims[side]
    if loop not in dims:
        return operand
    shape = ir.RankedTensorType(operand.type).shape
    sizes = [extent if each == loop else size for each, size in zip(dims, shape, strict=True)]
    return window(operand, [offset if each == loop else 0 for each in dims], sizes, [1] * len(dims))


def _product(product: Contraction, operands: list[ir.Value]) -> ir.Value:
    maps = indexing_maps(product.op)
    kinds = ["reduction" if loop in product.k else "parallel" for loop in range(maps[0].n_dims)]

    def body(*scalars: ir.Value) -> ir.Value:
        return inlined(product.op, scalars)

    return generic(operands[:2], operands[2:], maps, kinds, body)[0]
