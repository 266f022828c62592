"""Products with constant matrices, in blocks of columns.

A matrix product reads a tile of its right-hand side again for each tile of rows. Stored as ``[K, N]``, each row of that
tile is on another page; stored as ``[N / block, K, block]`` the tile is one stretch of memory. A block is two vector
registers wide, as is the tile of results that a kernel keeps in registers. Weights are packed at compile time, and
results ``[M, N / block, block]`` are ``[M, N]`` in memory: nothing is moved at run time. A product with one row, which
takes as long as reading its weights does, reads them in one stream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from iree.compiler import ir

import ireekit
from ireekit.codegen.executables import program_machine
from ireekit.passes import Statistic, option
from ireekit.passes.builders import before, constant, empty, fill, generic, tensor_type
from ireekit.passes.constants import Array
from ireekit.passes.uses import defining_op
from ireekit.targets.machines import Machine

from .constant_views import source_of, view_of
from .contractions import ACTS_ON, NAMES, Contraction, contraction, is_filled
from .reshapes import collapse, expand, sizes_of

_FLOATS = {"f32": 4, "f64": 8}
_VECTORS = 2
"""Vector registers in a block, where its results are in registers for several rows."""
_ROW_VECTORS = 4
"""With one row: 2 to 8 read weights from memory equally fast; from the second-level cache 4 are 3 % faster."""


class BlockWeights(ireekit.Pass):
    """Bring contractions with a constant matrix into the blocked form, with the matrix packed.

    Left alone are those of few columns, those whose left-hand side would have to be moved, and constants
    that are not in the program (parameters).
    """

    name = "mypipeline-block-weights"
    anchor = "builtin.module"
    acts_on = ACTS_ON
    for_speed = True
    blocked = Statistic("contractions with blocked weights")
    min_columns: int = option(16, "leave products with fewer columns as they are", minimum=1, trials=(16, 256))

    def run(self, op: ir.Operation) -> None:
        machine = program_machine(op)
        if machine is None:
            return
        for function in ireekit.find(op, "util.func"):
            packed: dict[Any, ir.Value] = {}
            products = [contraction(each) for each in ireekit.walk(function) if each.name in NAMES]
            plans = [_plan(product, machine, self.min_columns) for product in products if product is not None]
            for plan in plans:
                if plan is not None:
                    _rewrite(plan, packed)
                    self.blocked.increment()


@dataclass(frozen=True)
class _Plan:
    """A contraction that can be blocked.

    Attributes:
      product: it.
      rows: loops of the left-hand side and the result that are not summed over.
      source: the constant its right-hand side is made of.
      weights: that side as ``[N, K]``, a view.
      block: columns in a block.
    """

    product: Contraction
    rows: tuple[int, ...]
    source: ir.Value
    weights: Array
    block: int


def _plan(product: Contraction, machine: Machine, min_columns: int) -> _Plan | None:
    element = str(ir.RankedTensorType(product.out.type).element_type)
    if element not in _FLOATS or not product.n or not product.k:
        return None
    source = source_of(product.rhs)
    # A batch of products with one matrix is one product with more rows.
    rows = tuple(loop for loop in product.dims[2] if loop not in product.n)
    lhs, rhs, out = product.dims
    if source is None or lhs != (*rows, *product.k) or out != (*rows, *product.n):
        return None
    extents = [product.extent(loop) for loop in (*product.n, *product.k)]
    if None in extents or math.prod(size or 0 for size in extents[: len(product.n)]) < min_columns:
        return None
    weights = _matrix(product, rhs)
    if weights is None:
        return None
    block = _block(weights.shape[0], all(product.extent(loop) == 1 for loop in rows), machine.lanes(_FLOATS[element]))
    if weights.shape[0] % block and not is_filled(product.out):
        return None
    return _Plan(product, rows, source, weights, block)


def _block(columns: int, is_row: bool, lanes: int) -> int:
    """Columns of a block: one row has too few sums under way in two vectors to wait for none of them."""
    wide = _ROW_VECTORS * lanes
    return wide if is_row and columns % wide == 0 else _VECTORS * lanes


def _matrix(product: Contraction, rhs: tuple[int, ...]) -> Array | None:
    """The right-hand side as ``[N, K]``; ``None`` where it differs from one product of the batch to the next."""
    array = view_of(product.rhs)
    if array is None:
        return None
    batch = [axis for axis, loop in enumerate(rhs) if loop in product.batch]
    if not all(_is_spread(array, axis) for axis in batch):
        return None
    single = array[tuple(0 if axis in batch else slice(None) for axis in range(array.ndim))]
    left = [loop for loop in rhs if loop not in product.batch]
    ordered = single.transpose([left.index(loop) for loop in (*product.n, *product.k)])
    columns = math.prod(ordered.shape[: len(product.n)])
    return ordered.reshape(columns, -1)


def _is_spread(array: Array, axis: int) -> bool:
    """Whether an array is the same all along an axis: as a view, or written out."""
    if array.shape[axis] == 1 or array.strides[axis] == 0:
        return True
    first = array.take([0], axis)
    return all(np.array_equal(array.take([index], axis), first) for index in range(1, array.shape[axis]))


def _rewrite(plan: _Plan, packed: dict[Any, ir.Value]) -> None:
    product, op = plan.product, plan.product.op
    rank, columns = len(plan.rows), plan.weights.shape[0]
    blocks = -(-columns // plan.block)
    with before(op):
        weights = _packed(plan, blocks, packed)
        sizes = sizes_of(product.out)
        lhs = _as_rows(product.lhs, rank)
        m = sizes_of(lhs)[0]
        result = _product(lhs, weights, _initial(plan, m, blocks))
        flat = collapse(result, [[0], [1, 2]])
        if blocks * plan.block != columns:
            flat = _first_columns(flat, m, columns)
        op.results[0].replace_all_uses_with(_as_result(flat, rank, sizes))
    op.erase()


def _packed(plan: _Plan, blocks: int, packed: dict[Any, ir.Value]) -> ir.Value:
    # The same constant, moved in the same way, is packed once.
    columns, depth = plan.weights.shape
    key = (plan.source, plan.weights.shape, plan.weights.strides, plan.block)
    if key not in packed:
        element = ir.RankedTensorType(plan.product.out.type).element_type
        weights = plan.weights
        if columns % plan.block:
            weights = np.zeros((blocks * plan.block, depth), plan.weights.dtype)
            weights[:columns] = plan.weights
        array = np.ascontiguousarray(weights.reshape(blocks, plan.block, depth).transpose(0, 2, 1))
        with before(plan.source.owner):
            packed[key] = constant(array, tensor_type(array.shape, element))
    return packed[key]


def _as_rows(lhs: ir.Value, rank: int) -> ir.Value:
    """``[rows..., K...]`` as ``[M, K]``; a vector as one row."""
    axes = range(ir.RankedTensorType(lhs.type).rank)
    if rank == 0:
        flat = collapse(lhs, [axes])
        return expand(flat, [[0, 1]], [1, *sizes_of(flat)])
    return collapse(lhs, [axes[:rank], axes[rank:]])


def _initial(plan: _Plan, m: int | ir.Value, blocks: int) -> ir.Value:
    """What the products are added to, as ``[M, N / block, block]``."""
    out = plan.product.out
    if is_filled(out):
        type: Any = out.type  # noqa: A001
        return fill(_maker(out).operands[0], empty([m, blocks, plan.block], type.element_type))
    flat = _as_rows(out, len(plan.rows))
    return expand(flat, [[0], [1, 2]], [m, blocks, plan.block])


def _maker(value: ir.Value) -> ir.Operation:
    made = defining_op(value)
    assert made is not None
    return made


def _product(lhs: ir.Value, weights: ir.Value, out: ir.Value) -> ir.Value:
    from iree.compiler.dialects import arith

    # Blocks are the outermost loop: a workgroup that has several computes all rows of one before the next.
    block, m, column, k = (ir.AffineDimExpr.get(loop) for loop in range(4))
    maps = [ir.AffineMap.get(4, 0, each) for each in ([m, k], [block, k, column], [m, block, column])]

    def body(a: Any, b: Any, total: Any) -> Any:
        return arith.addf(total, arith.mulf(a, b))

    return generic([lhs, weights], [out], maps, ["parallel"] * 3 + ["reduction"], body)[0]


def _first_columns(value: ir.Value, m: int | ir.Value, columns: int) -> ir.Value:
    from iree.compiler.dialects import tensor

    element = ir.RankedTensorType(value.type).element_type
    rows = m if isinstance(m, int) else ir.ShapedType.get_dynamic_size()
    kept = tensor_type([m if isinstance(m, int) else None, columns], element)
    dynamic = [] if isinstance(m, int) else [m]
    made: Any = tensor.ExtractSliceOp(kept, value, [], dynamic, [], [0, 0], [rows, columns], [1, 1])
    return made.result


def _as_result(flat: ir.Value, rank: int, sizes: list[int | ir.Value]) -> ir.Value:
    """``[M, N]`` as ``[rows..., columns...]``."""
    axes = range(len(sizes))
    if rank == 0:
        return expand(collapse(flat, [[0, 1]]), [axes], sizes)
    return expand(flat, [axes[:rank], axes[rank:]], sizes)
