"""Convolutions over patches that do not overlap, as matrix products.

Where the stride is the size of the kernel (patch embeddings, downsampling layers), each element of the image is in one
patch: the convolution is a product of the patches, one a row, with the kernel. Only the order of elements has to change
first, and that must stay a kernel of its own: a product that gathers its rows is many times slower.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before, elementwise, empty, full
from ireekit.passes.constants import constant_value
from ireekit.passes.named_ops import matmul, transpose
from ireekit.passes.uses import defining_op

from .reshapes import collapse, expand

_BARRIER = "iree_tensor_ext.compute_barrier.start"


class PatchConvolutions(ireekit.Pass):
    """Turn 2-D convolutions with static shapes, stride equal to the kernel and no dilation into ``linalg.matmul``."""

    name = "mypipeline-patch-convolutions"
    anchor = "util.func"
    acts_on = ("linalg.conv_2d_nchw_fchw", "linalg.conv_2d_nhwc_hwcf")
    for_speed = True
    rewritten = Statistic("convolutions turned into matrix products")

    def run(self, op: ir.Operation) -> None:
        for name, rewrite in _FORMS.items():
            for convolution in ireekit.find(op, name):
                if _is_patchwise(convolution, _KERNEL[name]):
                    with before(convolution):
                        convolution.results[0].replace_all_uses_with(rewrite(convolution))
                    convolution.erase()
                    self.rewritten.increment()


def _is_patchwise(convolution: ir.Operation, kernel_axes: tuple[int, int]) -> bool:
    types: list[Any] = [value.type for value in convolution.operands]
    if not all(each.has_static_shape for each in types) or not isinstance(types[0].element_type, ir.FloatType):
        return False
    kernel = [types[1].shape[axis] for axis in kernel_axes]
    if kernel != _pair(convolution, "strides") or math.prod(kernel) == 1:
        return False
    image = [types[0].shape[axis] for axis in _IMAGE[convolution.name]]
    divides = all(size % patch == 0 for size, patch in zip(image, kernel, strict=True))
    return divides and _pair(convolution, "dilations") == [1, 1]


def _pair(convolution: ir.Operation, name: str) -> list[int]:
    if name not in convolution.attributes:
        return [1, 1]
    numbers: Any = convolution.attributes[name]
    return [int(each) for each in numbers]


def _channels_first(convolution: ir.Operation) -> ir.Value:
    image, kernel, initial = convolution.operands
    batch, channels, height, width = ir.RankedTensorType(image.type).shape
    filters, _, kh, kw = ir.RankedTensorType(kernel.type).shape
    oh, ow = height // kh, width // kw
    parts = expand(image, [[0], [1], [2, 3], [4, 5]], [batch, channels, oh, kh, ow, kw])
    rows = _rows(_transposed(parts, [0, 2, 4, 1, 3, 5]))
    columns = _transposed(collapse(kernel, [[0], [1, 2, 3]]), [1, 0])
    product = expand(_product(rows, columns), [[0, 1, 2], [3]], [batch, oh, ow, filters])
    return _sum(_transposed(product, [0, 3, 1, 2]), initial)


def _channels_last(convolution: ir.Operation) -> ir.Value:
    image, kernel, initial = convolution.operands
    batch, height, width, channels = ir.RankedTensorType(image.type).shape
    kh, kw, _, filters = ir.RankedTensorType(kernel.type).shape
    oh, ow = height // kh, width // kw
    parts = expand(image, [[0], [1, 2], [3, 4], [5]], [batch, oh, kh, ow, kw, channels])
    rows = _rows(_transposed(parts, [0, 1, 3, 2, 4, 5]))
    product = _product(rows, collapse(kernel, [[0, 1, 2], [3]]))
    return _sum(expand(product, [[0, 1, 2], [3]], [batch, oh, ow, filters]), initial)


_FORMS: dict[str, Callable[[ir.Operation], ir.Value]] = {
    "linalg.conv_2d_nchw_fchw": _channels_first,
    "linalg.conv_2d_nhwc_hwcf": _channels_last,
}
_KERNEL = {"linalg.conv_2d_nchw_fchw": (2, 3), "linalg.conv_2d_nhwc_hwcf": (0, 1)}
_IMAGE = {"linalg.conv_2d_nchw_fchw": (2, 3), "linalg.conv_2d_nhwc_hwcf": (1, 2)}


def _rows(patches: ir.Value) -> ir.Value:
    """``[batch, rows, columns, a, b, c]`` as a matrix, computed before the product."""
    matrix = collapse(patches, [[0, 1, 2], [3, 4, 5]])
    return ir.Operation.create(_BARRIER, results=[matrix.type], operands=[matrix]).results[0]


def _transposed(value: ir.Value, order: list[int]) -> ir.Value:
    type: Any = value.type  # noqa: A001
    return transpose(value, empty([type.shape[axis] for axis in order], type.element_type), order)


def _product(rows: ir.Value, columns: ir.Value) -> ir.Value:
    left, right = ir.RankedTensorType(rows.type), ir.RankedTensorType(columns.type)
    into = full([left.shape[0], right.shape[1]], 0.0, left.element_type)
    return matmul(rows, columns, into)


def _sum(product: ir.Value, initial: ir.Value) -> ir.Value:
    """The product added to what the convolution was to be added to."""
    from iree.compiler.dialects import arith

    made = defining_op(initial)
    filled = made.operands[0] if made is not None and made.name == "linalg.fill" else initial
    constant = constant_value(filled)
    if constant is not None and not constant.array.any():
        return product
    return elementwise(arith.addf, product, initial)
