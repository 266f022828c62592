"""Adaptive pooling to one value as a mean.

Adaptive average pooling arrives from torch as a gather with computed windows, which neither vectorises nor fuses. With
one output value for each channel it is the mean over the image.
"""

from __future__ import annotations

from iree.compiler import ir

from ireekit import Pass
from ireekit.passes import Statistic
from ireekit.passes.rewrite import Rewriter, apply_walk, pattern

_POOLING = ("torch.aten.adaptive_avg_pool1d", "torch.aten.adaptive_avg_pool2d", "torch.aten.adaptive_avg_pool3d")


class GlobalPooling(Pass):
    """``torch.aten.adaptive_avg_pool*d`` to output sizes of 1 becomes ``torch.aten.mean.dim``."""

    name = "mypipeline-global-pooling"
    rewritten = Statistic("adaptive poolings rewritten")

    def run(self, op: ir.Operation) -> None:
        result = apply_walk(op, [mean_of_image])
        self.rewritten.increment(sum(result.counts.values()))


@pattern(*_POOLING)
def mean_of_image(op: ir.Operation, rewriter: Rewriter) -> None:
    """The mean over the innermost axes, all of which stay with size 1."""
    sizes = _integers(op.operands[1])
    if sizes is None or any(size != 1 for size in sizes):
        rewriter.no_match("its output has more than one value for each channel")
        return
    integer, boolean = ir.Type.parse("!torch.int"), ir.Type.parse("!torch.bool")
    signless = ir.IntegerType.get_signless
    axes = [
        rewriter.create(
            "torch.constant.int", results=[integer], attributes={"value": ir.IntegerAttr.get(signless(64), axis)}
        ).results[0]
        for axis in range(-len(sizes), 0)
    ]
    listed = rewriter.create("torch.prim.ListConstruct", operands=axes, results=[op.operands[1].type])
    keep = rewriter.create(
        "torch.constant.bool", results=[boolean], attributes={"value": ir.IntegerAttr.get(signless(1), 1)}
    )
    none = rewriter.create("torch.constant.none", results=[ir.Type.parse("!torch.none")])
    rewriter.replace_with(
        op,
        "torch.aten.mean.dim",
        operands=[op.operands[0], listed.results[0], keep.results[0], none.results[0]],
        results=[op.results[0].type],
    )


def _integers(listed: ir.Value) -> list[int] | None:
    """The elements of a ``!torch.list<int>`` of constants."""
    maker = listed.owner
    if not isinstance(maker, ir.OpView | ir.Operation) or maker.operation.name != "torch.prim.ListConstruct":
        return None
    found: list[int] = []
    for element in maker.operation.operands:
        owner = element.owner
        if not isinstance(owner, ir.OpView | ir.Operation) or owner.operation.name != "torch.constant.int":
            return None
        found.append(ir.IntegerAttr(owner.operation.attributes["value"]).value)
    return found
