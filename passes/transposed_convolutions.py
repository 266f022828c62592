"""Transposed convolutions without the zeros.

A transposed convolution of stride ``s`` arrives as a convolution of an image with ``s - 1`` zeros between its pixels:
``s * s`` times the arithmetic that is needed. Which elements of the filter meet a pixel, and not a zero, depends on the
position of the result modulo ``s`` alone. So each of these positions (phases) is a small convolution of the image as it
was, and the results are put side by side (sub-pixel convolution, Shi et al., 2016). Where all phases see the same
pixels, as with a kernel of the size of the stride, they are one convolution with ``s * s`` times the channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic, named_ops
from ireekit.passes.builders import before, constant, elementwise, empty, full, tensor_type
from ireekit.passes.constants import constant_value
from ireekit.passes.named_ops import transpose
from ireekit.passes.uses import defining_op

from .layout.values import isolate
from .reshapes import collapse, expand
from .slices import integers, put, window
from .zeros import is_zero

_CONVOLUTION = "linalg.conv_2d_nhwc_hwcf"
_INSERT = "tensor.insert_slice"


class TransposedConvolutions(ireekit.Pass):
    """Turn convolutions of images with zeros between their pixels, of static shape, into those of the images.

    They have channels last (``linalg.conv_2d_nhwc_hwcf``) and no stride of their own; the pixels come into an image of
    zeros by a ``tensor.insert_slice``.
    """

    name = "mypipeline-transposed-convolutions"
    anchor = "util.func"
    acts_on = (_INSERT,)
    rewritten = Statistic("convolutions without zeros between pixels")

    def run(self, op: ir.Operation) -> None:
        for convolution in ireekit.find(op, _CONVOLUTION):
            found = _transposed(convolution)
            if found is None:
                continue
            with before(convolution):
                convolution.results[0].replace_all_uses_with(found.rewritten())
            convolution.erase()
            self.rewritten.increment()


@dataclass(frozen=True)
class _Phase:
    """Results at positions ``r, r + s, r + 2 s, ...`` along one axis.

    Attributes:
      position: ``r``.
      count: of these results.
      taps: elements of the filter that meet pixels.
      first: the pixel that the first of them meets for the first result; negative where that is beyond the image.
      dilation: pixels from one tap to the next.
    """

    position: int
    count: int
    taps: tuple[int, ...]
    first: int
    dilation: int

    @property
    def extent(self) -> int:
        """Pixels that it sees."""
        return self.count + (len(self.taps) - 1) * self.dilation


@dataclass(frozen=True)
class _Transposed:
    """A convolution of an image with zeros between its pixels.

    Attributes:
      pixels, filter, initial: image as it was, ``[h, w, c, f]``, and what the results are added to.
      strides: from pixel to pixel, of rows and columns.
      phases: of rows and of columns.
    """

    pixels: ir.Value
    filter: ir.Value
    initial: ir.Value
    strides: tuple[int, int]
    phases: tuple[list[_Phase], list[_Phase]]

    def rewritten(self) -> ir.Value:
        """What the convolution gives."""
        from iree.compiler.dialects import arith

        made = self._at_once() if self._are_alike() else self._one_by_one()
        return made if is_zero(self.initial) else elementwise(arith.addf, made, self.initial)

    def _are_alike(self) -> bool:
        """Whether all phases see the same pixels, and have as many results."""
        return all(len({(each.first, each.extent, each.count) for each in phases}) == 1 for phases in self.phases)

    def _at_once(self) -> ir.Value:
        rows, columns = (phases[0] for phases in self.phases)
        sources = [self._taps(row, column) for row, column in product(*self.phases)]
        filters = _joined(sources)
        batch, channels = _shape(self.pixels)[0], _shape(self.filter)[3]
        high, wide = self.strides
        # A product that writes its results in another order is many times slower.
        made = isolate(self._convolution(self._padded(), filters, rows, columns))
        parts = expand(made, [[0], [1], [2], [3, 4, 5]], [batch, rows.count, columns.count, high, wide, channels])
        spread = _permuted(parts, [0, 1, 3, 2, 4, 5])
        return collapse(spread, [[0], [1, 2], [3, 4], [5]])

    def _one_by_one(self) -> ir.Value:
        result: Any = self.initial.type
        batch, _, _, channels = result.shape
        padded = self._padded()
        into = full(list(result.shape), 0.0, result.element_type)
        for rows, columns in product(*self.phases):
            if not rows.taps or not columns.taps or not rows.count or not columns.count:
                continue
            made = self._convolution(padded, self._taps(rows, columns), rows, columns)
            sizes = [batch, rows.count, columns.count, channels]
            into = put(made, into, [0, rows.position, columns.position, 0], sizes, [1, *self.strides, 1])
        return into

    def _margins(self) -> list[tuple[int, int]]:
        """Zeros before and after the rows and the columns of the image."""
        margins: list[tuple[int, int]] = []
        for phases, size in zip(self.phases, _shape(self.pixels)[1:3], strict=True):
            seen = [each for each in phases if each.taps and each.count]
            low = max([0, *(-each.first for each in seen)])
            high = max([0, *(each.first + each.extent - size for each in seen)])
            margins.append((low, high))
        return margins

    def _padded(self) -> ir.Value:
        margins = [(0, 0), *self._margins(), (0, 0)]
        if not any(map(any, margins)):
            return self.pixels
        type: Any = self.pixels.type  # noqa: A001
        shape = [size + low + high for size, (low, high) in zip(type.shape, margins, strict=True)]
        zero = constant(0.0, type.element_type)
        made = ir.Operation.create(
            "tensor.pad",
            results=[tensor_type(shape, type.element_type)],
            operands=[self.pixels],
            attributes={
                "static_low": ir.DenseI64ArrayAttr.get([low for low, _ in margins]),
                "static_high": ir.DenseI64ArrayAttr.get([high for _, high in margins]),
                "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 0, 0]),
            },
            regions=1,
        )
        where = ir.Location.current
        body = made.regions[0].blocks.append(*[ir.IndexType.get()] * 4, arg_locs=[where] * 4)
        with ir.InsertionPoint(body):
            ir.Operation.create("tensor.yield", operands=[zero])
        return made.results[0]

    def _seen(self, padded: ir.Value, rows: _Phase, columns: _Phase) -> ir.Value:
        """The part of the padded image that a phase sees."""
        batch, height, width, channels = _shape(padded)
        (top, _), (left, _) = self._margins()
        offsets = [0, rows.first + top, columns.first + left, 0]
        sizes = [batch, rows.extent, columns.extent, channels]
        if sizes == [batch, height, width, channels]:
            return padded
        return window(padded, offsets, sizes, [1] * 4)

    def _convolution(self, padded: ir.Value, filters: ir.Value, rows: _Phase, columns: _Phase) -> ir.Value:
        """The results of a phase, summed in the type of the results: f32 for images of f16."""
        image = self._seen(padded, rows, columns)
        element = ir.RankedTensorType(self.initial.type).element_type
        zero = full([_shape(image)[0], rows.count, columns.count, _shape(filters)[3]], 0.0, element)
        dilations = [rows.dilation, columns.dilation]
        return named_ops.convolution("conv_2d_nhwc_hwcf", image, filters, zero, [1, 1], dilations)

    def _taps(self, rows: _Phase, columns: _Phase) -> ir.Value:
        """The elements of the filter that a phase needs."""
        import numpy as np

        shape = _shape(self.filter)
        picked = [_progression(each.taps) for each in (rows, columns)]
        sizes = [len(rows.taps), len(columns.taps), *shape[2:]]
        found = constant_value(self.filter)
        if found is None:
            offsets, steps = zip(*picked, strict=True)
            return window(self.filter, [*offsets, 0, 0], sizes, [*steps, 1, 1])
        element = ir.RankedTensorType(self.filter.type).element_type
        array = found.broadcast()[np.ix_(list(rows.taps), list(columns.taps))]
        return constant(np.ascontiguousarray(array), tensor_type(sizes, element))


def _transposed(convolution: ir.Operation) -> _Transposed | None:
    """``convolution`` taken apart, or ``None``."""
    image, filters, initial = convolution.operands
    insert = defining_op(image)
    if insert is None or insert.name != _INSERT or len(insert.operands) != 2 or not is_zero(insert.operands[1]):
        return None
    values = [insert.operands[0], image, filters, initial]
    types: list[Any] = [value.type for value in values]
    if not all(each.has_static_shape and each.rank == 4 for each in types):
        return None
    if not isinstance(types[0].element_type, ir.FloatType) or _pair(convolution, "strides") != [1, 1]:
        return None
    offsets, steps = (integers(insert, f"static_{name}") for name in ("offsets", "strides"))
    if min(offsets) < 0 or offsets[0] or offsets[3] or steps[0] != 1 or steps[3] != 1 or max(steps[1:3]) == 1:
        return None
    dilations = _pair(convolution, "dilations")
    phases = [
        _phases(types[3].shape[axis], steps[axis], offsets[axis], dilations[axis - 1], types[2].shape[axis - 1])
        for axis in (1, 2)
    ]
    return _Transposed(insert.operands[0], filters, initial, (steps[1], steps[2]), (phases[0], phases[1]))


def _phases(results: int, stride: int, offset: int, dilation: int, kernel: int) -> list[_Phase]:
    """The phases along one axis: result ``y`` sees ``y + k * dilation``, pixel ``i`` is at ``offset + i * stride``."""
    made: list[_Phase] = []
    common = math.gcd(stride, dilation)
    for position in range(stride):
        taps = tuple(k for k in range(kernel) if (position + k * dilation - offset) % stride == 0)
        first = (position + taps[0] * dilation - offset) // stride if taps else 0
        count = max(0, -(-(results - position) // stride))
        made.append(_Phase(position, count, taps, first, dilation // common))
    return made


def _joined(filters: Sequence[ir.Value]) -> ir.Value:
    """Filters one after the other along the channels of their results."""
    import numpy as np

    shape = _shape(filters[0])
    element = ir.RankedTensorType(filters[0].type).element_type
    found = [constant_value(each) for each in filters]
    arrays = [each.broadcast() for each in found if each is not None]
    total = [*shape[:3], shape[3] * len(filters)]
    if len(arrays) == len(filters):
        return constant(np.concatenate(arrays, 3), tensor_type(total, element))
    return ir.Operation.create(
        "tensor.concat",
        results=[tensor_type(total, element)],
        operands=list(filters),
        attributes={"dim": ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 3)},
    ).results[0]


def _permuted(value: ir.Value, order: list[int]) -> ir.Value:
    type: Any = value.type  # noqa: A001
    return transpose(value, empty([type.shape[axis] for axis in order], type.element_type), order)


def _progression(numbers: Sequence[int]) -> tuple[int, int]:
    """The first of equally spaced numbers, and the space."""
    return numbers[0], numbers[1] - numbers[0] if len(numbers) > 1 else 1


def _pair(convolution: ir.Operation, name: str) -> list[int]:
    return integers(convolution, name) if name in convolution.attributes else [1, 1]


def _shape(value: ir.Value) -> list[int]:
    return list(ir.RankedTensorType(value.type).shape)
