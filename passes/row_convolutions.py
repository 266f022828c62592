"""Convolutions with filters of one row or one column, with channels last, as matrix products.

The compiler drops the axis of size 1, and then knows no good kernel for what is left. For each result the pixels that
its filter sees are written side by side (im2col), which is little to write next to the arithmetic; one product of
matrices remains.
"""

from __future__ import annotations

import math
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before, elementwise, empty, full
from ireekit.passes.named_ops import matmul

from .layout.values import isolate
from .reshapes import collapse, expand
from .slices import integers, put, window
from .zeros import is_zero

_CONVOLUTION = "linalg.conv_2d_nhwc_hwcf"


class RowConvolutions(ireekit.Pass):
    """Turn convolutions with filters of one row or one column, of static shape, into ``linalg.matmul``."""

    name = "mypipeline-row-convolutions"
    anchor = "util.func"
    acts_on = (_CONVOLUTION,)
    for_speed = True
    rewritten = Statistic("convolutions turned into matrix products")

    def run(self, op: ir.Operation) -> None:
        for convolution in ireekit.find(op, _CONVOLUTION):
            axis = _axis(convolution)
            if axis is None:
                continue
            with before(convolution):
                convolution.results[0].replace_all_uses_with(_as_product(convolution, axis))
            convolution.erase()
            self.rewritten.increment()


def _axis(convolution: ir.Operation) -> int | None:
    """The axis of the image that the filter extends along, where there is just one; else ``None``."""
    types: list[Any] = [value.type for value in convolution.operands]
    if not all(each.has_static_shape for each in types) or not isinstance(types[0].element_type, ir.FloatType):
        return None
    rows, columns = types[1].shape[:2]
    return {(True, False): 1, (False, True): 2}.get((rows > 1, columns > 1))


def _as_product(convolution: ir.Operation, axis: int) -> ir.Value:
    from iree.compiler.dialects import arith

    image, filters, initial = convolution.operands
    taps, result = ir.RankedTensorType(filters.type).shape[axis - 1], ir.RankedTensorType(initial.type)
    channels = ir.RankedTensorType(image.type).shape[3]
    sizes = [*result.shape[:3], channels]
    strides, dilations = (_of_axes(convolution, name) for name in ("strides", "dilations"))
    columns = empty([*sizes[:3], taps * channels], result.element_type)
    for tap in range(taps):
        offsets = [0] * 4
        offsets[axis] = tap * dilations[axis - 1]
        seen = window(image, offsets, sizes, [1, *strides, 1])
        columns = put(seen, columns, [0, 0, 0, tap * channels], sizes, [1] * 4)
    # A product that gathers its rows is many times slower.
    rows = collapse(isolate(columns), [[0, 1, 2], [3]])
    matrix = collapse(filters, [[0, 1, 2], [3]])
    zero = full([math.prod(sizes[:3]), result.shape[3]], 0.0, result.element_type)
    product = matmul(rows, matrix, zero)
    made = expand(product, [[0, 1, 2], [3]], list(result.shape))
    return made if is_zero(initial) else elementwise(arith.addf, made, initial)


def _of_axes(convolution: ir.Operation, name: str) -> list[int]:
    return integers(convolution, name) if name in convolution.attributes else [1, 1]
