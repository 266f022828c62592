"""Batch normalisation folded into the weights of convolutions.

Batch normalisation arrives as subtractions, multiplications and additions of one constant for each channel, after a
convolution. Together they are ``scale * x + shift``: the scale goes into the filter, the shift becomes the only thing
that is added. A bias that the convolution starts from is taken into the shift, so that it starts from zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from iree.compiler import ir
from iree.compiler.dialects import arith

from ireekit import Pass
from ireekit.bindings.erasure import erase_now
from ireekit.passes import Statistic, walk
from ireekit.passes.builders import after, before, constant, empty_like, fill, generic
from ireekit.passes.constants import Array, constant_value
from ireekit.passes.uses import defining_op, single_use

# Convolution -> the channels' axis in its result, and in its filter.
_CHANNELS = {
    "linalg.conv_1d_ncw_fcw": (1, 0),
    "linalg.conv_2d_nchw_fchw": (1, 0),
    "linalg.conv_2d_nhwc_hwcf": (3, 3),
    "linalg.conv_2d_nhwc_fhwc": (3, 0),
    "linalg.conv_3d_ncdhw_fcdhw": (1, 0),
    "linalg.depthwise_conv_2d_nchw_chw": (1, 0),
    "linalg.depthwise_conv_2d_nhwc_hwc": (3, 2),
}
# In shorter types the filter would be rounded a second time.
_ELEMENT_TYPES = ("f32", "f64")


class FoldBatchNorm(Pass):
    """Fold chains of affine functions with constants of each channel into the convolution before them."""

    name = "mypipeline-fold-batch-norm"
    anchor = "util.func"
    acts_on = tuple(_CHANNELS)
    folded = Statistic("operations folded into convolutions")

    def run(self, op: ir.Operation) -> None:
        # What is folded is erased, which a walk must not still have before it.
        for convolution in [each for each in walk(op) if each.name in _CHANNELS]:
            self.folded.increment(_fold(convolution, *_CHANNELS[convolution.name]))


@dataclass(frozen=True)
class Affine:
    """``scale * x + shift`` of what the convolution gives: float64, of one element or one for each channel."""

    scale: Array
    shift: Array

    @property
    def is_constant(self) -> bool:
        return not np.any(self.scale)


def _fold(convolution: ir.Operation, channel: int, filter_axis: int) -> int:
    kind: Any = convolution.results[0].type
    if str(kind.element_type) not in _ELEMENT_TYPES or kind.is_dynamic_dim(channel):
        return 0
    weights = constant_value(convolution.operands[1])
    bias = _initial_bias(convolution.operands[2], channel)
    if weights is None or bias is None:
        return 0
    total, chain = Affine(np.ones(()), bias), list[ir.Operation]()
    while (found := _applied(convolution if not chain else chain[-1], channel, total)) is not None:
        chain.append(found[0])
        total = found[1]
    if not chain and not np.any(bias):
        return 0
    with before(convolution):
        if chain:
            filters = _scaled(weights.broadcast(), total.scale, filter_axis)
            convolution.operands[1] = constant(filters, convolution.operands[1].type)
        if np.any(bias):
            convolution.operands[2] = fill(constant(0.0, kind.element_type), empty_like(convolution.operands[2]))
    last = chain[-1] if chain else convolution
    if np.any(total.shift):
        _add_shift(convolution, last, channel, total.shift)
    elif chain:
        last.results[0].replace_all_uses_with(convolution.results[0])
    for op in reversed(chain):
        erase_now(op)
    return len(chain) or 1


def _scaled(filters: Array, scale: Array, axis: int) -> Array:
    spread = np.broadcast_to(scale, (filters.shape[axis],))
    spread = np.expand_dims(spread, [each for each in range(filters.ndim) if each != axis])
    return (filters * spread).astype(filters.dtype)


def _add_shift(convolution: ir.Operation, last: ir.Operation, channel: int, shift: Array) -> None:
    """Put ``convolution + shift`` in the place of what ``last`` gives."""
    result = convolution.results[0]
    kind: Any = result.type
    uses = [(use.owner, use.operand_number) for use in last.results[0].uses]
    every = ir.AffineMap.get_identity(kind.rank)
    of_channel = ir.AffineMap.get(kind.rank, 0, [ir.AffineDimExpr.get(channel)])
    with after(convolution):
        vector = ir.RankedTensorType.get([kind.shape[channel]], kind.element_type)
        shifts = constant(np.broadcast_to(shift, (kind.shape[channel],)), vector)
        total = generic(
            [result, shifts],
            [empty_like(result)],
            [every, of_channel, every],
            ["parallel"] * kind.rank,
            _sum,
        )[0]
    for user, number in uses:
        user.operation.operands[number] = total


def _sum(x: ir.Value, by: ir.Value, _out: ir.Value) -> ir.Value:
    return arith.addf(x, by)


def _applied(op: ir.Operation, channel: int, before_it: Affine) -> tuple[ir.Operation, Affine] | None:
    """The only user of ``op``, and what it makes of ``before_it``, where that is affine in each channel."""
    use = single_use(op)
    if use is None or use.owner.operation.name != "linalg.generic":
        return None
    user, taken = use.owner.operation, use.operand_number
    iterators: Any = user.attributes["iterator_types"]
    kinds: list[Any] = [ir.AffineMapAttr(each).value for each in _elements(user.attributes["indexing_maps"])]
    outputs = len(user.results)
    if outputs != 1 or taken == len(kinds) - 1 or any("parallel" not in str(each) for each in iterators):
        return None
    if user.results[0].type != op.results[0].type or kinds[taken] != kinds[-1] or not kinds[-1].is_permutation:
        return None
    loop = ir.AffineDimExpr(kinds[taken].results[channel]).position
    block = user.regions[0].blocks[0]
    values: dict[Any, Affine] = {block.arguments[taken]: before_it}
    for number, operand in enumerate(list(user.operands)[:-1]):
        vector = None if number == taken else _of_channel(operand, kinds[number], loop)
        if vector is not None:
            values[block.arguments[number]] = vector
    made = _evaluate(block, values)
    return None if made is None or made.is_constant else (user, made)


def _of_channel(value: ir.Value, indexing: Any, loop: int) -> Affine | None:
    """A constant operand, where it depends on nothing but the loop over channels."""
    found = constant_value(value)
    if found is None or found.element.is_integer:
        return None
    array = found.array.astype(np.float64)
    if array.size == 1:
        return Affine(np.zeros(()), array.reshape(()))
    for size, expression in zip(array.shape, indexing.results, strict=True):
        is_channel = isinstance(expression, ir.AffineDimExpr) and expression.position == loop
        if size != 1 and not is_channel:
            return None
    return Affine(np.zeros(()), array.reshape(-1))


def _evaluate(block: Any, values: dict[Any, Affine]) -> Affine | None:
    for child in block.operations:
        op: ir.Operation = child.operation
        operands = [_read(operand, values) for operand in op.operands]
        given = [each for each in operands if each is not None]
        if len(given) != len(operands):
            return None
        if op.name == "linalg.yield":
            return given[0]
        rule = _RULES.get(op.name)
        made = None if rule is None else rule(*given)
        if made is None:
            return None
        values[op.results[0]] = made
    return None


def _read(value: ir.Value, values: dict[Any, Affine]) -> Affine | None:
    if value in values:
        return values[value]
    found = constant_value(value)
    if found is None or found.element.is_integer or found.shape:
        return None
    return Affine(np.zeros(()), found.array.astype(np.float64))


def _add(x: Affine, y: Affine) -> Affine:
    return Affine(x.scale + y.scale, x.shift + y.shift)


def _negate(x: Affine) -> Affine:
    return Affine(-x.scale, -x.shift)


def _subtract(x: Affine, y: Affine) -> Affine:
    return _add(x, _negate(y))


def _multiply(x: Affine, y: Affine) -> Affine | None:
    if not x.is_constant and not y.is_constant:
        return None
    factor, other = (x.shift, y) if x.is_constant else (y.shift, x)
    return Affine(other.scale * factor, other.shift * factor)


def _divide(x: Affine, y: Affine) -> Affine | None:
    if not y.is_constant or not np.all(y.shift):
        return None
    return Affine(x.scale / y.shift, x.shift / y.shift)


_RULES: dict[str, Callable[..., Affine | None]] = {
    "arith.addf": _add,
    "arith.subf": _subtract,
    "arith.mulf": _multiply,
    "arith.divf": _divide,
    "arith.negf": _negate,
}


def _initial_bias(init: ir.Value, channel: int) -> Array | None:
    """What a convolution starts from, where it is a constant for each channel; float64."""
    whole = constant_value(init)
    if whole is not None:
        return _of_channels(whole.array.astype(np.float64), channel)
    maker = defining_op(init)
    if maker is None:
        return None
    if maker.name == "linalg.fill":
        found = constant_value(maker.operands[0])
        return None if found is None else found.array.astype(np.float64).reshape(())
    if maker.name == "linalg.broadcast":
        found = constant_value(maker.operands[0])
        added: Any = maker.attributes["dimensions"]
        rank = len(found.shape) + len(added) if found else 0
        if found is None or [axis for axis in range(rank) if axis not in list(added)] != [channel]:
            return None
        return found.broadcast().astype(np.float64)
    if maker.name == "linalg.generic" and len(maker.operands) == 2:
        return _copied(maker, channel)
    return None


def _of_channels(array: Array, channel: int) -> Array | None:
    """What there is for each channel, where that is the same all over the image."""
    if array.size == 1:
        return array.reshape(())
    rows = np.moveaxis(array, channel, -1).reshape(-1, array.shape[channel])
    return rows[0] if bool((rows == rows[0]).all()) else None


def _copied(maker: ir.Operation, channel: int) -> Array | None:
    """The constant that a generic repeats along all axes but the channels'."""
    maps: list[Any] = [ir.AffineMapAttr(each).value for each in _elements(maker.attributes["indexing_maps"])]
    block = maker.regions[0].blocks[0]
    body = [child.operation for child in block.operations]
    if len(body) != 1 or body[0].operands[0] != block.arguments[0] or not maps[1].is_permutation:
        return None
    found = _of_channel(maker.operands[0], maps[0], ir.AffineDimExpr(maps[1].results[channel]).position)
    return None if found is None else found.shift


def _elements(attribute: Any) -> list[Any]:
    return list(attribute)
