"""Average pooling to one value as a mean.

Adaptive average pooling arrives from torch as a gather with computed windows, which neither vectorises nor fuses. With
one output value for each channel it is the mean over the image. So is pooling with a window that is larger than the
image, which would be padded with zeros to the size of its window: to 1280 pixels a side in EfficientNet, from 7.
"""

from __future__ import annotations

import re
from typing import Any

from iree.compiler import ir

from ireekit import Pass
from ireekit.passes import Statistic
from ireekit.passes.rewrite import Rewriter, apply_walk, pattern

_ADAPTIVE = ("torch.aten.adaptive_avg_pool1d", "torch.aten.adaptive_avg_pool2d", "torch.aten.adaptive_avg_pool3d")

_WINDOWED = {"torch.aten.avg_pool1d": 1, "torch.aten.avg_pool2d": 2, "torch.aten.avg_pool3d": 3}
"""Pooling by a window, and its axes."""
_KERNEL, _PADDING, _DIVISOR = 1, 3, 6
"""Operands of such a pooling; the last one is not there in one dimension."""


class GlobalPooling(Pass):
    """``torch.aten.adaptive_avg_pool*d`` and ``avg_pool*d`` of whole images become ``torch.aten.mean.dim``."""

    name = "mypipeline-global-pooling"
    acts_on = (*_ADAPTIVE, *_WINDOWED)
    for_speed = True
    rewritten = Statistic("poolings rewritten")

    def run(self, op: ir.Operation) -> None:
        result = apply_walk(op, [mean_of_image, mean_of_window])
        self.rewritten.increment(sum(result.counts.values()))


@pattern(*_ADAPTIVE)
def mean_of_image(op: ir.Operation, rewriter: Rewriter) -> None:
    """The mean over the innermost axes, all of which stay with size 1."""
    sizes = _integers(op.operands[1])
    if sizes is None or any(size != 1 for size in sizes):
        rewriter.no_match("its output has more than one value for each channel")
        return
    _replace_by_mean(op, rewriter, len(sizes), op.operands[1].type)


@pattern(*_WINDOWED)
def mean_of_window(op: ir.Operation, rewriter: Rewriter) -> None:
    """The mean over an image that its one window covers: what is beyond the image does not count."""
    axes = _WINDOWED[op.name]
    kernel, padding = _integers(op.operands[_KERNEL]), _integers(op.operands[_PADDING])
    image, result = (_innermost(str(value.type), axes) for value in (op.operands[0], op.results[0]))
    if kernel is None or padding is None or any(padding) or result != [1] * axes or len(kernel) != axes:
        rewriter.no_match("it has several windows, or one with padding")
        return
    if image is None or any(window < size for window, size in zip(kernel, image, strict=True)):
        rewriter.no_match("its window does not cover the image")
        return
    if len(op.operands) > _DIVISOR and str(op.operands[_DIVISOR].type) != "!torch.none":
        rewriter.no_match("it divides by another number")
        return
    _replace_by_mean(op, rewriter, axes, op.operands[_KERNEL].type)


def _innermost(tensor: str, axes: int) -> list[int] | None:
    """The last sizes of a ``!torch.vtensor<[2,8,7,5],f32>``, where they are known."""
    found = re.search(r"\[([^\]]*)\]", tensor)
    sizes = found[1].split(",") if found is not None else []
    inner = sizes[-axes:]
    return [int(size) for size in inner] if len(sizes) > axes and all(size.isdigit() for size in inner) else None


def _replace_by_mean(op: ir.Operation, rewriter: Rewriter, count: int, list_type: Any) -> None:
    integer, boolean = ir.Type.parse("!torch.int"), ir.Type.parse("!torch.bool")
    signless = ir.IntegerType.get_signless
    axes = [
        rewriter.create(
            "torch.constant.int", results=[integer], attributes={"value": ir.IntegerAttr.get(signless(64), axis)}
        ).results[0]
        for axis in range(-count, 0)
    ]
    listed = rewriter.create("torch.prim.ListConstruct", operands=axes, results=[list_type])
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
