"""1×1 convolutions as products with weights in blocks of columns.

With channels last, pixels are the rows of a matrix. The compiler sees that too, but after constant matrices have been
blocked (:mod:`.block_weights`, which says why): rows of weights would be far apart in memory. Images keep their shape,
so that what is elementwise behind the product is still computed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before

if TYPE_CHECKING:
    from ireekit.targets.machines import Machine

_CONVOLUTION = "linalg.conv_2d_nhwc_hwcf"
_VECTORS = 2
"""In a block of columns."""
_LEAST_COLUMNS = 16
"""What multiplies a matrix with one row leaves fewer alone."""


class PointwiseConvolutions(ireekit.Pass):
    """Turn 1×1 convolutions of stride 1 with constant filters that fill blocks, in NHWC, into blocked products.

    Filters that the second-level cache holds are as fast as they are, except for images of one pixel: these become
    products of one row, which :mod:`.block_weights` brings into blocks of its own.
    """

    name = "mypipeline-pointwise-convolutions"
    anchor = "builtin.module"
    acts_on = (_CONVOLUTION,)
    for_speed = True
    rewritten = Statistic("convolutions turned into matrix products")

    def run(self, op: ir.Operation) -> None:
        from ireekit.codegen import program_machine

        machine = program_machine(op)
        if machine is None:
            return
        for convolution in ireekit.find(op, _CONVOLUTION):
            if _is_one_row(convolution):
                _rewrite_row(convolution)
                self.rewritten.increment()
            elif _is_pointwise(convolution, machine):
                _rewrite(convolution, _VECTORS * machine.lanes(4))
                self.rewritten.increment()


def _is_pointwise(convolution: ir.Operation, machine: Machine) -> bool:
    from .constant_views import source_of

    filters, result = (ir.RankedTensorType(convolution.operands[place].type) for place in (1, 2))
    if not filters.has_static_shape or list(filters.shape[:2]) != [1, 1] or str(filters.element_type) != "f32":
        return False
    strides: Any = convolution.attributes.get("strides", ())
    if any(int(each) != 1 for each in strides) or filters.shape[3] % (_VECTORS * machine.lanes(4)):
        return False
    if 4 * filters.shape[2] * filters.shape[3] < machine.l2_bytes:
        return False
    one_pixel = result.has_static_shape and list(result.shape[:3]) == [1, 1, 1]
    return not one_pixel and source_of(convolution.operands[1]) is not None


def _is_one_row(convolution: ir.Operation) -> bool:
    """Whether it multiplies one pixel by a constant matrix: what squeezes and excites does."""
    from .constant_views import source_of

    image, filters, result = (ir.RankedTensorType(value.type) for value in convolution.operands)
    if not all(each.has_static_shape for each in (image, filters, result)):
        return False
    if list(image.shape[:3]) != [1, 1, 1] or list(result.shape[:3]) != [1, 1, 1]:
        return False
    if list(filters.shape[:2]) != [1, 1] or filters.shape[3] < _LEAST_COLUMNS or str(filters.element_type) != "f32":
        return False
    return source_of(convolution.operands[1]) is not None


def _rewrite_row(convolution: ir.Operation) -> None:
    """As a product of matrices, which :mod:`.block_weights` blocks."""
    from iree.compiler.dialects import arith

    from ireekit.passes.builders import generic

    from .reshapes import collapse

    image, filters, initial = convolution.operands
    *pixel, f, k = (ir.AffineDimExpr.get(loop, convolution.context) for loop in range(5))
    maps = [ir.AffineMap.get(5, 0, each, convolution.context) for each in ([*pixel, k], [k, f], [*pixel, f])]

    def body(left: Any, right: Any, total: Any) -> Any:
        return arith.addf(total, arith.mulf(left, right))

    with before(convolution):
        matrix = collapse(filters, [[0, 1, 2], [3]])
        (product,) = generic([image, matrix], [initial], maps, ["parallel"] * 4 + ["reduction"], body)
        convolution.results[0].replace_all_uses_with(product)
    convolution.erase()


def _rewrite(convolution: ir.Operation, block: int) -> None:
    import numpy as np
    from iree.compiler.dialects import arith

    from ireekit.passes.builders import constant, empty, fill, generic, tensor_type
    from ireekit.passes.uses import defining_op

    from .constant_views import view_of
    from .reshapes import collapse, expand, sizes_of

    image, filters, initial = convolution.operands
    weights = view_of(filters)
    assert weights is not None
    _, _, channels, columns = weights.shape
    blocked = np.ascontiguousarray(weights.reshape(channels, columns // block, block).transpose(1, 0, 2))
    element = ir.RankedTensorType(initial.type).element_type
    *pixels, b, x, k = (ir.AffineDimExpr.get(loop, convolution.context) for loop in range(6))
    maps = [[*pixels, k], [b, k, x], [*pixels, b, x]]
    groups = [[0], [1], [2], [3, 4]]

    def body(left: Any, right: Any, total: Any) -> Any:
        return arith.addf(total, arith.mulf(left, right))

    with before(convolution):
        packed = constant(blocked, tensor_type(blocked.shape, element))
        sizes = [*sizes_of(initial)[:3], columns // block, block]
        made = defining_op(initial)
        if made is not None and made.name == "linalg.fill":
            start = fill(made.operands[0], empty(sizes, element))
        else:
            start = expand(initial, groups, sizes)
        indexing = [ir.AffineMap.get(6, 0, each, convolution.context) for each in maps]
        (product,) = generic([image, packed], [start], indexing, ["parallel"] * 5 + ["reduction"], body)
        convolution.results[0].replace_all_uses_with(collapse(product, groups))
    convolution.erase()
