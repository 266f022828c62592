"""1×1 convolutions with a stride, on the pixels that they read.

Such a convolution (the shortcuts of a residual network) leaves most of its image out. The compiler takes it for a
reduction with steps, which does not vectorise: a hundred times slower than taking the pixels that are read first, and
then the product of matrices that remains.
"""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before

from .reshapes import sizes_of
from .slices import integers, window

_MEMO = "linalg.memoized_indexing_maps"
"""Indexing maps that were computed before, with the stride."""

# Convolution -> axes of rows and columns in its image, and in its filter.
_AXES = {
    "linalg.conv_2d_nchw_fchw": ((2, 3), (2, 3)),
    "linalg.conv_2d_nhwc_hwcf": ((1, 2), (0, 1)),
}


class StridedPointwise(ireekit.Pass):
    """Convolutions with kernels of one element and a stride: the same without the stride, on part of the image."""

    name = "mypipeline-strided-pointwise"
    anchor = "util.func"
    acts_on = tuple(_AXES)
    rewritten = Statistic("convolutions without their stride")

    def run(self, op: ir.Operation) -> None:
        for name, (image, kernel) in _AXES.items():
            for convolution in ireekit.find(op, name):
                if _is_strided_pointwise(convolution, image, kernel):
                    _rewrite(convolution, image)
                    self.rewritten.increment()


def _is_strided_pointwise(convolution: ir.Operation, image: tuple[int, int], kernel: tuple[int, int]) -> bool:
    types: list[Any] = [value.type for value in convolution.operands]
    if any(types[1].is_dynamic_dim(axis) or types[1].shape[axis] != 1 for axis in kernel):
        return False
    if any(types[2].is_dynamic_dim(axis) for axis in image):
        return False
    return "strides" in convolution.attributes and any(stride != 1 for stride in integers(convolution, "strides"))


def _rewrite(convolution: ir.Operation, axes: tuple[int, int]) -> None:
    image, _kernel, result = convolution.operands
    strides = integers(convolution, "strides")
    with before(convolution):
        sizes, steps = sizes_of(image), [1] * 4
        for axis, stride in zip(axes, strides, strict=True):
            sizes[axis], steps[axis] = ir.RankedTensorType(result.type).shape[axis], stride
        convolution.operands[0] = window(image, [0] * 4, sizes, steps)
    one = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 1)
    convolution.attributes["strides"] = ir.DenseIntElementsAttr.get_splat(convolution.attributes["strides"].type, one)
    if _MEMO in convolution.attributes:
        del convolution.attributes[_MEMO]
