"""Convolutions whose tiles fit registers and caches.

The compiler takes tiles that divide what they tile, and shares a convolution out by rows of the image. Two kinds lose:

* Images of an odd width, and numbers of channels that vectors do not divide: the largest divisor may be a single pixel,
  or fifteen channels of sixteen. Tiles of a good size with the remainder in a loop of its own are 3 to 12 times faster.
* Small images deep in a network, where the weights are the larger part: every share reads all weights of its channels,
  from memory, seven times over. Shares of whole images and few channels read each weight once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from iree.compiler import ir

from ireekit import Pass, walk
from ireekit.codegen import kernels
from ireekit.passes import Statistic
from ireekit.targets.machines import Machine

_LEVELS = re.compile(r"(\w+) = \[([^\]]*)\]")
_CONFIG = "lowering_config"
_TRANSLATION = "translation_info"
_PEELING = "enable_loop_peeling"
_LOOPS = {7: 3, 6: 2}
"""Loops of a convolution, and how many of them sum: batch, rows, columns and channels of the result come first, then
rows and columns of the filter, then, where it is not depthwise, its channels."""
_IMAGE = 4
_DISTRIBUTION, _PARALLEL = "distribution", "vector_common_parallel"
_CHANNELS = 32
_BYTES = {"f32": 4, "f64": 8, "f16": 2, "bf16": 2}
_NARROW = 4
"""Pixels of a tile that leave the units for multiplication waiting for each other's results."""

_Levels = dict[str, list[int]]


class RetileConvolutions(Pass):
    """Change tiles of configured kernels of convolutions, where they are narrow or weights outweigh the images.

    Runs at phase ``executable-configurations``: what the compiler chose for the other levels stays.
    """

    name = "mypipeline-retile-convolutions"
    anchor = "builtin.module"
    acts_on = ("linalg.generic{iterator_types=reduction}", "linalg.*conv_*")
    for_speed = True
    retiled = Statistic("kernels retiled")

    def run(self, op: ir.Operation) -> None:
        for kernel in kernels(op):
            if _retile(kernel.function, kernel.machine):
                self.retiled.increment()


@dataclass(frozen=True)
class _Convolution:
    """The root of a kernel, with static shapes.

    Attributes:
      op: it.
      image, weights, result: shapes; channels are innermost, those of the result last in the weights.
      levels: its tiles.
    """

    op: ir.Operation
    image: list[int]
    weights: list[int]
    result: list[int]
    levels: _Levels


def _retile(function: ir.Operation, machine: Machine) -> bool:
    configured = [op for op in walk(function) if _CONFIG in op.attributes]
    found = [made for op in configured if (made := _convolution(op)) is not None]
    if len(found) != 1:
        return False
    (convolution,) = found
    others = {op: _levels(op) for op in configured if op != convolution.op}
    before = convolution.levels[_PARALLEL][:_IMAGE]
    # What is computed before and after it, tile by tile, has its tiles.
    follow = all(levels == {_PARALLEL: before} for levels in others.values())
    wide = follow and _TRANSLATION in function.attributes and _widen(convolution, machine)
    if wide:
        for op in others:
            _set(op, {_PARALLEL: convolution.levels[_PARALLEL][:_IMAGE]})
        _peel(function)
    shared = _share(convolution)
    if wide or shared:
        _set(convolution.op, convolution.levels)
    return wide or shared


def _widen(convolution: _Convolution, machine: Machine) -> bool:
    """Tiles of vectors, and of enough pixels, where those of the compiler are not."""
    size = _BYTES.get(str(ir.RankedTensorType(convolution.op.results[0].type).element_type))
    if size is None:
        return False
    lanes = machine.lanes(size)
    parallel, shares = convolution.levels[_PARALLEL], convolution.levels[_DISTRIBUTION]
    _batch, _rows, columns, channels = convolution.result
    narrow = parallel[2] <= _NARROW < columns
    ragged = channels >= lanes and parallel[3] % lanes != 0
    if not narrow and not ragged:
        return False
    parallel[2] = _even_share(columns, machine.rows + 1) if narrow else parallel[2]
    deep = len(parallel) == max(_LOOPS) and channels % (2 * lanes) == 0
    if channels >= lanes:
        parallel[3] = 2 * lanes if deep else lanes
    shares[2] = columns
    shares[3] = -(-max(shares[3], parallel[3]) // parallel[3]) * parallel[3]
    return True


def _even_share(total: int, most: int) -> int:
    """The size of equal shares of at most ``most``; the last one may be smaller."""
    return -(-total // -(-total // most))


def _share(convolution: _Convolution) -> bool:
    """Shares that read their weights once, where there are more of these than of pixels."""
    image, weights, result = convolution.image, convolution.weights, convolution.result
    if len(weights) != _IMAGE or prod(weights) <= prod(image) + prod(result):
        return False
    shares = convolution.levels[_DISTRIBUTION]
    _batch, rows, columns, channels = result
    shares[1:4] = [rows, columns, _CHANNELS if channels % _CHANNELS == 0 else shares[3]]
    return True


def _convolution(op: ir.Operation) -> _Convolution | None:
    """``op`` as a convolution that has been configured, or ``None``."""
    levels = _levels(op)
    shapes = [shape for value in op.operands if (shape := _shape(value)) is not None]
    tiles = levels.get(_DISTRIBUTION, [])
    if len(tiles) not in _LOOPS or len(op.operands) != 3 or len(op.results) != 1 or len(shapes) != 3:
        return None
    image, weights, result = shapes
    depthwise = len(tiles) != max(_LOOPS)
    fits = _is_depthwise(image, weights, result) if depthwise else _is_dense(image, weights, result)
    if not fits or len(levels.get(_PARALLEL, [])) != len(tiles):
        return None
    return _Convolution(op, image, weights, result, levels)


def _is_dense(image: Sequence[int], weights: Sequence[int], result: Sequence[int]) -> bool:
    """Whether the channels are the innermost of all three, those of the result last in the filter."""
    return len(image) == len(weights) == len(result) == _IMAGE and image[3] == weights[2] and weights[3] == result[3]


def _is_depthwise(image: Sequence[int], weights: Sequence[int], result: Sequence[int]) -> bool:
    return len(image) == len(result) == _IMAGE and len(weights) == 3 and image[3] == weights[2] == result[3]


def _levels(op: ir.Operation) -> _Levels:
    """Tiles by level; of what has no loops there are none."""
    found = _LEVELS.findall(str(op.attributes[_CONFIG]))
    return {name: [int(size) for size in sizes.split(",") if size.strip()] for name, sizes in found}


def _set(op: ir.Operation, levels: _Levels) -> None:
    """Change the levels of a configuration; what else is in it stays."""
    text = _LEVELS.sub(
        lambda found: f"{found[1]} = [{', '.join(map(str, levels.get(found[1], found[2].split(','))))}]",
        str(op.attributes[_CONFIG]),
    )
    op.attributes[_CONFIG] = ir.Attribute.parse(text)


def _peel(function: ir.Operation) -> None:
    """Give remainders of tiles loops of their own."""
    text = str(function.attributes[_TRANSLATION])
    if _PEELING in text:
        return
    body = text.rstrip().removesuffix(">")
    made = f"{body[:-1]}, {_PEELING}}}>" if body.endswith("}") else f"{body}, {{{_PEELING}}}>"
    function.attributes[_TRANSLATION] = ir.Attribute.parse(made)


def _shape(value: ir.Value) -> list[int] | None:
    kind: Any = value.type
    return list(kind.shape) if isinstance(kind, ir.RankedTensorType) and kind.has_static_shape else None
