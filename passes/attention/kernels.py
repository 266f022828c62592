"""Kernels of attention: some queries at a time against all keys, with their scores in the first-level cache.

For each tile of queries the scores are computed, exponentiated and multiplied by the values without leaving the core.
Rows of scores that do not fit, or whose length is known when the program runs, are taken in chunks: what was summed
under a smaller maximum is scaled to the new one (Dao et al., *FlashAttention*, 2022). Products keep tiles of ``rows``
by two vectors in registers. Keys are packed first, as the weights of linear layers are: in blocks of two vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ireekit.codegen import balance
from ireekit.codegen.custom_kernels import Buffer, KernelWriter

from ..exponential import exponential
from .places import Sum

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import Index

_SCRATCH = 6144
"""Elements that scores of a tile may have: they are on the stack, and in the first-level cache."""
_CHUNK = 256
"""Keys of a chunk, where rows are taken in chunks."""
_GROUPS = ((8, 16), (16, 1 << 30))
"""Good numbers of workgroups, from and below: the runtime hands out single ones up to the first bound, and eight at a
time beyond it."""
_TILES = 8
"""Of queries in a workgroup, where their number is not known."""
_AT_ONCE = 4
"""Rows that are exponentiated side by side."""


@dataclass(frozen=True)
class Operand:
    """A tensor that a kernel reads or writes.

    Attributes:
      shape: of it; names of sizes where they are dynamic.
      indices: of an element, made of the loops ``head``, ``query``, ``key``, ``depth`` (along queries and keys) and
        ``column`` (along values).
    """

    shape: tuple[Index, ...]
    indices: tuple[Sum, ...]

    def at(self, kernel: KernelWriter, **loops: Index) -> list[Index]:
        """Indices there."""
        return [each.write(kernel, loops) for each in self.indices]

    def depends_on(self, loop: str) -> bool:
        """Whether elements differ along it."""
        return any(loop in each.loops() for each in self.indices)


@dataclass(frozen=True)
class Step:
    """What is done with each score.

    Attributes:
      kind: ``"scale"`` by a number; ``"add"`` an operand; ``"where"`` an operand is not 0 keep it, else a number;
        ``"unless"`` it is not 0 keep it, else a number.
      number: for all but ``"add"``.
      operand: which one of the masks, for all but ``"scale"``.
    """

    kind: str
    number: float = 0.0
    operand: int = 0


@dataclass(frozen=True)
class Attention:
    """An attention.

    Attributes:
      heads, queries, keys: how many there are; names of sizes where that is dynamic.
      width, value_width: of a key and of a value.
      rows: of a tile of queries.
      lanes: of a vector.
      steps: between the product and the softmax.
      ahead: no query sees keys further than that behind its own number; ``None``: it may.
      empty_is_zero: results of queries that see no key are 0, not NaN.
    """

    heads: Index
    queries: Index
    keys: Index
    width: int
    value_width: int
    rows: int
    lanes: int
    steps: tuple[Step, ...] = ()
    ahead: int | None = None
    empty_is_zero: bool = False

    @property
    def block(self) -> int:
        """Keys in a block."""
        return 2 * self.lanes

    @property
    def chunk(self) -> int | None:
        """Blocks that are taken at a time; ``None``: all."""
        whole = isinstance(self.keys, int) and self.rows * -(-self.keys // self.block) * self.block <= _SCRATCH
        return None if whole else max(1, _CHUNK // self.block)

    @property
    def flops(self) -> int | None:
        """Of both products, and of the softmax between them: maximum, difference, exponential and sum."""
        sizes = [each for each in (self.heads, self.queries, self.keys) if isinstance(each, int)]
        if len(sizes) != 3:
            return None
        return math.prod(sizes) * (2 * (self.width + self.value_width) + 4)

    @property
    def tiles(self) -> int:
        """Of queries in a workgroup: as many as make a number of workgroups that threads share evenly."""
        if not (isinstance(self.heads, int) and isinstance(self.queries, int)):
            return _TILES
        tiles = -(-self.queries // self.rows)
        counts = {size: self.heads * -(-tiles // size) for size in range(1, min(tiles, 32) + 1)}
        for low, high in _GROUPS:
            step = 2 if low == 8 else 16
            good = [size for size, count in counts.items() if low <= count < high and count % step == 0]
            even = [size for size in good if tiles % size == 0] if self.ahead is None else good
            if even:
                return min(even) if low == 8 else max(even)
        sizes = tuple(range(1, min(tiles, 32) + 1))
        return balance.choose((self.heads, tiles), (1, min(_TILES, tiles)), ((1,), sizes))[1]


def packing_kernel(shape: Attention, keys: Operand, blocks: Index, sizes: Sequence[str]) -> KernelWriter:
    """Keys as ``[heads, blocks, width, block]``; the last one is repeated to fill its block."""
    packed = (shape.heads, blocks, shape.width, shape.block)
    kernel = KernelWriter(
        "pack_keys",
        operands=[keys.shape],
        results=[packed],
        lanes=shape.lanes,
        workgroups=(_each(blocks), _each(shape.heads), 1),
        flops=0,
        sizes=sizes,
    )
    source, target = kernel.buffers
    block, head = kernel.workgroup_id(0), kernel.workgroup_id(1)
    last = shape.keys - 1 if isinstance(shape.keys, int) else kernel.shifted(shape.keys, -1)
    with kernel.loop(shape.block) as column:
        token = kernel.least(kernel.sum(kernel.times(block, shape.block), column), last)
        with kernel.loop(shape.width, step=shape.lanes) as first:
            vector = kernel.load(source, *keys.at(kernel, head=head, key=token, depth=first))
            for lane in range(shape.lanes):
                element = kernel.let(f"vector.extract {vector}[{lane}] : f32 from {kernel.vector}")
                indices = ", ".join([head, block, kernel.shifted(first, lane), column])
                kernel.do(f"memref.store {element}, {target.name}[{indices}] : {target.type}")
    return kernel


def _each(size: Index) -> int | tuple[str, int]:
    return size if isinstance(size, int) else (size, 1)


def attention_kernel(
    shape: Attention,
    queries: Operand,
    blocks: Index,
    values: Operand,
    masks: Sequence[Operand],
    results: Operand,
    sizes: Sequence[str],
) -> KernelWriter:
    """``softmax(steps(queries @ keys^T)) @ values``, of queries, packed keys, values and masks."""
    packed = (shape.heads, blocks, shape.width, shape.block)
    share = shape.rows * shape.tiles
    groups = (shape.queries, share) if isinstance(shape.queries, str) else -(-shape.queries // share)
    kernel = KernelWriter(
        "attention",
        operands=[queries.shape, packed, values.shape, *(mask.shape for mask in masks)],
        results=[results.shape],
        lanes=shape.lanes,
        workgroups=(groups, _each(shape.heads), 1),
        flops=shape.flops,
        sizes=sizes,
    )
    _Writer(kernel, shape, queries, values, masks, results).write()
    return kernel


@dataclass
class _Tile:
    """Of queries.

    Attributes:
      tokens: their numbers.
      stop: of keys that they see, from the first one on.
    """

    tokens: list[str]
    stop: Index


class _Writer:
    """Writes the kernel; see :func:`attention_kernel`."""

    def __init__(
        self,
        kernel: KernelWriter,
        shape: Attention,
        queries: Operand,
        values: Operand,
        masks: Sequence[Operand],
        results: Operand,
    ) -> None:
        self.kernel, self.shape = kernel, shape
        self.queries, self.values, self.masks, self.results = queries, values, masks, results
        self.query, self.key, self.value, *self.mask, self.result = kernel.buffers
        self.head = kernel.workgroup_id(1)
        blocks = shape.chunk or -(-int(shape.keys) // shape.block)
        self.scores = self._scratch(shape.rows, blocks * shape.block)
        self.parts = [
            (first, min(2, (shape.value_width - first) // shape.lanes))
            for first in range(0, shape.value_width, shape.block)
        ]
        if shape.chunk is not None:
            self.tops, self.totals = self._scratch(shape.rows, shape.lanes), self._scratch(shape.rows, shape.lanes)
            self.mixed = self._scratch(shape.rows, shape.value_width)

    def write(self) -> None:
        kernel, shape = self.kernel, self.shape
        tiles = shape.tiles
        if isinstance(shape.queries, int):
            all_tiles: Index = -(-shape.queries // shape.rows)
        else:
            all_tiles = kernel.divided(kernel.shifted(shape.queries, shape.rows - 1), shape.rows)[0]
        start = kernel.times(kernel.workgroup_id(0), tiles)
        with kernel.loop(kernel.least(kernel.shifted(start, tiles), all_tiles), start=start) as number:
            tile = self._tile(number)
            if shape.chunk is None:
                self._whole(tile)
            else:
                self._chunks(tile, shape.chunk)

    def _tile(self, number: str) -> _Tile:
        # The last tile has queries of the one before, or its last one several times: to the same results.
        kernel, shape = self.kernel, self.shape
        first = kernel.times(number, shape.rows)
        if isinstance(shape.queries, int) and shape.queries >= shape.rows:
            first = kernel.least(first, shape.queries - shape.rows)
            tokens = [kernel.shifted(first, row) for row in range(shape.rows)]
        else:
            last = shape.queries - 1 if isinstance(shape.queries, int) else kernel.shifted(shape.queries, -1)
            tokens = [kernel.least(kernel.shifted(first, row), last) for row in range(shape.rows)]
        if shape.ahead is None:
            return _Tile(tokens, shape.keys)
        stop = kernel.least(kernel.shifted(tokens[-1], shape.ahead + 1), shape.keys)
        if shape.ahead < 0:
            stop = kernel.let(f"arith.maxsi {stop}, {kernel.index(0)} : index")
        return _Tile(tokens, stop)

    def _whole(self, tile: _Tile) -> None:
        blocks: Index = -(-int(self.shape.keys) // self.shape.block)
        if isinstance(tile.stop, str):
            blocks = self._blocks_of(tile.stop)
        self._scores(tile, 0, blocks)
        factors: list[str] = []
        for rows in self._some_rows():
            tops = self._largest(rows, blocks)
            totals = self._exponentials(rows, blocks, self._shifts(tops))
            factors += [self._factor(total) for total in totals]
        for first, count in self.parts:
            sums = self._mix(0, tile.stop, first, [self.kernel.splat(0.0)] * (count * self.shape.rows))
            self._store(tile, first, count, sums, factors)

    def _chunks(self, tile: _Tile, chunk: int) -> None:
        kernel, shape = self.kernel, self.shape
        zero, low = kernel.splat(0.0), kernel.splat(-math.inf)
        for row in range(shape.rows):
            kernel.store(low, self.tops, row, 0)
            kernel.store(zero, self.totals, row, 0)
            for column in range(0, shape.value_width, shape.lanes):
                kernel.store(zero, self.mixed, row, column)
        blocks = self._blocks_of(tile.stop)
        with kernel.loop(blocks, step=chunk) as first:
            stop = kernel.least(kernel.shifted(first, chunk), blocks)
            count = kernel.let(f"arith.subi {stop}, {first} : index")
            self._scores(tile, first, stop)
            scales = [scale for rows in self._some_rows() for scale in self._joined(rows, count)]
            start = kernel.times(first, shape.block)
            end = kernel.least(kernel.times(stop, shape.block), tile.stop)
            for column, vectors in self.parts:
                places = [
                    (row, column + part * shape.lanes, scales[row])
                    for row in range(shape.rows)
                    for part in range(vectors)
                ]
                before = [self._times(kernel.load(self.mixed, row, at), scale) for row, at, scale in places]
                sums = self._mix(start, end, column, before)
                for (row, at, _), total in zip(places, sums, strict=True):
                    kernel.store(total, self.mixed, row, at)
        factors = [
            self._factor(self._across("add", kernel.load(self.totals, row, 0)), whole=True) for row in range(shape.rows)
        ]
        for column, vectors in self.parts:
            sums = [
                kernel.load(self.mixed, row, column + part * shape.lanes)
                for row in range(shape.rows)
                for part in range(vectors)
            ]
            self._store(tile, column, vectors, sums, factors)

    def _joined(self, rows: Sequence[int], blocks: str) -> list[str]:
        """Exponentials of a chunk, and sums brought under the new maximum; what earlier results are scaled by."""
        kernel = self.kernel
        before = [kernel.load(self.tops, row, 0) for row in rows]
        found = self._largest(rows, blocks)
        tops = [self._larger(new, old) for new, old in zip(found, before, strict=True)]
        shifts = self._shifts(tops)
        scales = [exponential(kernel, kernel.subtract(old, shift)) for old, shift in zip(before, shifts, strict=True)]
        totals = self._exponentials(rows, blocks, shifts)
        for row, top, total, scale in zip(rows, tops, totals, scales, strict=True):
            kernel.store(top, self.tops, row, 0)
            kernel.store(kernel.multiply_add(kernel.load(self.totals, row, 0), scale, total), self.totals, row, 0)
        return scales

    def _blocks_of(self, keys: Index) -> Index:
        if isinstance(keys, int):
            return -(-keys // self.shape.block)
        return self.kernel.divided(self.kernel.shifted(keys, self.shape.block - 1), self.shape.block)[0]

    def _some_rows(self) -> list[range]:
        rows = self.shape.rows
        return [range(first, min(first + _AT_ONCE, rows)) for first in range(0, rows, _AT_ONCE)]

    def _scores(self, tile: _Tile, first: Index, stop: Index) -> None:
        """Scores of blocks of keys, from the beginning of the scratch memory on."""
        kernel, shape = self.kernel, self.shape
        if isinstance(shape.keys, int):
            whole: Index = shape.keys // shape.block
            partial = shape.keys % shape.block != 0
        else:
            whole, partial = kernel.divided(shape.keys, shape.block)[0], True
        clean = stop if not partial else self._lesser(whole, stop)
        if clean != first:
            with kernel.loop(clean, start=first) as block:
                self._block(tile, block, first, partial=False)
        if partial:
            low = clean if isinstance(first, int) else kernel.let(f"arith.maxsi {kernel.index(clean)}, {first} : index")
            with kernel.loop(stop, start=low) as block:
                self._block(tile, block, first, partial=True)

    def _lesser(self, first: Index, second: Index) -> Index:
        if isinstance(first, int) and isinstance(second, int):
            return min(first, second)
        return self.kernel.least(self.kernel.index(first), second)

    def _block(self, tile: _Tile, block: str, first: Index, *, partial: bool) -> None:
        kernel, shape = self.kernel, self.shape
        column = kernel.times(block, shape.block)

        def step(depth: str, sums: Sequence[str]) -> list[str]:
            keys = [kernel.load(self.key, self.head, block, depth, part * shape.lanes) for part in range(2)]
            found: list[str] = []
            for row, token in enumerate(tile.tokens):
                at = self.queries.at(kernel, head=self.head, query=token, depth=depth)
                one = kernel.load_splat(self.query, *at)
                found += [kernel.multiply_add(one, keys[part], sums[2 * row + part]) for part in range(2)]
            return found

        sums = kernel.accumulate(shape.width, [kernel.splat(0.0)] * (2 * shape.rows), step)
        offset = column
        if not isinstance(first, int):
            offset = kernel.times(kernel.let(f"arith.subi {block}, {first} : index"), shape.block)
        for part in range(2):
            at = kernel.shifted(column, part * shape.lanes)
            inside = self._inside(at) if partial else None
            shared = self._shared(at, inside)
            for row, token in enumerate(tile.tokens):
                score = self._stepped(sums[2 * row + part], token, at, inside, shared)
                if inside is not None:
                    score = self._chosen(inside, score, kernel.splat(-math.inf))
                kernel.store(score, self.scores, row, kernel.shifted(offset, part * shape.lanes))

    def _inside(self, column: str) -> str:
        """Which lanes of a vector of scores from ``column`` on are of keys."""
        kernel, lanes = self.kernel, self.shape.lanes
        left = kernel.let(f"arith.subi {kernel.index(self.shape.keys)}, {column} : index")
        narrow = kernel.let(f"arith.index_cast {left} : index to i32")
        splat = kernel.let(f"vector.broadcast {narrow} : i32 to vector<{lanes}xi32>")
        numbers = kernel.let(f"arith.constant dense<[{', '.join(map(str, range(lanes)))}]> : vector<{lanes}xi32>")
        return kernel.let(f"arith.cmpi slt, {numbers}, {splat} : vector<{lanes}xi32>")

    def _shared(self, column: str, inside: str | None) -> dict[int, str]:
        """Vectors of masks that are the same for all queries."""
        found = {step.operand for step in self.shape.steps if step.kind != "scale"}
        return {
            each: self._masked(each, 0, column, inside) for each in found if not self.masks[each].depends_on("query")
        }

    def _masked(self, number: int, token: Index, column: str, inside: str | None) -> str:
        kernel, mask, buffer = self.kernel, self.masks[number], self.mask[number]
        at = mask.at(kernel, head=self.head, query=token, key=column)
        if inside is None:
            return kernel.load(buffer, *at)
        # Behind the last key there may be no memory.
        where = ", ".join(kernel.index(each) for each in at)
        types = f"{buffer.type}, vector<{kernel.lanes}xi1>, {kernel.vector} into {kernel.vector}"
        return kernel.let(f"vector.maskedload {buffer.name}[{where}], {inside}, {kernel.splat(0.0)} : {types}")

    def _stepped(self, score: str, token: str, column: str, inside: str | None, shared: dict[int, str]) -> str:
        kernel = self.kernel
        for step in self.shape.steps:
            if step.kind == "scale":
                score = kernel.scale(step.number, score)
                continue
            mask = shared.get(step.operand) or self._masked(step.operand, token, column, inside)
            if step.kind == "add":
                score = kernel.add(score, mask)
            else:
                predicate = "une" if step.kind == "where" else "oeq"
                keeps = kernel.let(f"arith.cmpf {predicate}, {mask}, {kernel.splat(0.0)} : {kernel.vector}")
                score = self._chosen(keeps, score, kernel.splat(step.number))
        return score

    def _largest(self, rows: Sequence[int], blocks: Index) -> list[str]:
        kernel = self.kernel

        def step(number: str, most: Sequence[str]) -> list[str]:
            column = kernel.times(number, self.shape.lanes)
            pairs = zip(rows, most, strict=True)
            return [self._larger(kernel.load(self.scores, row, column), each) for row, each in pairs]

        initial = [kernel.splat(-math.inf)] * len(rows)
        most = kernel.accumulate(self._vectors(blocks), initial, step)
        return [self._across("maximumf", each) for each in most]

    def _exponentials(self, rows: Sequence[int], blocks: Index, shifts: Sequence[str]) -> list[str]:
        """Replace scores by their exponentials; gives sums, lane by lane."""
        kernel = self.kernel

        def step(number: str, totals: Sequence[str]) -> list[str]:
            column, found = kernel.times(number, self.shape.lanes), list[str]()
            for row, shift, total in zip(rows, shifts, totals, strict=True):
                power = exponential(kernel, kernel.subtract(kernel.load(self.scores, row, column), shift))
                kernel.store(power, self.scores, row, column)
                found.append(kernel.add(total, power))
            return found

        return kernel.accumulate(self._vectors(blocks), [kernel.splat(0.0)] * len(rows), step)

    def _vectors(self, blocks: Index) -> Index:
        return 2 * blocks if isinstance(blocks, int) else self.kernel.times(blocks, 2)

    def _shifts(self, tops: Sequence[str]) -> list[str]:
        """Maxima, but 0 where nothing is seen, so that exponentials are 0."""
        kernel = self.kernel
        if not any(step.kind != "scale" for step in self.shape.steps):
            return list(tops)
        low = kernel.splat(-math.inf)
        empty = [kernel.let(f"arith.cmpf oeq, {top}, {low} : {kernel.vector}") for top in tops]
        return [self._chosen(each, kernel.splat(0.0), top) for each, top in zip(empty, tops, strict=True)]

    def _factor(self, total: str, *, whole: bool = False) -> str:
        """The reciprocal of a sum, in each lane."""
        kernel = self.kernel
        whole_sum = total if whole else self._across("add", total)
        factor = kernel.let(f"arith.divf {kernel.splat(1.0)}, {whole_sum} : {kernel.vector}")
        if not self.shape.empty_is_zero:
            return factor
        empty = kernel.let(f"arith.cmpf oeq, {whole_sum}, {kernel.splat(0.0)} : {kernel.vector}")
        return self._chosen(empty, kernel.splat(0.0), factor)

    def _mix(self, start: Index, stop: Index, column: int, initial: Sequence[str]) -> list[str]:
        """Values of keys from ``start`` to ``stop``, times their exponentials, added up."""
        kernel, shape = self.kernel, self.shape
        count = len(initial) // shape.rows

        def step(number: str, sums: Sequence[str]) -> list[str]:
            token = number if isinstance(start, int) else kernel.sum(start, number)
            found: list[str] = []
            values = [
                kernel.load(
                    self.value, *self.values.at(kernel, head=self.head, key=token, column=column + part * shape.lanes)
                )
                for part in range(count)
            ]
            for row in range(shape.rows):
                weight = kernel.load_splat(self.scores, row, number)
                found += [kernel.multiply_add(weight, values[part], sums[count * row + part]) for part in range(count)]
            return found

        length = stop
        if not isinstance(start, int):
            length = kernel.let(f"arith.subi {kernel.index(stop)}, {start} : index")
        return kernel.accumulate(length, initial, step)

    def _store(self, tile: _Tile, column: int, count: int, sums: Sequence[str], factors: Sequence[str]) -> None:
        kernel = self.kernel
        for row, token in enumerate(tile.tokens):
            for part in range(count):
                scaled = self._times(sums[count * row + part], factors[row])
                at = self.results.at(kernel, head=self.head, query=token, column=column + part * self.shape.lanes)
                kernel.store(scaled, self.result, *at)

    def _scratch(self, rows: int, columns: int) -> Buffer:
        type_ = f"memref<{rows}x{columns}xf32>"
        properties = "<{alignment = 64 : i64, operandSegmentSizes = array<i32: 0, 0>}>"
        return Buffer(self.kernel.let(f'"memref.alloca"() {properties} : () -> {type_}'), (rows, columns), type_)

    def _times(self, first: str, second: str) -> str:
        return self.kernel.let(f"arith.mulf {first}, {second} : {self.kernel.vector}")

    def _larger(self, first: str, second: str) -> str:
        condition = self.kernel.let(f"arith.cmpf ogt, {first}, {second} : {self.kernel.vector}")
        return self._chosen(condition, first, second)

    def _chosen(self, conditions: str, value: str, otherwise: str) -> str:
        types = f"vector<{self.kernel.lanes}xi1>, {self.kernel.vector}"
        return self.kernel.let(f"arith.select {conditions}, {value}, {otherwise} : {types}")

    def _across(self, kind: str, vector: str) -> str:
        """All elements of a vector as one, in each lane."""
        scalar = self.kernel.let(f"vector.reduction <{kind}>, {vector} : {self.kernel.vector} into f32")
        return self.kernel.let(f"vector.broadcast {scalar} : f32 to {self.kernel.vector}")
