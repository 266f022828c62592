"""A whole convolution in one kernel, for images whose transformed tiles do not fit the caches.

A workgroup takes strips of a row of tiles one after the other: it transforms a strip, multiplies it with the weights of
one block of filters, and transforms the products back, in a scratch buffer that stays in the second-level cache. Only
images and weights are read from memory, and results written. The other form, a kernel for each of the three, reads
weights once and suits images that are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ireekit.codegen.custom_kernels import Buffer, KernelWriter

from .kernels import Epilogue, Padding, Tiles, read_tile, readable, reading_places, tile_results, writing_places

if TYPE_CHECKING:
    from ireekit.targets.machines import Machine

_WORKGROUPS = 8
"""As many threads find work, and as many scratch buffers there are."""
_VECTORS = 2
"""In a block of filters."""


@dataclass(frozen=True)
class Strips:
    """How rows of tiles are cut.

    Attributes:
      tiles: of the results.
      length: tiles of a strip, a multiple of ``rows``; the last one of a row may be shorter.
      rows: tiles whose products are in registers at a time.
    """

    tiles: Tiles
    length: int
    rows: int

    @property
    def in_row(self) -> int:
        """Strips of a row of tiles."""
        return -(-self.tiles.columns // self.length)

    @property
    def count(self) -> int:
        """Of all images."""
        return self.tiles.batch * self.tiles.rows * self.in_row


def strips_of(tiles: Tiles, channels: int, machine: Machine) -> Strips:
    """Strips that half of the second-level cache holds in transformed form."""
    lanes = machine.lanes(4)
    registers = machine.vector_registers - _VECTORS - 1
    most = max(registers // _VECTORS // 2 * 2, 1)
    bytes_of_tile = 4 * tiles.elements * (channels + _VECTORS * lanes)
    fitting = max(machine.l2_bytes // 2 // bytes_of_tile, 1)
    length = -(-tiles.columns // -(-tiles.columns // fitting))
    # Rows that divide the strip leave nothing over.
    rows = max(range(1, most + 1), key=lambda each: (-(-(-length // each) * each), each))
    return Strips(tiles, -(-length // rows) * rows, rows)


def fused_kernel(
    strips: Strips,
    image: tuple[int, int, int],
    filters: int,
    padding: Padding,
    lanes: int,
    others: Sequence[tuple[int, ...]],
    epilogue: Epilogue,
) -> KernelWriter:
    """Images ``[batch, height, width, C]`` and weights ``[elements, F / block, C, block]`` to images of ``F`` channels.

    Further results are scratch.

    Args:
      image: height, width and channels.
      others: shapes of further operands, for the epilogue.
      epilogue: applied to each vector of results.
    """
    tiles, (height, width, channels) = strips.tiles, image
    block = lanes * (1 if filters % (_VECTORS * lanes) else _VECTORS)
    groups = min(_WORKGROUPS, strips.count)
    kernel = KernelWriter(
        f"winograd{tiles.outputs}_{height}x{width}x{channels}x{filters}",
        operands=[(tiles.batch, height, width, channels), (tiles.elements, filters // block, channels, block), *others],
        results=[
            (tiles.batch, tiles.height, tiles.width, filters),
            (groups, tiles.elements, strips.length, channels),
            (groups, tiles.elements, strips.length, block),
        ],
        lanes=lanes,
        workgroups=(groups, 1, 1),
        scratch=2,
    )
    source, weights, *extra, target, data, products = kernel.buffers
    group = kernel.workgroup_id(0)
    with kernel.loop(strips.count, start=group, step=groups) as strip:
        line, part = kernel.divided(strip, strips.in_row)
        number, row = kernel.divided(line, tiles.rows)
        top, first = tiles.start(kernel, row, tiles.height), kernel.times(part, strips.length)
        left = kernel.let(f"arith.subi {kernel.index(tiles.columns)}, {first} : index")
        count = kernel.least(left, strips.length)
        rows = reading_places(kernel, tiles, top, padding.top, height)
        with kernel.loop(count) as tile:
            start = tiles.start(kernel, kernel.sum(first, tile), tiles.width)
            columns = reading_places(kernel, tiles, start, padding.left, width)
            inside = readable(kernel, rows, columns)
            with kernel.loop(channels, step=lanes) as channel:
                values = read_tile(kernel, tiles, source, number, (rows, columns), inside, channel)
                for element, value in enumerate(values):
                    kernel.store(value, data, group, element, tile, channel)
        transforming = kernel.written_flops * (channels // lanes)
        with kernel.loop(filters // block) as column:
            with kernel.loop(tiles.elements) as element, kernel.loop(strips.length, step=strips.rows) as tile:
                _multiply(kernel, strips.rows, (data, weights, products), (group, element, tile, column))
            multiplying = kernel.written_flops
            edge = writing_places(kernel, tiles, top, tiles.height)
            with kernel.loop(count) as tile:
                start = tiles.start(kernel, kernel.sum(first, tile), tiles.width)
                places = edge, writing_places(kernel, tiles, start, tiles.width)
                with kernel.loop(block, step=lanes) as lane:
                    channel = kernel.sum(kernel.times(column, block), lane)
                    read = [kernel.load(products, group, each, tile, lane) for each in range(tiles.elements)]
                    for value, y, x, there in tile_results(kernel, tiles, read, places):
                        with kernel.when(there):
                            where = (number, y, x, channel)
                            kernel.store(epilogue(kernel, value, extra, where), target, *where)
    transforming += (kernel.written_flops - multiplying) * (filters // lanes)
    kernel.flops = tiles.count * (transforming + 2 * tiles.elements * channels * filters)
    return kernel


def _multiply(
    kernel: KernelWriter, rows: int, buffers: tuple[Buffer, Buffer, Buffer], at: tuple[str, str, str, str]
) -> None:
    """Some tiles times one block of weights, for one element of the tiles."""
    data, weights, products = buffers
    group, element, tile, column = at
    channels, block = weights.shape[2], int(weights.shape[3])
    starts = range(0, block, kernel.lanes)
    places = [kernel.shifted(tile, row) for row in range(rows)]

    def step(channel: str, totals: Sequence[str]) -> list[str]:
        factors = [kernel.load(weights, element, column, channel, start) for start in starts]
        made: list[str] = []
        for index, place in enumerate(places):
            value = kernel.load_splat(data, group, element, place, channel)
            sums = totals[index * len(starts) :]
            made += [kernel.multiply_add(value, factor, total) for factor, total in zip(factors, sums, strict=False)]
        return made

    totals = kernel.accumulate(channels, [kernel.splat(0.0)] * (rows * len(starts)), step)
    for index, place in enumerate(places):
        for start, total in zip(starts, totals[index * len(starts) :], strict=False):
            kernel.store(total, products, group, element, place, start)
