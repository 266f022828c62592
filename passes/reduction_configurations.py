"""How sums over rows (means of images with channels last among them) are tiled, by their shape and the machine's table.

Left to itself the compiler takes as few channels at a time as make eight workgroups, down to a quarter of a vector.
"""

from __future__ import annotations

from math import prod
from typing import Any

from iree.compiler import ir

from ireekit.codegen import CompilationInfo, LoweringConfig, Rule, Translation, indexing_maps
from ireekit.targets.machines import Machine

_BYTES = {"f32": 4, "f64": 8}
_VECTORS = (4, 2, 1)
"""Accumulators side by side: additions to one have to wait for each other."""
_WORKGROUPS = 2
"""At least, for two threads."""


def summed_rows(op: ir.Operation, machine: Machine) -> CompilationInfo | None:
    """Reductions over other dimensions than the innermost one, which fills vectors.

    Row by row, some vectors wide; what computes the summands is computed in these vectors too.
    """
    if op.name != "linalg.generic" or len(op.operands) != 2:
        return None
    source, result = (_loops(each) for each in indexing_maps(op))
    shape: Any = op.operands[0].type
    size = _BYTES.get(str(shape.element_type))
    if size is None or not source or not result or source[-1] != result[-1]:
        return None
    loops, inner = len(source), source[-1]
    rows = [loop for loop in source if loop not in result]
    if not rows or sorted(source) != list(range(loops)) or shape.is_dynamic_dim(shape.rank - 1):
        return None
    columns, lanes = shape.shape[-1], machine.lanes(size)
    if columns % lanes:
        return None
    images = prod(1 if shape.is_dynamic_dim(source.index(loop)) else shape.shape[source.index(loop)] for loop in result)
    blocks = [vectors * lanes for vectors in _VECTORS if columns % (vectors * lanes) == 0]
    width = next((each for each in blocks if images // each >= _WORKGROUPS), lanes)
    columnwise = tuple(width if loop == inner else int(loop in result) for loop in range(loops))
    tiles = {
        "distribution": columnwise,
        "vector_common_parallel": columnwise,
        "vector_reduction": tuple(int(loop in rows) for loop in range(loops)),
    }
    return CompilationInfo(LoweringConfig(tiles), Translation())


def _loops(indexing: ir.AffineMap) -> list[int] | None:
    """The loop that each dimension is; ``None`` where one is an expression."""
    results: list[Any] = list(indexing.results)
    if not all(isinstance(each, ir.AffineDimExpr) for each in results):
        return None
    return [each.position for each in results]


ACTS_ON = ("linalg.generic{iterator_types=reduction}",)
"""Where none of these is, no rule below has anything to say."""

RULES: tuple[Rule, ...] = (summed_rows,)
"""In order of preference."""
