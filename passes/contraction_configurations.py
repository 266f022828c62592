"""How matrix products are tiled, by their shape and the machine's table.

A kernel keeps a tile of results in registers while it sums: ``rows`` of the machine's table by two vectors. A workgroup
computes one block of columns for as many rows as keep its share of the left-hand side in the second-level cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from iree.compiler import ir

from ireekit.codegen import CompilationInfo, LoweringConfig, Rule, Translation
from ireekit.targets.machines import Machine

from . import contractions
from .contractions import NAMES, contraction

_BYTES = {"f32": 4, "f64": 8, "f16": 2, "bf16": 2}
_PEELED = Translation("DoubleTilingExpert", ("enable_loop_peeling",))
_DYNAMIC_ROWS = 128
_WORKGROUPS = 4
"""Enough for a few threads to end at about the same time."""
_ROW_WORKGROUPS = 16
"""Of the product of a row: they take about as long as it takes to begin some."""
_LEAST_TILES = 4
"""Register tiles, one above the other, that a workgroup computes at least where there are too few workgroups."""


def tiled_product(op: ir.Operation, machine: Machine) -> CompilationInfo | None:
    """Products whose results are contiguous along columns of the right-hand side.

    Where that side is contiguous along these columns too (blocked weights, the values of attention) they are summed
    one by one. Where it is contiguous along the sum (the keys of attention) a vector of summands is read for each
    column, and a square of them transposed in registers.
    """
    product = contraction(op) if op.name in NAMES else None
    if product is None or not product.dims[2] or len(product.k) != 1 or not product.m:
        return None
    vector, last = product.dims[2][-1], product.dims[1][-1]
    (k,) = product.k
    size = _BYTES.get(str(ir.RankedTensorType(product.out.type).element_type))
    if size is None or vector not in product.n or last not in (vector, k):
        return None
    lanes = machine.lanes(size)
    along_columns = last == vector
    columns = product.extent(vector)
    width = _width(columns, lanes) if along_columns else lanes
    depth = 1 if along_columns else lanes
    if (columns is not None and columns < width) or depth > (product.extent(k) or depth):
        return None
    _, rows = max((product.extent(loop) or _DYNAMIC_ROWS, loop) for loop in product.m)
    count = product.extent(rows)
    height = min(count or machine.rows, machine.rows)
    others = [loop for loop in (*product.batch, *product.m, *product.n) if loop not in (rows, vector)]
    blocks = -(-(columns or width) // width) * prod(product.extent(loop) or 1 for loop in others)
    tall = _workgroup_rows(count, product.extent(k), size, height, blocks, machine)
    loops = len(product.batch) + len(product.m) + len(product.n) + 1
    tiles = {
        "distribution": _sizes(loops, 1, {rows: tall, vector: width, k: 0}),
        "vector_common_parallel": _sizes(loops, 1, {rows: height, vector: width, k: 0}),
        "vector_reduction": _sizes(loops, 0, {k: depth}),
    }
    return CompilationInfo(LoweringConfig(tiles), _PEELED)


def streamed_row(op: ir.Operation, machine: Machine) -> CompilationInfo | None:
    """One row by a matrix, or a batch of such products, that is contiguous along its few columns (a block of weights).

    The sums of all columns are in registers, and the matrix is read in one stream.
    """
    product = contraction(op) if op.name in NAMES else None
    if product is None or product.m or not product.n or len(product.k) != 1:
        return None
    _, rhs, out = product.dims
    (k,), vector = product.k, out[-1]
    size = _BYTES.get(str(ir.RankedTensorType(product.out.type).element_type))
    if size is None or vector not in product.n or rhs[-2:] != (k, vector):
        return None
    columns, lanes = product.extent(vector), machine.lanes(size)
    if columns not in (lanes, 2 * lanes, 4 * lanes, 8 * lanes):
        return None
    loops = len(product.batch) + len(product.n) + 1
    whole = {vector: columns, k: 0}
    tiles = {
        "distribution": _sizes(loops, 1, whole | _blocks([*product.batch, *product.n], vector, product.extent)),
        "vector_common_parallel": _sizes(loops, 1, whole),
        "vector_reduction": _sizes(loops, 0, {k: 1}),
    }
    return CompilationInfo(LoweringConfig(tiles), _PEELED)


def _blocks(loops: Sequence[int], vector: int, extent: Callable[[int], int | None]) -> dict[int, int]:
    """Of the loop with the most blocks of columns, how many a workgroup takes, so that threads share them evenly."""
    from ireekit.codegen import balance

    extents = {loop: extent(loop) or 1 for loop in loops if loop != vector}
    most = max(extents, key=lambda loop: extents[loop], default=None)
    if most is None or extents[most] < 2:
        return {}
    others = [extents[loop] for loop in extents if loop != most]
    choices = [(1,)] * len(others) + [balance.shares(extents[most], 1, extents[most], 1)]
    return {most: balance.choose([*others, extents[most]], [1] * len(choices), choices, most=_ROW_WORKGROUPS)[-1]}


ACTS_ON = contractions.ACTS_ON
"""Where none of these is, no rule below has anything to say."""

RULES: tuple[Rule, ...] = (tiled_product, streamed_row)
"""In order of preference."""


def _width(columns: int | None, lanes: int) -> int:
    """Columns of a register tile: two vectors, or one where two do not divide the columns."""
    return 2 * lanes if columns is None or columns % (2 * lanes) == 0 else lanes


def _workgroup_rows(rows: int | None, depth: int | None, size: int, height: int, blocks: int, machine: Machine) -> int:
    """Rows of a workgroup: as many as fit the second-level cache with what else is there, in equal shares.

    Where ``blocks`` of columns alone are too few workgroups for several threads, the shares are smaller, though not so
    small that one thread would notice.
    """
    if rows is None:
        return _DYNAMIC_ROWS
    fitting = max(machine.l2_bytes // ((depth or 1) * size), 16 * height)
    shares = max(-(-rows // fitting), min(-(-_WORKGROUPS // blocks), rows // (_LEAST_TILES * height)))
    return rows if shares <= 1 else -(-rows // shares // height) * height


def _sizes(loops: int, default: int, named: dict[int, int]) -> tuple[int, ...]:
    return tuple(named.get(loop, default) for loop in range(loops))
