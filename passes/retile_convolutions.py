"""Convolutions that read their weights once.

The compiler shares a convolution out by rows of the image, and every share reads all weights of its channels. For the
small images deep in a network the weights are the larger part: from memory, seven times over, they are what the time is
spent on. Shares of whole images and few channels read each weight once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from iree.compiler import ir

from ireekit import Pass, walk
from ireekit.codegen import LoweringConfig, kernels
from ireekit.passes import Statistic

_CONFIG = "lowering_config"
_LEVEL = "distribution"
_LOOPS = 7
"""Batch, rows, columns and channels of the result; rows, columns and channels of the filter."""
_CHANNELS = 32


class RetileConvolutions(Pass):
    """Change how configured kernels of convolutions are distributed, where weights outweigh the images.

    Runs at phase ``executable-configurations``: what the compiler chose for the other levels stays.
    """

    name = "mypipeline-retile-convolutions"
    anchor = "builtin.module"
    retiled = Statistic("kernels retiled")

    def run(self, op: ir.Operation) -> None:
        for kernel in kernels(op):
            for each in walk(kernel.function):
                if _CONFIG in each.attributes and _retile(each):
                    self.retiled.increment()


def _retile(op: ir.Operation) -> bool:
    lowering = LoweringConfig.read(op.attributes[_CONFIG])
    if lowering is None or lowering.loops != _LOOPS or _LEVEL not in lowering.tiles:
        return False
    shapes = [shape for value in op.operands if (shape := _shape(value)) is not None]
    if len(op.operands) != 3 or len(op.results) != 1 or len(shapes) != 3:
        return False
    image, weights, result = shapes
    if not _is_convolution(image, weights, result) or prod(weights) <= prod(image) + prod(result):
        return False
    _batch, rows, columns, channels = result
    tiles = list(lowering.tiles[_LEVEL])
    tiles[1:4] = [rows, columns, _CHANNELS if channels % _CHANNELS == 0 else tiles[3]]
    op.attributes[_CONFIG] = ir.Attribute.parse(str(LoweringConfig({**lowering.tiles, _LEVEL: tuple(tiles)})))
    return True


def _is_convolution(image: Sequence[int], weights: Sequence[int], result: Sequence[int]) -> bool:
    """Whether the channels are the innermost of all three, those of the result last in the filter."""
    return len(image) == len(weights) == len(result) == 4 and image[3] == weights[2] and weights[3] == result[3]


def _shape(value: ir.Value) -> list[int] | None:
    kind: Any = value.type
    return list(kind.shape) if isinstance(kind, ir.RankedTensorType) and kind.has_static_shape else None
