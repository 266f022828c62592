"""Kernels that bring images into tiles of Winograd's convolutions, and products of tiles back into images.

Both work on vectors of channels: a tile is some tens of registers, transformed without leaving the core. The product in
between, one matrix for each element of a tile, is left to the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    Attributes:
      batch, height, width: of the results.
      outputs: of a tile, in each direction.
    """

    batch: int
    height: int
    width: int
    outputs: int

    @property
    def rows(self) -> int:
        """Tiles along the height."""
        return -(-self.height // self.outputs)

    @property
    def columns(self) -> int:
        """Tiles along the width."""
        return -(-self.width // self.outputs)

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
    algorithm = winograd(tiles.outputs)
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
    zero, size = kernel.splat(0.0), range(algorithm.size)
    place = _Place(kernel, tiles, share)
    rows = [kernel.clamped(kernel.shifted(place.row, step - padding.top), height) for step in size]
    with kernel.loop(tiles.columns) as tile:
        left = kernel.times(tile, tiles.outputs)
        columns = [kernel.clamped(kernel.shifted(left, step - padding.left), width) for step in size]
        inside = [[kernel.both([row[1], column[1]]) for column in columns] for row in rows]
        number = kernel.sum(place.tile, tile)
        with kernel.loop(place.last, start=place.first, step=lanes) as channel:
            halves: list[list[str]] = []
            for at, (column, _) in enumerate(columns):
                read = [kernel.load(source, place.image, row, column, channel) for row, _ in rows]
                valid = [kernel.select(str(inside[line][at]), value, zero) for line, value in enumerate(read)]
                halves.append(apply(kernel, algorithm.data, valid))
            for line in size:
                for at, value in enumerate(apply(kernel, algorithm.data, [half[line] for half in halves])):
                    kernel.store(value, target, line * algorithm.size + at, number, channel)
    return kernel


def output_kernel(
    tiles: Tiles, channels: int, lanes: int, others: Sequence[tuple[int, ...]], epilogue: Epilogue
) -> KernelWriter:
    """Products ``[elements, count, F]`` to images ``[batch, height, width, F]``, ``A^T m A`` of each tile ``m``.

    Args:
      others: shapes of further operands, for the epilogue.
      epilogue: applied to each vector of results.
    """
    algorithm = winograd(tiles.outputs)
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
    size = range(algorithm.size)
    with kernel.loop(tiles.columns) as tile:
        left = kernel.times(tile, tiles.outputs)
        number = kernel.sum(place.tile, tile)
        rows = _edge(kernel, place.row, tiles.height, tiles.outputs)
        columns = _edge(kernel, left, tiles.width, tiles.outputs)
        with kernel.loop(place.last, start=place.first, step=lanes) as channel:
            halves: list[list[str]] = []
            for at in size:
                read = [kernel.load(source, line * algorithm.size + at, number, channel) for line in size]
                halves.append(apply(kernel, algorithm.inverse, read))
            for line, (row, row_inside) in enumerate(rows):
                values = apply(kernel, algorithm.inverse, [half[line] for half in halves])
                for value, (column, column_inside) in zip(values, columns, strict=True):
                    inside = kernel.both([each for each in (row_inside, column_inside) if each is not None])
                    with kernel.when(inside):
                        element = (place.image, row, column, channel)
                        kernel.store(epilogue(kernel, value, extra, element), target, *element)
    return kernel


class _Place:
    """Where a workgroup is: its image, the first row and tile of its row of tiles, its channels."""

    def __init__(self, kernel: KernelWriter, tiles: Tiles, share: int) -> None:
        line = kernel.workgroup_id(0)
        self.first = kernel.times(kernel.workgroup_id(1), share)
        self.last = kernel.shifted(self.first, share)
        self.image: Index = kernel.workgroup_id(2) if tiles.batch > 1 else 0
        self.row = kernel.times(line, tiles.outputs)
        self.tile = kernel.times(line, tiles.columns)
        if isinstance(self.image, str):
            self.tile = kernel.sum(self.tile, kernel.times(self.image, tiles.rows * tiles.columns))


def _edge(kernel: KernelWriter, start: str, size: int, outputs: int) -> list[tuple[str, str | None]]:
    """The elements of a tile along one direction, each with whether the image has it, ``None`` where it always has."""
    partial = size % outputs or outputs
    places = [kernel.shifted(start, step) for step in range(outputs)]
    return [(place, None if step < partial else kernel.less(place, size)) for step, place in enumerate(places)]


def _share(channels: int, lanes: int) -> int:
    """Channels of a workgroup: some vectors, in equal shares."""
    vectors = channels // lanes
    most = max(_CHANNELS // lanes, 1)
    return lanes * max(each for each in range(1, most + 1) if vectors % each == 0)
