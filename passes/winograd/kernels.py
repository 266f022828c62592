"""Kernels that bring images into tiles of Winograd's convolutions, and products of tiles back into images.

Both work on vectors of channels: a tile is some tens of registers, transformed without leaving the core. The product in
between, one matrix for each element of a tile, is left to the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ireekit.codegen.custom_kernels import Buffer, KernelWriter

from .algorithm import winograd
from .transforms import apply

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import Index

_CHANNELS = 64
"""Of a workgroup, where they divide: small images are shared out by channels too."""


@dataclass(frozen=True)
class Tiles:
    """How images are divided.

    A dilated convolution is one for each phase: of the rows, and columns, that are ``dilation`` apart. A tile is of one
    phase; along each direction, those of the first phase come first.

    Attributes:
      batch, height, width: of the results.
      outputs: of a tile, in each direction.
      dilation: steps between the elements of a tile.
    """

    batch: int
    height: int
    width: int
    outputs: int
    dilation: int = 1

    @property
    def rows(self) -> int:
        """Tiles along the height."""
        return self.dilation * self.of_phase(self.height)

    @property
    def columns(self) -> int:
        """Tiles along the width."""
        return self.dilation * self.of_phase(self.width)

    def of_phase(self, size: int) -> int:
        """Tiles of a phase, along a direction with so many results."""
        return -(-size // (self.outputs * self.dilation))

    def start(self, kernel: KernelWriter, tile: str, size: int) -> str:
        """Write the first result of a tile along a direction with so many results."""
        if self.dilation == 1:
            return kernel.times(tile, self.outputs)
        phase, step = kernel.divided(tile, self.of_phase(size))
        return kernel.sum(kernel.times(step, self.outputs * self.dilation), phase)

    @property
    def count(self) -> int:
        """Tiles of all images."""
        return self.batch * self.rows * self.columns

    @property
    def elements(self) -> int:
        """Of a transformed tile."""
        return winograd(self.outputs).size ** 2


@dataclass(frozen=True)
class Padding:
    """Zeros before the first row and column of an image; behind the last ones as many as are read."""

    top: int
    left: int


Epilogue = Callable[[KernelWriter, str, Sequence[Buffer], "tuple[Index, ...]"], str]
"""What is computed from a vector of results before it is stored: given the kernel, the vector, further operands of the
kernel, and the element of the result it begins at."""


def input_kernel(tiles: Tiles, image: tuple[int, int, int], padding: Padding, lanes: int) -> KernelWriter:
    """Images ``[batch, height, width, C]`` to ``[elements, count, C]``, ``B^T d B`` of each tile ``d``.

    Args:
      tiles: of the results.
      image: height, width and channels; tiles may reach beyond, where zeros are.
    """
    height, width, channels = image
    share = _share(channels, lanes)
    kernel = KernelWriter(
        f"winograd{tiles.outputs}_input_{height}x{width}x{channels}",
        operands=[(tiles.batch, height, width, channels)],
        results=[(tiles.elements, tiles.count, channels)],
        lanes=lanes,
        workgroups=(tiles.rows, channels // share, tiles.batch),
    )
    source, target = kernel.buffers
    place = _Place(kernel, tiles, share)
    rows = reading_places(kernel, tiles, place.row, padding.top, height)
    with kernel.loop(tiles.columns) as tile:
        columns = reading_places(kernel, tiles, tiles.start(kernel, tile, tiles.width), padding.left, width)
        inside = readable(kernel, rows, columns)
        number = kernel.sum(place.tile, tile)
        with kernel.loop(place.last, start=place.first, step=lanes) as channel:
            values = read_tile(kernel, tiles, source, place.image, (rows, columns), inside, channel)
            for element, value in enumerate(values):
                kernel.store(value, target, element, number, channel)
    kernel.flops = kernel.written_flops * tiles.count * (channels // lanes)
    return kernel


Places = list[tuple[str, str]]
"""The elements that a tile reads along one direction, within the image, each with whether it was there."""


def reading_places(kernel: KernelWriter, tiles: Tiles, start: str, padding: int, size: int) -> Places:
    """Where a tile reads along one direction, whose first result is ``start``."""
    steps = range(winograd(tiles.outputs).size)
    return [kernel.clamped(kernel.shifted(start, step * tiles.dilation - padding), size) for step in steps]


def readable(kernel: KernelWriter, rows: Places, columns: Places) -> list[list[str]]:
    """Which elements of a tile are in the image, ``[column][row]``."""
    return [[str(kernel.both([row, column])) for _, row in rows] for _, column in columns]


def read_tile(
    kernel: KernelWriter,
    tiles: Tiles,
    source: Buffer,
    image: Index,
    places: tuple[Places, Places],
    inside: list[list[str]],
    channel: str,
) -> list[str]:
    """Write ``B^T d B`` for some channels of a tile ``d`` of an image; gives its elements, row by row."""
    matrix, zero = winograd(tiles.outputs).data, kernel.splat(0.0)
    rows, columns = places
    halves: list[list[str]] = []
    for (column, _), valid in zip(columns, inside, strict=True):
        read = [kernel.load(source, image, row, column, channel) for row, _ in rows]
        kept = [kernel.select(there, value, zero) for there, value in zip(valid, read, strict=True)]
        halves.append(apply(kernel, matrix, kept))
    return [value for line in zip(*halves, strict=True) for value in apply(kernel, matrix, line)]


def output_kernel(
    tiles: Tiles, channels: int, lanes: int, others: Sequence[tuple[int, ...]], epilogue: Epilogue
) -> KernelWriter:
    """Products ``[elements, count, F]`` to images ``[batch, height, width, F]``, ``A^T m A`` of each tile ``m``.

    Args:
      others: shapes of further operands, for the epilogue.
      epilogue: applied to each vector of results.
    """
    share = _share(channels, lanes)
    kernel = KernelWriter(
        f"winograd{tiles.outputs}_output_{tiles.height}x{tiles.width}x{channels}",
        operands=[(tiles.elements, tiles.count, channels), *others],
        results=[(tiles.batch, tiles.height, tiles.width, channels)],
        lanes=lanes,
        workgroups=(tiles.rows, channels // share, tiles.batch),
    )
    source, *extra, target = kernel.buffers
    place = _Place(kernel, tiles, share)
    with kernel.loop(tiles.columns) as tile:
        number = kernel.sum(place.tile, tile)
        rows = writing_places(kernel, tiles, place.row, tiles.height)
        columns = writing_places(kernel, tiles, tiles.start(kernel, tile, tiles.width), tiles.width)
        with kernel.loop(place.last, start=place.first, step=lanes) as channel:
            elements = [kernel.load(source, element, number, channel) for element in range(tiles.elements)]
            for value, row, column, inside in tile_results(kernel, tiles, elements, (rows, columns)):
                with kernel.when(inside):
                    element = (place.image, row, column, channel)
                    kernel.store(epilogue(kernel, value, extra, element), target, *element)
    kernel.flops = kernel.written_flops * tiles.count * (channels // lanes)
    return kernel


Edge = list[tuple[str, str | None]]
"""The elements of a tile of results along one direction, each with whether the image has it, ``None``: always."""


def writing_places(kernel: KernelWriter, tiles: Tiles, start: str, size: int) -> Edge:
    """Where a tile's results are along one direction, the first of them at ``start``."""
    # Of the last tile of each phase, so many results the image has in any case.
    present = (size // tiles.dilation) % tiles.outputs
    certain = tiles.outputs if size % (tiles.outputs * tiles.dilation) == 0 else present
    places = [kernel.shifted(start, step * tiles.dilation) for step in range(tiles.outputs)]
    return [(place, None if step < certain else kernel.less(place, size)) for step, place in enumerate(places)]


def tile_results(
    kernel: KernelWriter, tiles: Tiles, elements: Sequence[str], places: tuple[Edge, Edge]
) -> Generator[tuple[str, str, str, str | None]]:
    """Write ``A^T m A`` of a tile ``m``, given row by row.

    Yields:
      Each result, its row and column, and whether the image has these.
    """
    matrix, size = winograd(tiles.outputs).inverse, winograd(tiles.outputs).size
    rows, columns = places
    halves = [apply(kernel, matrix, elements[at::size]) for at in range(size)]
    for (row, row_inside), line in zip(rows, zip(*halves, strict=True), strict=True):
        for value, (column, column_inside) in zip(apply(kernel, matrix, line), columns, strict=True):
            present = [each for each in (row_inside, column_inside) if each is not None]
            yield value, row, column, kernel.both(present)


class _Place:
    """Where a workgroup is: its image, the first row and tile of its row of tiles, its channels."""

    def __init__(self, kernel: KernelWriter, tiles: Tiles, share: int) -> None:
        line = kernel.workgroup_id(0)
        self.first = kernel.times(kernel.workgroup_id(1), share)
        self.last = kernel.shifted(self.first, share)
        self.image: Index = kernel.workgroup_id(2) if tiles.batch > 1 else 0
        self.row = tiles.start(kernel, line, tiles.height)
        self.tile = kernel.times(line, tiles.columns)
        if isinstance(self.image, str):
            self.tile = kernel.sum(self.tile, kernel.times(self.image, tiles.rows * tiles.columns))


def _share(channels: int, lanes: int) -> int:
    """Channels of a workgroup: some vectors, in equal shares."""
    vectors = channels // lanes
    most = max(_CHANNELS // lanes, 1)
    return lanes * max(each for each in range(1, most + 1) if vectors % each == 0)
