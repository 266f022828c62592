"""Vector code of convolutions that sum little: depthwise ones, and those of images of a few channels, such as colours.

For a vector or two of channels, some results side by side are summed in registers, filter row by filter row. Which of
these rows lie in the image is found when a row of results begins, which columns do when the kernel is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from ireekit.codegen.custom_kernels import Buffer, Index, KernelWriter

if TYPE_CHECKING:
    from ireekit.targets.machines import Machine

    from ..winograd.kernels import Epilogue

_WORKGROUPS = 15
"""At most: of more, threads take eight at a time, so that one that begins late has too little to do."""
_STRIP_PENALTY = 0.25
"""What reading one vector of channels per pixel costs, in relation to reading it; many in a row cost nothing."""
_EDGES = 4
"""Blocks of columns at the edges at most: each is written out."""
_FILTER_ROW = 32
"""Elements of a row of a filter at most, for one channel of the result."""


@dataclass(frozen=True)
class Direct:
    """Sizes of a convolution, ``(rows, columns)`` each; ``image`` without its padding, which is before its first row
    and column; as many zeros as are read are behind the last ones.

    Attributes:
      channels: of the result.
      inputs: channels of the image that each result is the sum of; 0: only its own, the convolution is depthwise.
      channels_first: how the image lies in memory, if it is not depthwise.
    """

    batch: int
    channels: int
    image: tuple[int, int]
    result: tuple[int, int]
    window: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: tuple[int, int]
    inputs: int = 0
    channels_first: bool = False

    @property
    def image_shape(self) -> tuple[int, ...]:
        """As it lies in memory."""
        if self.channels_first:
            return (self.batch, self.inputs, *self.image)
        return (self.batch, *self.image, self.inputs or self.channels)

    @property
    def filter_shape(self) -> tuple[int, ...]:
        """``[height, width, inputs, channels]``, or without inputs."""
        return (*self.window, self.inputs, self.channels) if self.inputs else (*self.window, self.channels)

    @property
    def flops(self) -> int:
        """Multiplications and additions, those with zeros too."""
        return 2 * math.prod((self.batch, *self.result, *self.filter_shape))

    def column(self, result: int, tap: int) -> int:
        """Of the image, for a column of the result and one of the filter; may lie beside it."""
        return result * self.strides[1] - self.padding[1] + tap * self.dilations[1]

    def is_inside(self, first: int, count: int) -> bool:
        """Whether ``count`` columns of the result from ``first`` on need no padding."""
        last = self.column(first + count - 1, self.window[1] - 1)
        return self.column(first, 0) >= 0 and last < self.image[1]


@dataclass(frozen=True)
class Shares:
    """How a convolution is divided into workgroups.

    Attributes:
      rows: of the result (those of all images) in a share.
      vectors: of channels in a share.
      groups: how many shares there are of each.
    """

    rows: int
    vectors: int
    groups: tuple[int, int]


def shares_of(shape: Direct, lanes: int) -> Shares:
    """Shares that keep few threads equally busy, and read little twice."""
    rows, vectors = shape.batch * shape.result[0], -(-shape.channels // lanes)
    found: list[Shares] = []
    for across in range(1, min(vectors, _WORKGROUPS) + 1):
        for down in range(1, min(rows, _WORKGROUPS // across) + 1):
            tall, wide = -(-rows // down), -(-vectors // across)
            found.append(Shares(tall, wide, (-(-rows // tall), -(-vectors // wide))))
    return min(found, key=lambda shares: _cost(shape, shares, rows * vectors))


def _cost(shape: Direct, shares: Shares, work: int) -> float:
    """Times that threads take, in relation to equal shares without overhead."""
    from ireekit.codegen import balance

    count = math.prod(shares.groups)
    uneven = shares.rows * shares.vectors * count / work
    stride, reach = shape.strides[0], (shape.window[0] - 1) * shape.dilations[0] + 1
    halo = max(reach - stride, 0) / (shares.rows * stride) / 4 if shares.groups[0] > 1 else 0
    strips = _STRIP_PENALTY / shares.vectors if shares.groups[1] > 1 else 0
    return balance.cost(count) * uneven + halo + strips


def kernel_of(
    shape: Direct, machine: Machine, others: Sequence[tuple[int, ...]], epilogue: Epilogue
) -> KernelWriter | None:
    """Images and filters to images ``[batch, height, width, C]``; ``None`` where channels do not fill vectors, or the
    filter is too wide.

    Args:
      others: shapes of further operands, for the epilogue.
      epilogue: applied to each vector of results.
    """
    lanes = machine.lanes(4)
    (height, width), (taps, across) = shape.result, shape.window
    if (
        shape.channels < lanes
        or across * max(shape.inputs, 1) > _FILTER_ROW
        or (shape.inputs and shape.channels % lanes)
    ):
        return None
    vectors = 2 if shape.inputs and shape.channels % (2 * lanes) == 0 else 1
    count = _columns(width, (machine.vector_registers - 4) // (2 * vectors if shape.inputs else 3))
    starts = [*range(0, width - count + 1, count), *([width - count] if width % count else [])]
    edges = [start for start in starts if not shape.is_inside(start, count)]
    inner = [start for start in starts if start not in edges]
    if len(edges) > _EDGES:
        return None
    block = vectors * lanes
    shares = shares_of(shape, block)
    sizes = (height, width, shape.channels, taps, across, *([shape.inputs] if shape.inputs else []))
    kernel = KernelWriter(
        f"{'direct' if shape.inputs else 'depthwise'}_{'x'.join(map(str, sizes))}",
        operands=[shape.image_shape, shape.filter_shape, *others],
        results=[(shape.batch, height, width, shape.channels)],
        lanes=lanes,
        workgroups=(shares.groups[1], shares.groups[0], 1),
        flops=shape.flops,
    )
    strip, band = kernel.workgroup_id(0), kernel.workgroup_id(1)
    first = kernel.times(band, shares.rows)
    behind = kernel.least(kernel.shifted(first, shares.rows), shape.batch * height)
    begin = kernel.times(strip, shares.vectors)
    end = kernel.least(kernel.shifted(begin, shares.vectors), -(-shape.channels // block))
    body = _Body(kernel, shape, count, vectors, epilogue)
    with kernel.loop(behind, start=first) as line:
        at = kernel.divided(line, height)
        rows = _rows(kernel, shape, at[1])
        for start in [*edges, *(start for start in inner if start % count)]:
            with kernel.loop(end, start=begin) as vector:
                body.write(at, rows, start, start, body.channel(vector))
        if regular := [start for start in inner if start % count == 0]:
            with (
                kernel.loop(regular[-1] + 1, start=regular[0], step=count) as start,
                kernel.loop(end, start=begin) as vector,
            ):
                body.write(at, rows, start, None, body.channel(vector))
    return kernel


def _columns(width: int, most: int) -> int:
    """Results side by side: as many as leave the least over."""
    return min(range(1, min(width, most) + 1), key=lambda count: (-(-width // count) * (count + 1), -count))


def _rows(kernel: KernelWriter, shape: Direct, row: str) -> tuple[str, str, str]:
    """The row of the image that the first one of the filter falls on, and the range of those that lie in the image."""
    dilation, padding = shape.dilations[0], shape.padding[0]
    top = kernel.shifted(kernel.times(row, shape.strides[0]), -padding)
    above = kernel.let(f"arith.subi {kernel.index(0)}, {top} : index")
    below = kernel.shifted(above, shape.image[0])
    if dilation > 1:
        by = kernel.index(dilation)
        above, below = (kernel.let(f"arith.ceildivsi {each}, {by} : index") for each in (above, below))
    low = kernel.let(f"arith.maxsi {above}, {kernel.index(0)} : index")
    return top, low, kernel.least(below, shape.window[0])


@dataclass(frozen=True)
class _Body:
    """Some results side by side, for a vector of channels."""

    kernel: KernelWriter
    shape: Direct
    count: int
    vectors: int
    epilogue: Epilogue

    def channel(self, vector: str) -> str:
        """The first one of some vectors; the last vector begins where it still fits."""
        block, channels = self.vectors * self.kernel.lanes, self.shape.channels
        channel = self.kernel.times(vector, block)
        return self.kernel.least(channel, channels - block) if channels % block else channel

    def write(
        self, at: tuple[str, str], rows: tuple[str, str, str], start: Index, known: int | None, channel: str
    ) -> None:
        """Write their sums.

        Args:
          at: image and row of the result.
          rows: as of ``_rows``.
          start: the first column of the result.
          known: it, where it lies at an edge.
          channel: the first one.
        """
        kernel, shape = self.kernel, self.shape
        image, filters, *others, target = kernel.buffers
        top, low, high = rows
        channels = [kernel.shifted(channel, vector * kernel.lanes) for vector in range(self.vectors)]
        left = start if known is not None else kernel.times(str(start), shape.strides[1])

        def step(tap: str, totals: Sequence[str]) -> list[str]:
            line = kernel.sum(low, tap)
            row = kernel.sum(top, kernel.times(line, shape.dilations[0]))
            pixels: dict[tuple[int, int], str | None] = {}
            made = list(totals)
            for column, part in product(range(shape.window[1]), range(max(shape.inputs, 1))):
                where = (line, column, part) if shape.inputs else (line, column)
                factors = [kernel.load(filters, *where, each) for each in channels]
                for index in range(self.count):
                    place = (shape.column(index, column), part)
                    if place not in pixels:
                        pixels[place] = self._pixel(image, (at[0], row), place, left, known, channel)
                    if (pixel := pixels[place]) is None:
                        continue
                    for vector, factor in enumerate(factors):
                        total = index * self.vectors + vector
                        made[total] = kernel.multiply_add(pixel, factor, made[total])
            return made

        count = kernel.let(f"arith.subi {high}, {low} : index")
        totals = kernel.accumulate(count, [kernel.splat(0.0)] * (self.count * self.vectors), step)
        for (index, each), total in zip(product(range(self.count), channels), totals, strict=True):
            column = known + index if known is not None else kernel.shifted(str(start), index)
            where = (*at, column, each)
            kernel.store(self.epilogue(kernel, total, others, where), target, *where)

    def _pixel(
        self,
        image: Buffer,
        at: tuple[str, str],
        place: tuple[int, int],
        left: Index,
        known: int | None,
        channel: str,
    ) -> str | None:
        """A vector of the image, or one with the same pixel in each lane; none beside it."""
        kernel, shape = self.kernel, self.shape
        number, row = at
        column: Index = kernel.shifted(str(left), place[0]) if known is None else known * shape.strides[1] + place[0]
        if isinstance(column, int) and not 0 <= column < shape.image[1]:
            return None
        if not shape.inputs:
            return kernel.load(image, number, row, column, channel)
        if shape.channels_first:
            return kernel.load_splat(image, number, place[1], row, column)
        return kernel.load_splat(image, number, row, column, place[1])
