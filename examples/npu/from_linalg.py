"""Partial conversion: what the accelerator can compute becomes kernels, the rest stays in linalg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.passes import Statistic, option
from ireekit.passes.conversion import (
    Adaptor,
    ConversionPattern,
    ConversionRewriter,
    ConversionTarget,
    apply_partial_conversion,
)
from ireekit.passes.rewrite import NoMatch

from .dialect import npu
from .elementwise import Elementwise, constant_float, read_generic
from .kernels import elementwise_kernel, matmul_kernel, tile_extent
from .machine import BLOCK, DTYPES, MACHINE, MAX_INPUTS

Extents = tuple[int, int]


@dataclass(frozen=True)
class Plan:
    """How an operation is computed.

    Attributes:
      tile: extents of its tiles.
      elementwise: the vector engine's instructions; ``None`` for a product of matrices.
    """

    tile: tuple[int, ...]
    elementwise: Elementwise | None = None


def plan_matmul(op: ir.Operation, limit: int) -> Plan | None:
    """How the matrix engine computes a ``linalg.matmul``; ``None`` where it cannot.

    Args:
      limit: the largest extent of a tile.
    """
    lhs, rhs, init = op.operands
    element = str(ir.ShapedType(lhs.type).element_type)
    left, right, out = _extents(lhs, *DTYPES), _extents(rhs, element), _extents(init, "f32")
    if left is None or right is None or out is None or not _is_plain(op):
        return None
    size = DTYPES[element].itemsize
    for m, n, k in _tilings((*out, left[1]), limit):
        if (m * k + k * n) * size <= MACHINE.sram and m * n * DTYPES["f32"].itemsize <= MACHINE.acc:
            return Plan((m, n, k))
    return None


def plan_elementwise(op: ir.Operation, limit: int) -> Plan | None:
    """How the vector engine computes a ``linalg.generic``; ``None`` where it cannot."""
    out = _extents(op.results[0], *DTYPES) if len(op.results) == 1 else None
    computed = read_generic(op) if out is not None else None
    if out is None or computed is None or len(computed.rows_repeated) > MAX_INPUTS:
        return None
    element = ir.ShapedType(op.results[0].type).element_type
    if any(ir.ShapedType(value.type).element_type != element for value in op.operands):
        return None
    constants = sum(isinstance(source, float) for each in computed.instructions for source in each.sources)
    tiles = len(computed.rows_repeated) + len(computed.instructions) + constants
    for rows, columns in _tilings(out, limit):
        if tiles * rows * columns * DTYPES[str(element)].itemsize <= MACHINE.sram:
            return Plan((rows, columns), computed)
    return None


def _is_plain(op: ir.Operation) -> bool:
    """Whether a ``linalg.matmul`` neither transposes nor broadcasts its operands."""
    if "indexing_maps" not in op.attributes:
        return True
    maps = [str(each) for each in ir.ArrayAttr(op.attributes["indexing_maps"])]
    return maps == [f"affine_map<(d0, d1, d2) -> ({dimensions})>" for dimensions in ("d0, d2", "d2, d1", "d0, d1")]


def _extents(value: ir.Value, *elements: str) -> Extents | None:
    """Of a static matrix of one of ``elements``, in whole blocks; ``None`` for anything else."""
    if not isinstance(value.type, ir.RankedTensorType):
        return None
    kind = value.type
    if kind.rank != 2 or not kind.has_static_shape or str(kind.element_type) not in elements:
        return None
    rows, columns = kind.shape
    return None if rows % BLOCK or columns % BLOCK else (rows, columns)


def _tilings(extents: tuple[int, ...], limit: int) -> Iterator[tuple[int, ...]]:
    """Extents of tiles that divide ``extents``, larger ones first."""
    for most in range(limit // BLOCK * BLOCK, 0, -BLOCK):
        yield tuple(tile_extent(extent, most) for extent in extents)


def _filled_with(init: ir.Value) -> tuple[ir.Value, float | None]:
    """What is behind a ``linalg.fill`` by a constant, and that constant."""
    owner: Any = init.owner
    if not isinstance(owner, ir.OpView | ir.Operation) or owner.operation.name != "linalg.fill":
        return init, None
    value, target = owner.operation.operands
    constant = constant_float(value)
    return (init, None) if constant is None else (target, constant)


class ConvertMatMul(ConversionPattern):
    """``linalg.matmul`` as a kernel of the matrix engine."""

    op = "linalg.matmul"

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def match_and_rewrite(self, op: Any, adaptor: Adaptor, rewriter: ConversionRewriter) -> NoMatch | None:
        plan = plan_matmul(op.operation, self.limit)
        if plan is None:
            return rewriter.no_match("no tiling for the matrix engine")
        lhs, rhs, init = adaptor.operands
        target, fill = _filled_with(init)
        m, n, k = plan.tile
        rewriter.replace(op, matmul_kernel(lhs, rhs, target, tile=(m, n, k), fill=fill))
        return None


class ConvertGeneric(ConversionPattern):
    """Elementwise ``linalg.generic`` as a kernel of the vector engine."""

    op = "linalg.generic"

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def match_and_rewrite(self, op: Any, adaptor: Adaptor, rewriter: ConversionRewriter) -> NoMatch | None:
        plan = plan_elementwise(op.operation, self.limit)
        if plan is None or plan.elementwise is None:
            return rewriter.no_match("no instructions of the vector engine")
        *inputs, init = adaptor.operands
        rows, columns = plan.tile
        rewriter.replace(op, elementwise_kernel(inputs, init, plan.elementwise, tile=(rows, columns)))
        return None


class FromLinalg(ireekit.Pass):
    """Turn what the accelerator can compute into kernels, and leave the rest as it is."""

    name = "npu-from-linalg"
    dependent_dialects = (npu,)

    tile: int = option(default=32, description="largest extent of a tile", minimum=BLOCK)

    kernels = Statistic("operations converted")

    def run(self, op: ir.Operation) -> None:
        # Legal is what cannot be converted: the conversion is partial, and those stay in linalg.
        target = ConversionTarget().legal(npu)
        target.dynamic("linalg.matmul", lambda each: plan_matmul(each.operation, self.tile) is None)
        target.dynamic("linalg.generic", lambda each: plan_elementwise(each.operation, self.tile) is None)
        done = apply_partial_conversion(op, target, [ConvertMatMul(self.tile), ConvertGeneric(self.tile)])
        self.kernels.increment(sum(done.counts.values()))
