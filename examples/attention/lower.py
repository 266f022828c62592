"""Lower ``attention.fused`` to IREE's own ``iree_linalg_ext.attention``."""

from __future__ import annotations

from collections.abc import Sequence

from iree.compiler import ir
from iree.compiler.dialects import arith, tensor

import ireekit
from ireekit.passes.conversion import (
    Adaptor,
    ConversionRewriter,
    ConversionTarget,
    TypeConverter,
    apply_partial_conversion,
    conversion,
)

from .dialect import Fused, Shape, attention

converter = TypeConverter()


@converter.convert()
def to_builtin(kind: ir.Type) -> ir.Type | None:
    """Torch's tensors of floats as builtin ones; others stay."""
    if not str(kind).startswith("!torch.vtensor<["):
        return None
    shape = Shape.of(kind)
    extents = [extent for extent in shape.extents if extent is not None]
    if len(extents) < len(shape.extents) or not shape.element.startswith(("f", "bf")):
        return None
    element = ir.Type.parse(shape.element, context=kind.context)
    return ir.RankedTensorType.get(extents, element, loc=ir.Location.unknown(kind.context))


@converter.target
def cast_to_builtin(values: Sequence[ir.Value], types: Sequence[ir.Type]) -> ir.Value:
    """A tensor of torch as a builtin one: a cast that the conversion of torch IR folds away."""
    return ir.Operation.create("torch_c.to_builtin_tensor", results=types, operands=values).result


@converter.source
def cast_to_torch(values: Sequence[ir.Value], types: Sequence[ir.Type]) -> ir.Value:
    """The other way round."""
    return ir.Operation.create("torch_c.from_builtin_tensor", results=types, operands=values).result


@conversion(Fused)
def lower(op: Fused, adaptor: Adaptor, rewriter: ConversionRewriter) -> None:
    """One ``iree_linalg_ext.attention``, whose indexing maps broadcast the mask."""
    query, key, value = adaptor.query, adaptor.key, adaptor.value
    scores = (*query.type.shape[:-1], key.type.shape[-2])
    masks, mask_axes = [], []
    if op.mask is not None:
        axes = [axis for axis, extent in enumerate(Shape.of(op.mask.type).extents) if extent == scores[axis] != 1]
        masks, mask_axes = [_without_ones(adaptor.mask, axes)], [axes]
    element = query.type.element_type
    scale = arith.constant(element, ir.FloatAttr.get(element, op.scale))
    init = tensor.empty([*query.type.shape[:-1], value.type.shape[-1]], element)
    rewriter.replace(op, _attention(query, key, value, scale, masks, init, _maps(len(scores), mask_axes)))


class Lower(ireekit.Pass):
    """Lower every ``attention.fused``, at phase ``start`` where torch IR is not converted yet."""

    name = "attention-lower"
    dependent_dialects = (attention,)

    def run(self, op: ir.Operation) -> None:
        target = ConversionTarget().illegal(Fused)
        apply_partial_conversion(op, target, [lower], converter, unresolved="error")


def _attention(
    query: ir.Value,
    key: ir.Value,
    value: ir.Value,
    scale: ir.Value,
    masks: Sequence[ir.Value],
    init: ir.Value,
    maps: Sequence[ir.AffineMap],
) -> ir.Value:
    op = ir.Operation.create(
        "iree_linalg_ext.attention",
        results=[init.type],
        operands=[query, key, value, scale, *masks, init],
        attributes={
            "indexing_maps": ir.ArrayAttr.get([ir.AffineMapAttr.get(each) for each in maps]),
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 1, 1, 1, len(masks), 1]),
        },
        regions=1,
    )
    block = op.regions[0].blocks.append(scale.type)
    with ir.InsertionPoint(block):
        ir.Operation.create("iree_linalg_ext.yield", operands=[block.arguments[0]])
    return op.result


def _maps(rank: int, masks: Sequence[Sequence[int]]) -> list[ir.AffineMap]:
    """Of query, key, value, scale, masks and result, over (batch..., M, V, K, N)."""
    *batch, m, v, k, n = [ir.AffineDimExpr.get(index) for index in range(rank + 2)]
    scores = [*batch, m, n]
    rows = [
        [*batch, m, k],
        [*batch, n, k],
        [*batch, n, v],
        [],
        *([scores[axis] for axis in axes] for axes in masks),
        [*batch, m, v],
    ]
    return [ir.AffineMap.get(rank + 2, 0, row) for row in rows]


def _without_ones(mask: ir.Value, axes: Sequence[int]) -> ir.Value:
    """``mask`` with these axes only; the others, of extent 1, are broadcast by the attention's maps."""
    kind = ir.RankedTensorType(mask.type)
    if len(axes) == kind.rank:
        return mask
    slim = ir.RankedTensorType.get([kind.get_dim_size(axis) for axis in axes], kind.element_type)
    zeros, ones = [0] * kind.rank, [1] * kind.rank
    return tensor.extract_slice(slim, mask, [], [], [], zeros, kind.shape, ones)
