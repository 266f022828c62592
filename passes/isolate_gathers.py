"""Gathers in dispatches of their own.

A gather fused into a reduction leaves tables of indices in workgroup memory, which SPIR-V has no type for: attention
masks of a batch of two or more, or a layer norm over embeddings, do not compile for Vulkan and Metal then.
"""

from __future__ import annotations

from dataclasses import dataclass

from iree.compiler import ir

import ireekit

_BARRIER = "iree_tensor_ext.compute_barrier.start"


@dataclass(frozen=True)
class IsolateGathers(ireekit.Pass):
    """Keep what uses a gathered tensor out of the gather's dispatch, by a compute barrier after the gather."""

    name = "mypipeline-isolate-gathers"
    anchor = "util.func"
    acts_on = ("tensor.extract",)

    def run(self, op: ir.Operation) -> None:
        for generic in ireekit.find(op, "linalg.generic"):
            if ireekit.find(generic, "tensor.extract"):
                _isolate(generic)


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
