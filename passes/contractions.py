"""Contractions (matrix products and their like) taken apart by what their loops do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iree.compiler import ir

from ireekit.bindings.linalg import is_contraction
from ireekit.codegen import indexing_maps
from ireekit.passes.uses import defining_op

NAMES = frozenset(
    {"linalg.generic", "linalg.matmul", "linalg.batch_matmul", "linalg.matvec", "linalg.vecmat", "linalg.batch_matvec"}
)

ACTS_ON = ("linalg.generic{iterator_types=reduction}", *sorted(NAMES - {"linalg.generic"}))
"""What passes for contractions act on."""


@dataclass(frozen=True)
class Contraction:
    """``out[batch, m, n] += lhs[batch, m, k] * rhs[batch, k, n]``, whatever the order of the dimensions.

    Attributes:
      op: the operation.
      dims: for each of lhs, rhs and out the loops that its dimensions are, in order.
      batch, m, n, k: loops of each kind, in order of loops.
    """

    op: ir.Operation
    dims: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]

    @property
    def lhs(self) -> ir.Value:
        return self.op.operands[0]

    @property
    def rhs(self) -> ir.Value:
        return self.op.operands[1]

    @property
    def out(self) -> ir.Value:
        """What the products are added to."""
        return self.op.operands[2]

    def extent(self, loop: int) -> int | None:
        """Iterations of a loop; ``None`` where that is dynamic."""
        for value, dims in zip(self.op.operands, self.dims, strict=True):
            type: Any = value.type  # noqa: A001
            if loop in dims and not type.is_dynamic_dim(dims.index(loop)):
                return type.shape[dims.index(loop)]
        return None


def contraction(op: ir.Operation) -> Contraction | None:
    """``op`` as a contraction of two tensors of one element type, or ``None``."""
    if op.name not in NAMES or len(op.operands) != 3 or len(op.results) != 1 or not is_contraction(op):
        return None
    types: list[Any] = [value.type for value in op.operands]
    if any(not isinstance(each, ir.RankedTensorType) for each in types):
        return None
    if len({str(each.element_type) for each in types}) != 1:
        return None
    maps = indexing_maps(op)
    if not all(isinstance(result, ir.AffineDimExpr) for each in maps for result in each.results):
        return None
    lhs, rhs, out = (tuple(_position(result) for result in each.results) for each in maps)
    loops = range(maps[0].n_dims)
    kinds = {loop: (loop in lhs, loop in rhs, loop in out) for loop in loops}
    by = {
        kind: tuple(loop for loop in loops if kinds[loop] == kind)
        for kind in ((True, True, True), (True, False, True), (False, True, True), (True, True, False))
    }
    if sum(map(len, by.values())) != len(loops):
        return None
    batch, m, n, k = by.values()
    return Contraction(op, (lhs, rhs, out), batch, m, n, k)


def _position(expression: Any) -> int:
    return expression.position


def is_filled(value: ir.Value) -> bool:
    """Whether every element of ``value``, such as what a product is added to, is one number."""
    maker = defining_op(value)
    return maker is not None and maker.name == "linalg.fill"
