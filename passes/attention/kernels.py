"""Kernels of attention: some queries at a time against all keys, with their scores in the first-level cache.

For each tile of queries the scores are computed, exponentiated and multiplied by the values without leaving the core
(the order of Dao et al., *FlashAttention*, 2022, for scores of a whole row that fit). Products keep tiles of ``rows``
by two vectors in registers. Keys are packed first, as the weights of linear layers are: in blocks of two vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ireekit.codegen.custom_kernels import Buffer, KernelWriter

from ..exponential import exponential

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import Index

_TILES = 8
"""Of queries in a workgroup."""
_AT_ONCE = 4
"""Rows that are exponentiated side by side."""


@dataclass(frozen=True)
class Layout:
    """Where a tensor of shape [heads, tokens, width] is in memory.

    Attributes:
      shape: of the tensor there.
      order: which of its dimensions are heads, tokens and width.
    """

    shape: tuple[int, int, int]
    order: tuple[int, int, int]

    def at(self, head: Index, token: Index, column: Index) -> list[Index]:
        """Indices there."""
        found: list[Index] = [0, 0, 0]
        for axis, index in zip(self.order, (head, token, column), strict=True):
            found[axis] = index
        return found


@dataclass(frozen=True)
class Attention:
    """An attention without a mask.

    Attributes:
      heads, queries, keys: how many there are.
      width, value_width: of a key and of a value.
      rows: of a tile of queries.
      lanes: of a vector.
    """

    heads: int
    queries: int
    keys: int
    width: int
    value_width: int
    rows: int
    lanes: int

    @property
    def block(self) -> int:
        """Keys in a block."""
        return 2 * self.lanes

    @property
    def blocks(self) -> int:
        """Of keys; the last one may be padded."""
        return -(-self.keys // self.block)

    @property
    def scratch(self) -> int:
        """Elements of a tile of scores."""
        return self.rows * self.blocks * self.block


def packing_kernel(shape: Attention, keys: Layout) -> KernelWriter:
    """Keys as ``[heads, blocks, width, block]``; the last one is repeated to fill its block."""
    packed = (shape.heads, shape.blocks, shape.width, shape.block)
    kernel = KernelWriter(
        "pack_keys",
        operands=[keys.shape],
        results=[packed],
        lanes=shape.lanes,
        workgroups=(shape.blocks, shape.heads, 1),
    )
    source, target = kernel.buffers
    block, head = kernel.workgroup_id(0), kernel.workgroup_id(1)
    with kernel.loop(shape.block) as column:
        token = kernel.least(kernel.sum(kernel.times(block, shape.block), column), shape.keys - 1)
        with kernel.loop(shape.width, step=shape.lanes) as first:
            vector = kernel.load(source, *keys.at(head, token, first))
            for lane in range(shape.lanes):
                element = kernel.let(f"vector.extract {vector}[{lane}] : f32 from {kernel.vector}")
                indices = ", ".join([head, block, kernel.shifted(first, lane), column])
                kernel.do(f"memref.store {element}, {target.name}[{indices}] : {target.type}")
    return kernel


def attention_kernel(shape: Attention, queries: Layout, values: Layout, results: Layout) -> KernelWriter:
    """``softmax(queries @ keys^T) @ values``, of queries, packed keys and values."""
    packed = (shape.heads, shape.blocks, shape.width, shape.block)
    tiles = -(-shape.queries // shape.rows)
    kernel = KernelWriter(
        "attention",
        operands=[queries.shape, packed, values.shape],
        results=[results.shape],
        lanes=shape.lanes,
        workgroups=(-(-tiles // _TILES), shape.heads, 1),
    )
    query, key, value, result = kernel.buffers
    group, head = kernel.workgroup_id(0), kernel.workgroup_id(1)
    size = (shape.rows, shape.blocks * shape.block)
    type_ = f"memref<{size[0]}x{size[1]}xf32>"
    properties = "<{alignment = 64 : i64, operandSegmentSizes = array<i32: 0, 0>}>"
    scores = Buffer(kernel.let(f'"memref.alloca"() {properties} : () -> {type_}'), size, type_)
    start = kernel.times(group, _TILES)
    stop = kernel.least(kernel.shifted(start, _TILES), tiles)
    with kernel.loop(stop, start=start) as tile:
        # The last tile begins early enough to be a whole one: some rows are computed twice, to the same results.
        first = kernel.least(kernel.times(tile, shape.rows), shape.queries - shape.rows)
        tokens = [kernel.shifted(first, row) for row in range(shape.rows)]
        _scores(kernel, shape, queries, query, key, head, tokens, scores)
        factors = _exponentials(kernel, shape, scores)
        _mix(kernel, shape, values, value, head, scores, factors, results, result, tokens)
    return kernel


def _scores(
    kernel: KernelWriter,
    shape: Attention,
    queries: Layout,
    query: Buffer,
    key: Buffer,
    head: str,
    tokens: Sequence[str],
    scores: Buffer,
) -> None:
    def block_of(block: Index, initial: Sequence[str], column: Index) -> None:
        def step(depth: str, sums: Sequence[str]) -> list[str]:
            keys = [kernel.load(key, head, block, depth, part * shape.lanes) for part in range(2)]
            found: list[str] = []
            for row, token in enumerate(tokens):
                one = kernel.load_splat(query, *queries.at(head, token, depth))
                found += [kernel.multiply_add(one, keys[part], sums[2 * row + part]) for part in range(2)]
            return found

        sums = kernel.accumulate(shape.width, list(initial) * shape.rows, step)
        for row in range(shape.rows):
            for part in range(2):
                kernel.store(sums[2 * row + part], scores, row, _plus(kernel, column, part * shape.lanes))

    zero = kernel.splat(0.0)
    whole = shape.keys // shape.block
    if whole:
        with kernel.loop(whole) as block:
            block_of(block, [zero, zero], kernel.times(block, shape.block))
    if whole < shape.blocks:
        # What is behind the last key weighs nothing.
        left = shape.keys - whole * shape.block
        masks = [_mask(kernel, left - part * shape.lanes) for part in range(2)]
        block_of(whole, masks, whole * shape.block)


def _mask(kernel: KernelWriter, kept: int) -> str:
    numbers = ", ".join("0.0" if lane < kept else "0xFF800000" for lane in range(kernel.lanes))
    return kernel.let(f"arith.constant dense<[{numbers}]> : {kernel.vector}")


def _plus(kernel: KernelWriter, index: Index, by: int) -> Index:
    return index + by if isinstance(index, int) else kernel.shifted(index, by)


def _exponentials(kernel: KernelWriter, shape: Attention, scores: Buffer) -> list[str]:
    """Replace scores by their exponentials; gives for each row the reciprocal of their sum, in each lane."""
    factors: list[str] = []
    steps = scores.shape[1] // shape.lanes
    for first in range(0, shape.rows, _AT_ONCE):
        rows = range(first, min(first + _AT_ONCE, shape.rows))

        def largest(step: str, most: Sequence[str], rows: Sequence[int] = rows) -> list[str]:
            column = kernel.times(step, shape.lanes)
            return [
                _larger(kernel, kernel.load(scores, row, column), each) for row, each in zip(rows, most, strict=True)
            ]

        most = kernel.accumulate(steps, [kernel.splat(-math.inf)] * len(rows), largest)
        tops = [_across(kernel, "maximumf", each) for each in most]

        def summed(
            step: str, totals: Sequence[str], rows: Sequence[int] = rows, tops: Sequence[str] = tops
        ) -> list[str]:
            column, found = kernel.times(step, shape.lanes), list[str]()
            for row, top, total in zip(rows, tops, totals, strict=True):
                power = exponential(kernel, kernel.subtract(kernel.load(scores, row, column), top))
                kernel.store(power, scores, row, column)
                found.append(kernel.add(total, power))
            return found

        totals = kernel.accumulate(steps, [kernel.splat(0.0)] * len(rows), summed)
        for total in totals:
            whole = _across(kernel, "add", total)
            factors.append(kernel.let(f"arith.divf {kernel.splat(1.0)}, {whole} : {kernel.vector}"))
    return factors


def _larger(kernel: KernelWriter, first: str, second: str) -> str:
    condition = kernel.let(f"arith.cmpf ogt, {first}, {second} : {kernel.vector}")
    return kernel.let(f"arith.select {condition}, {first}, {second} : vector<{kernel.lanes}xi1>, {kernel.vector}")


def _across(kernel: KernelWriter, kind: str, vector: str) -> str:
    """All elements of a vector as one, in each lane."""
    scalar = kernel.let(f"vector.reduction <{kind}>, {vector} : {kernel.vector} into f32")
    return kernel.let(f"vector.broadcast {scalar} : f32 to {kernel.vector}")


def _mix(
    kernel: KernelWriter,
    shape: Attention,
    values: Layout,
    value: Buffer,
    head: str,
    scores: Buffer,
    factors: Sequence[str],
    results: Layout,
    result: Buffer,
    tokens: Sequence[str],
) -> None:
    with kernel.loop(shape.value_width, step=shape.block) as column:
        parts = [column, kernel.shifted(column, shape.lanes)]

        def step(token: str, sums: Sequence[str]) -> list[str]:
            mixed = [kernel.load(value, *values.at(head, token, part)) for part in parts]
            found: list[str] = []
            for row in range(shape.rows):
                weight = kernel.load_splat(scores, row, token)
                found += [kernel.multiply_add(weight, mixed[part], sums[2 * row + part]) for part in range(2)]
            return found

        sums = kernel.accumulate(shape.keys, [kernel.splat(0.0)] * (2 * shape.rows), step)
        for row, token in enumerate(tokens):
            for index, part in enumerate(parts):
                scaled = kernel.let(f"arith.mulf {sums[2 * row + index]}, {factors[row]} : {kernel.vector}")
                kernel.store(scaled, result, *results.at(head, token, part))
