"""Images without the rows and columns that no window reaches.

A convolution or pooling with a single result along an axis, whose window does not cover that axis, leaves the end of
its image out. The compiler (IREE 3.13) drops the loop over the one result, takes the window for as long as the image,
and computes something else; some of these programs do not even compile.
"""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before

from .reshapes import sizes_of
from .slices import window

# Operation -> axes of its image and its result, and of its window.
_AXES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "linalg.conv_1d_ncw_fcw": ((2,), (2,)),
    "linalg.conv_2d_nchw_fchw": ((2, 3), (2, 3)),
    "linalg.conv_2d_nhwc_hwcf": ((1, 2), (0, 1)),
    "linalg.conv_2d_ngchw_gfchw": ((3, 4), (3, 4)),
    "linalg.conv_2d_ngchw_fgchw": ((3, 4), (3, 4)),
    "linalg.conv_3d_ncdhw_fcdhw": ((2, 3, 4), (2, 3, 4)),
    "linalg.depthwise_conv_2d_nchw_chw": ((2, 3), (1, 2)),
    "linalg.depthwise_conv_2d_nhwc_hwc": ((1, 2), (0, 1)),
    "linalg.pooling_ncw_max": ((2,), (0,)),
    "linalg.pooling_ncw_sum": ((2,), (0,)),
    "linalg.pooling_nchw_max": ((2, 3), (0, 1)),
    "linalg.pooling_nchw_sum": ((2, 3), (0, 1)),
    "linalg.pooling_nhwc_max": ((1, 2), (0, 1)),
    "linalg.pooling_nhwc_sum": ((1, 2), (0, 1)),
    "linalg.pooling_ndhwc_max": ((1, 2, 3), (0, 1, 2)),
    "linalg.pooling_ndhwc_sum": ((1, 2, 3), (0, 1, 2)),
}


class TrimWindows(ireekit.Pass):
    """Cut images to what the one window of a convolution or pooling reaches, along axes of static size."""

    name = "mypipeline-trim-windows"
    anchor = "util.func"
    acts_on = tuple(_AXES)
    trimmed = Statistic("images cut to what is read of them")

    def run(self, op: ir.Operation) -> None:
        for each in ireekit.walk(op):
            if each.name not in _AXES:
                continue
            sizes = _reached(each)
            if sizes:
                _trim(each, sizes)
                self.trimmed.increment()


def _reached(op: ir.Operation) -> dict[int, int]:
    """By axis what the one window along it reaches, where that is less than there is."""
    image, filters, result = (ir.RankedTensorType(op.operands[index].type) for index in (0, 1, len(op.operands) - 1))
    found: dict[int, int] = {}
    for number, (axis, own) in enumerate(zip(*_AXES[op.name], strict=True)):
        unknown = image.is_dynamic_dim(axis) or filters.is_dynamic_dim(own) or result.is_dynamic_dim(axis)
        if unknown or result.shape[axis] != 1:
            continue
        reach = (filters.shape[own] - 1) * _dilation(op, number) + 1
        if reach < image.shape[axis]:
            found[axis] = reach
    return found


def _dilation(op: ir.Operation, number: int) -> int:
    if "dilations" not in op.attributes:
        return 1
    numbers: Any = op.attributes["dilations"]
    return int([*numbers][number])


def _trim(op: ir.Operation, sizes: dict[int, int]) -> None:
    image = op.operands[0]
    with before(op):
        kept = [sizes.get(axis, size) for axis, size in enumerate(sizes_of(image))]
        op.operands[0] = window(image, [0] * len(kept), kept, [1] * len(kept))
