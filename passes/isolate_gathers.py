"""Gathers in dispatches of their own, where SPIR-V has no code for what they would be fused into.

Kernels of sums over rows keep a row in registers, or in workgroup memory. Memory of a workgroup is small, and holds
neither booleans nor indices: a fused gather fits only into sums that stay in registers. These are over one loop, the
innermost, of a static extent that fills every subgroup; and the gather must be a lookup of rows, so that a vector has
one index (a vector of indices goes to workgroup memory). Embeddings with their layer norm are such; attention masks,
rows of other widths, dynamic ones, largest elements with their indices, sums of rows are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.codegen import indexing_maps
from ireekit.passes.uses import defining_op
from mypipeline.passes.contractions import contraction

_BARRIER = "iree_tensor_ext.compute_barrier.start"
_WIDEST_SUBGROUP = 64
_ELEMENTS = ("f16", "f32")
_STORED = frozenset({"util.return", "hal.tensor.export", "tensor.concat", "tensor.insert_slice"})
"""What takes a tensor from memory, not from registers; contractions do as well."""
_RESHAPES = ("tensor.expand_shape", "tensor.collapse_shape", "tensor.extract_slice")


@dataclass(frozen=True)
class IsolateGathers(ireekit.Pass):
    """Keep what uses a gathered tensor out of the gather's dispatch, by a compute barrier after the gather.

    Lookups of rows stay with what they are fused into: elementwise operations, sums and softmax over a row. So does
    what goes to memory anyway.
    """

    name = "mypipeline-isolate-gathers"
    anchor = "util.func"
    acts_on = ("tensor.extract",)

    def run(self, op: ir.Operation) -> None:
        for generic in ireekit.find(op, "linalg.generic"):
            extracts = ireekit.find(generic, "tensor.extract")
            if not extracts or _is_stored(generic):
                continue
            if not (_looks_rows_up(generic, extracts) and _Rows(generic).stay_in_registers()):
                _isolate(generic)


def _is_stored(gather: ir.Operation) -> bool:
    """Whether what is gathered goes to memory as it is."""
    return all(use.owner.operation.name in _STORED for result in gather.results for use in result.uses)


def _looks_rows_up(gather: ir.Operation, extracts: list[ir.Operation]) -> bool:
    """Whether each of ``extracts`` reads along the innermost loop, from a row that does not depend on that."""
    result: Any = gather.results[0].type
    loops = _loops(gather)
    if len(gather.results) != 1 or not result.has_static_shape or str(result.element_type) not in _ELEMENTS:
        return False
    if "reduction" in loops or not _is_innermost(indexing_maps(gather)[-1], len(loops) - 1):
        return False
    along = {
        argument
        for argument, where in zip(gather.regions[0].blocks[0].arguments, indexing_maps(gather), strict=True)
        if any(_has_loop(each, len(loops) - 1) for each in where.results)
    }
    for extract in extracts:
        indices = list(extract.operands)[1:]
        if not indices or not _is_index(indices.pop(), len(loops) - 1):
            return False
        if any(_depends(index, along, len(loops) - 1) for index in indices):
            return False
    return True


def _is_index(value: ir.Value, loop: int) -> bool:
    maker = defining_op(value)
    return maker is not None and maker.name == "linalg.index" and ir.IntegerAttr(maker.attributes["dim"]).value == loop


def _depends(value: ir.Value, along: set[Any], loop: int) -> bool:
    """Whether ``value`` in a generic's body changes with ``loop``, as the block arguments ``along`` do."""
    maker = defining_op(value)
    if maker is None:
        return value in along
    if maker.name == "linalg.index":
        return _is_index(value, loop)
    return any(_depends(operand, along, loop) for operand in maker.operands)


class _Rows:
    """Where gathered rows go, up to where they are in memory again.

    Args:
      gather: that looks them up.
    """

    def __init__(self, gather: ir.Operation) -> None:
        self._width: int = ir.RankedTensorType(gather.results[0].type).shape[-1]
        self._seen: set[Any] = set()
        self._left: list[ir.Value] = [gather.results[0]]

    def stay_in_registers(self) -> bool:
        """Whether the kernels of everything that uses them keep them, and what becomes of them, in registers."""
        while self._left:
            value = self._left.pop()
            for use in value.uses:
                op = use.owner.operation
                if op.name in _STORED or contraction(op) is not None:
                    continue
                if not self._keeps(op, use.operand_number, value):
                    return False
                self._follow(op)
        return True

    def _follow(self, op: ir.Operation) -> None:
        for result in op.results:
            if result not in self._seen:
                self._seen.add(result)
                self._left.append(result)

    def _keeps(self, op: ir.Operation, number: int, value: ir.Value) -> bool:
        if not all(_is_static(result) for result in op.results):
            return False
        if op.name in _RESHAPES:
            return not self._is_row(value) or self._is_row(op.results[0])
        if op.name == "linalg.softmax":
            rank = ir.RankedTensorType(value.type).rank
            last = ir.IntegerAttr(op.attributes["dimension"]).value == rank - 1
            return last and self._is_row(value) and self._width % _WIDEST_SUBGROUP == 0
        return op.name == "linalg.generic" and not ireekit.find(op, "tensor.extract") and self._suits(op, number, value)

    def _suits(self, op: ir.Operation, number: int, value: ir.Value) -> bool:
        """Whether the generic ``op`` goes along the rows as they lie in memory, and reduces whole rows if any."""
        loops, where = _loops(op), indexing_maps(op)[number]
        innermost = len(loops) - 1
        reduced = [loop for loop, kind in enumerate(loops) if kind == "reduction"]
        if self._is_row(value) and not _is_innermost(where, innermost):
            return False
        if not reduced:
            return True
        if reduced != [innermost] or len(op.results) != 1 or self._width % _WIDEST_SUBGROUP:
            return False
        return self._is_row(value) or not any(_has_loop(each, innermost) for each in where.results)

    def _is_row(self, value: ir.Value) -> bool:
        """Whether ``value`` has whole rows, other than what they are reduced to."""
        shape = ir.RankedTensorType(value.type).shape
        return bool(shape) and shape[-1] == self._width


def _is_static(value: ir.Value) -> bool:
    return isinstance(value.type, ir.RankedTensorType) and value.type.has_static_shape


def _loops(generic: ir.Operation) -> list[str]:
    kinds: Any = generic.attributes["iterator_types"]
    return [str(kind).split("<")[-1].rstrip(">") for kind in kinds]


def _is_innermost(where: ir.AffineMap, loop: int) -> bool:
    """Whether the last dimension of a tensor is ``loop``."""
    last = list(where.results)[-1:]
    return any(isinstance(each, ir.AffineDimExpr) and each.position == loop for each in last)


def _has_loop(expression: ir.AffineExpr, loop: int) -> bool:
    """Whether ``expression`` may change with ``loop``."""
    return not isinstance(expression, ir.AffineConstantExpr) and (
        not isinstance(expression, ir.AffineDimExpr) or expression.position == loop
    )


def _isolate(gather: ir.Operation) -> None:
    for result in gather.results:
        uses = list(result.uses)
        if not uses:
            continue
        with ir.InsertionPoint.after(gather), gather.location:
            barrier = ir.Operation.create(_BARRIER, results=[result.type], operands=[result, *_dynamic_extents(result)])
        for use in uses:
            use.owner.operands[use.operand_number] = barrier.result


def _dynamic_extents(value: ir.Value) -> list[ir.Value]:
    from iree.compiler.dialects import arith, tensor  # takes 10 ms

    shaped = ir.RankedTensorType(value.type)
    axes = (axis for axis in range(shaped.rank) if shaped.is_dynamic_dim(axis))
    return [tensor.dim(value, arith.constant(ir.IndexType.get(), axis)) for axis in axes]
