"""Convolutions along one axis, with channels last, as matrix products.

The compiler drops the axis of one row, and then knows no good kernel for what is left. For each result the pixels that
its filter sees are written side by side (im2col), which is little to write next to the arithmetic; one product of
matrices remains.
"""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before, elementwise, empty, full
from ireekit.passes.uses import values_of

from .layout.values import isolate
from .reshapes import collapse, expand
from .slices import put, window
from .zeros import is_zero

_CONVOLUTION = "linalg.conv_2d_nhwc_hwcf"


class RowConvolutions(ireekit.Pass):
    """Turn convolutions of images with one row or one column, of static shape, into ``linalg.matmul``."""

    name = "mypipeline-row-convolutions"
    anchor = "util.func"
    acts_on = (_CONVOLUTION,)
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
    """The axis of the image that the filter extends along, where the image has no other; else ``None``."""
    types: list[Any] = [value.type for value in convolution.operands]
    if not all(each.has_static_shape for each in types) or not isinstance(types[0].element_type, ir.FloatType):
        return None
    image, window, _result = (list(each.shape) for each in types)
    for axis in (1, 2):
        if image[3 - axis] == window[2 - axis] == 1 and window[axis - 1] > 1:
            return axis
    return None


def _as_product(convolution: ir.Operation, axis: int) -> ir.Value:
    from iree.compiler.dialects import arith, linalg

    image, window_, initial = convolution.operands
    batch, _, _, channels = ir.RankedTensorType(image.type).shape
    result: Any = initial.type
    taps = ir.RankedTensorType(window_.type).shape[axis - 1]
    length, filters = result.shape[axis], result.shape[3]
    stride, dilation = (_along(convolution, name, axis) for name in ("strides", "dilations"))
    pixels = collapse(image, [[0], [1, 2], [3]])
    columns = empty([batch, length, taps * channels], result.element_type)
    for tap in range(taps):
        seen = window(pixels, [0, tap * dilation, 0], [batch, length, channels], [1, stride, 1])
        columns = put(seen, columns, [0, 0, tap * channels], [batch, length, channels], [1, 1, 1])
    # A product that gathers its rows is many times slower.
    rows = collapse(isolate(columns), [[0, 1], [2]])
    matrix = collapse(window_, [[0, 1, 2], [3]])
    zero = full([batch * length, filters], 0.0, result.element_type)
    product = values_of(linalg.matmul(rows, matrix, outs=[zero]))[0]
    made = expand(product, [[0, 1, 2], [3]], list(result.shape))
    return made if is_zero(initial) else elementwise(arith.addf, made, initial)


def _along(convolution: ir.Operation, name: str, axis: int) -> int:
    if name not in convolution.attributes:
        return 1
    numbers: Any = convolution.attributes[name]
    return int([*numbers][axis - 1])
