"""Concatenations of images along channels, written part by part.

The compiler concatenates along the outermost axis, where each part is one stretch of memory, and transposes for that
what is joined and what becomes of it. With channels last those are two transpositions of whole images, and convolutions
that write theirs transposed. Written into its channels, each part is copied once.
"""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic
from ireekit.passes.builders import before, empty
from ireekit.passes.uses import defining_op, users

from .slices import put

_CONCATENATION = "tensor.concat"
_READERS = ("linalg.conv_2d_nhwc", "linalg.depthwise_conv_2d_nhwc", "linalg.pooling_nhwc")
_BETWEEN = frozenset({"tensor.pad", "linalg.generic"})
_STEPS = 4
"""Operations between a concatenation and what reads it as an image."""


class JoinImages(ireekit.Pass):
    """Turn ``tensor.concat`` of images along the channels, the last axis, into insertions of each part.

    Those with static shapes that a convolution or a pooling makes or reads, be it after padding and elementwise
    operations.
    """

    name = "mypipeline-join-images"
    anchor = "util.func"
    acts_on = (_CONCATENATION,)
    for_speed = True
    joined = Statistic("concatenations written part by part")

    def run(self, op: ir.Operation) -> None:
        for concatenation in ireekit.find(op, _CONCATENATION):
            if _is_of_channels(concatenation) and _is_of_images(concatenation):
                with before(concatenation):
                    concatenation.results[0].replace_all_uses_with(_joined(concatenation))
                concatenation.erase()
                self.joined.increment()


def _is_of_channels(concatenation: ir.Operation) -> bool:
    types: list[Any] = [value.type for value in (*concatenation.operands, *concatenation.results)]
    static = all(each.has_static_shape and each.rank == 4 for each in types)
    return static and ir.IntegerAttr(concatenation.attributes["dim"]).value == 3


def _is_of_images(concatenation: ir.Operation) -> bool:
    makers = [defining_op(part) for part in concatenation.operands]
    return any(maker is not None and maker.name.startswith(_READERS) for maker in makers) or _is_image(
        concatenation, _STEPS
    )


def _is_image(op: ir.Operation, steps: int) -> bool:
    """Whether an operation that works on images reads the result of ``op``."""
    for user in users(op):
        if user.name.startswith(_READERS):
            return True
        if steps and user.name in _BETWEEN and _is_image(user, steps - 1):
            return True
    return False


def _joined(concatenation: ir.Operation) -> ir.Value:
    type: Any = concatenation.results[0].type  # noqa: A001
    into, start = empty(list(type.shape), type.element_type), 0
    for part in concatenation.operands:
        sizes = list(ir.RankedTensorType(part.type).shape)
        into = put(part, into, [0, 0, 0, start], sizes, [1] * 4)
        start += sizes[3]
    return into
