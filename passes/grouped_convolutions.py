"""Grouped convolutions as dense ones of some groups each.

The compiler has no vector code for convolutions in groups: they run twenty times slower than dense ones. A group of
many channels is a dense convolution of its own. Groups of few channels are joined until they fill vectors, with zeros
in the filter between them: up to ``growth`` times the arithmetic, at full speed.
"""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.bindings.erasure import erase_now
from ireekit.passes import Statistic, named_ops, option
from ireekit.passes.builders import before, constant, elementwise, full, tensor_type
from ireekit.passes.constants import Array
from ireekit.passes.uses import defining_op, users

from .constant_views import view_of
from .reshapes import collapse, sizes_of
from .slices import integers, window
from .zeros import is_zero

_CONVOLUTION = "linalg.conv_2d_ngchw_gfchw"
_GROUPS = [[0], [1, 2], [3], [4]]
_VECTOR = 16
"""Channels that joined groups have at least: a vector of f32 of the widest machines."""


class GroupedConvolutions(ireekit.Pass):
    """Turn ``linalg.conv_2d_ngchw_gfchw`` with constant filters into ``conv_2d_nchw_fchw`` of groups joined.

    Left alone are those of groups of one channel, and those that would be more than ``max_parts`` convolutions.
    """

    name = "mypipeline-grouped-convolutions"
    anchor = "util.func"
    acts_on = (_CONVOLUTION,)
    rewritten = Statistic("grouped convolutions rewritten")
    growth: int = option(4, "groups that are joined at most, times the arithmetic", minimum=1)
    max_parts: int = option(32, "dense convolutions that one becomes at most", minimum=1)

    def run(self, op: ir.Operation) -> None:
        for convolution in ireekit.find(op, _CONVOLUTION):
            joined = _joined_groups(convolution, self.growth, self.max_parts)
            filters = view_of(convolution.operands[1]) if joined else None
            flat = _flat_results(convolution)
            if filters is None or not flat:
                continue
            with before(convolution):
                made = _parts(convolution, filters, joined)
            for each in flat:
                with before(each):
                    each.results[0].replace_all_uses_with(collapse(made, _of_image(_reassociation(each))))
                erase_now(each)
            erase_now(convolution)
            self.rewritten.increment()


def _joined_groups(convolution: ir.Operation, growth: int, max_parts: int) -> int:
    """How many groups to join in one convolution; 0 where the convolution is to stay."""
    types: list[Any] = [value.type for value in convolution.operands]
    maker = defining_op(convolution.operands[0])
    if maker is None or maker.name != "tensor.expand_shape" or _reassociation(maker) != _GROUPS:
        return 0
    image, filters, result = types
    unknown = filters.has_static_shape is False or any(result.is_dynamic_dim(axis) for axis in (1, 2, 3, 4))
    if unknown or not isinstance(result.element_type, ir.FloatType):
        return 0
    groups, out, channels = filters.shape[:3]
    if channels == 1 or any(image.is_dynamic_dim(axis) for axis in (1, 2, 3, 4)):
        return 0
    joined = next((count for count in range(1, groups + 1) if groups % count == 0 and out * count >= _VECTOR), groups)
    return joined if joined <= growth and groups // joined <= max_parts else 0


def _flat_results(convolution: ir.Operation) -> list[ir.Operation]:
    """Reshapes of the result to an image or less; none where it is used in another way."""
    found = users(convolution)
    alike = all(each.name == "tensor.collapse_shape" and _reassociation(each)[:2] == _GROUPS[:2] for each in found)
    return found if alike else []


def _of_image(groups: list[list[int]]) -> list[list[int]]:
    """What is left of such a reshape where the groups are joined already."""
    return [*_GROUPS[:1], [1], *([axis - 1 for axis in group] for group in groups[2:])]


def _parts(convolution: ir.Operation, filters: Array, joined: int) -> ir.Value:
    """The image that the convolution gives, from convolutions of ``joined`` groups each."""
    import numpy as np
    from iree.compiler.dialects import arith

    maker = defining_op(convolution.operands[0])
    assert maker is not None
    image, element = maker.operands[0], ir.RankedTensorType(convolution.results[0].type).element_type
    groups, out, channels, rows, columns = filters.shape
    batch, _, height, width = sizes_of(image)
    result = ir.RankedTensorType(convolution.results[0].type).shape[3:]
    steps = [_pair(convolution, name) for name in ("strides", "dilations")]
    made: list[ir.Value] = []
    for start in range(0, groups, joined):
        dense = np.zeros((joined, out, joined, channels, rows, columns), filters.dtype)
        for each in range(joined):
            dense[each, :, each] = filters[start + each]
        shape = [joined * out, joined * channels, rows, columns]
        matrix = constant(dense.reshape(shape), tensor_type(shape, element))
        sizes = [batch, joined * channels, height, width]
        seen = window(image, [0, start * channels, 0, 0], sizes, [1] * 4)
        zero = full([batch, joined * out, *result], 0.0, element)
        made.append(named_ops.convolution("conv_2d_nchw_fchw", seen, matrix, zero, *steps))
    kind: Any = image.type
    whole = tensor_type([None if kind.is_dynamic_dim(0) else kind.shape[0], groups * out, *result], element)
    dim: dict[str, ir.Attribute] = {"dim": ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 1)}
    total = ir.Operation.create("tensor.concat", results=[whole], operands=made, attributes=dim).results[0]
    initial = convolution.operands[2]
    return total if is_zero(initial) else elementwise(arith.addf, total, _flattened(initial))


def _flattened(value: ir.Value) -> ir.Value:
    """``[N, G, C, H, W]`` as ``[N, G * C, H, W]``."""
    maker = defining_op(value)
    if maker is not None and maker.name == "tensor.expand_shape" and _reassociation(maker) == _GROUPS:
        return maker.operands[0]
    return collapse(value, _GROUPS)


def _reassociation(op: ir.Operation) -> list[list[int]]:
    groups: Any = op.attributes["reassociation"]
    return [[ir.IntegerAttr(axis).value for axis in group] for group in groups]


def _pair(convolution: ir.Operation, name: str) -> list[int]:
    return integers(convolution, name) if name in convolution.attributes else [1, 1]
