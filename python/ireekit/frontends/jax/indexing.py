"""Gathers and slice updates of dynamic shapes as ``linalg`` and ``tensor`` operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from iree.compiler import ir

PARALLEL = "#linalg.iterator_type<parallel>"


def replace_gather(op: ir.Operation) -> None:
    """``stablehlo.gather`` or ``dynamic_gather`` as ``linalg.generic`` that extracts one element each.

    The current location and insertion point must be those of ``op``.
    """
    operand, indices, *sizes = op.operands
    result = ir.RankedTensorType(op.results[0].type)
    rank = ir.RankedTensorType(operand.type).rank
    numbers = _GatherNumbers(str(op.attributes["dimension_numbers"]))
    batch_dims = [dim for dim in range(result.rank) if dim not in numbers.offset_dims]
    dropped = {*numbers.collapsed_slice_dims, *numbers.operand_batching_dims}
    kept = [dim for dim in range(rank) if dim not in dropped]
    index_shape = ir.RankedTensorType(indices.type)
    # index_vector_dim may be one past the end: the vectors have one element then.
    index_dims = [dim for dim in range(index_shape.rank) if dim != numbers.index_vector_dim]
    if sizes:
        slice_sizes = [scalar_at(sizes[0], dim) for dim in range(rank)]
    else:
        slice_sizes = [constant(extent) for extent in ir.DenseI64ArrayAttr(op.attributes["slice_sizes"])]
    limits = [_subtract(size_of(operand, dim), slice_sizes[dim]) for dim in range(rank)]

    def size(dim: int) -> ir.Value:
        if dim in batch_dims:
            return size_of(indices, index_dims[batch_dims.index(dim)])
        return slice_sizes[kept[numbers.offset_dims.index(dim)]]

    def element(position: Sequence[ir.Value], _: Sequence[ir.Value]) -> ir.Value:
        batch = [position[dim] for dim in batch_dims]
        coordinates: list[ir.Value] = []
        for dim in range(rank):
            if dim in numbers.operand_batching_dims:
                place = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(dim)]
                coordinates.append(batch[index_dims.index(place)])
                continue
            start = None
            if dim in numbers.start_index_map:
                where = list(batch)
                if numbers.index_vector_dim < index_shape.rank:
                    where.insert(numbers.index_vector_dim, constant(numbers.start_index_map.index(dim)))
                start = clamp(_extract(indices, where), limits[dim])
            offset = position[numbers.offset_dims[kept.index(dim)]] if dim in kept else None
            coordinates.append(_sum(start, offset))
        return _extract(operand, coordinates)

    new = elementwise(result, size, element)
    op.results[0].replace_all_uses_with(new)
    op.erase()


def replace_update(op: ir.Operation) -> None:
    """``stablehlo.dynamic_update_slice`` as ``tensor.insert_slice``."""
    operand, update, *starts = op.operands
    type_ = ir.RankedTensorType(update.type)
    sizes = [size_of(update, dim) for dim in range(type_.rank)]
    offsets = [
        clamp(_extract(start, []), _subtract(size_of(operand, dim), sizes[dim])) for dim, start in enumerate(starts)
    ]
    dynamic = [sizes[dim] for dim in range(type_.rank) if type_.is_dynamic_dim(dim)]
    marker = ir.ShapedType.get_dynamic_size()
    inserted = ir.Operation.create(
        "tensor.insert_slice",
        results=[op.results[0].type],
        operands=[update, operand, *offsets, *dynamic],
        attributes={
            "static_offsets": ir.DenseI64ArrayAttr.get([marker] * type_.rank),
            "static_sizes": ir.DenseI64ArrayAttr.get(
                [marker if type_.is_dynamic_dim(dim) else type_.get_dim_size(dim) for dim in range(type_.rank)]
            ),
            "static_strides": ir.DenseI64ArrayAttr.get([1] * type_.rank),
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 1, len(offsets), len(dynamic), 0]),
        },
    )
    op.results[0].replace_all_uses_with(inserted.results[0])
    op.erase()


def elementwise(
    result: ir.RankedTensorType,
    size: Callable[[int], ir.Value],
    element: Callable[[Sequence[ir.Value], Sequence[ir.Value]], ir.Value],
    inputs: Sequence[tuple[ir.Value, ir.AffineMap]] = (),
) -> ir.Value:
    """A tensor of type ``result`` computed element by element.

    Args:
      size: the extent of a dynamic dimension, as ``index``.
      element: builds the element from one element of each input, or where there are no inputs from the position,
        one ``index`` per dimension.
      inputs: tensors, each with the map from positions to its own.
    """
    dynamic = [size(dim) for dim in range(result.rank) if result.is_dynamic_dim(dim)]
    empty = ir.Operation.create("tensor.empty", results=[result], operands=dynamic).results[0]
    identity = ir.AffineMapAttr.get(ir.AffineMap.get_identity(result.rank))
    generic = ir.Operation.create(
        "linalg.generic",
        results=[result],
        operands=[*(value for value, _ in inputs), empty],
        attributes={
            "indexing_maps": ir.ArrayAttr.get([*(ir.AffineMapAttr.get(read) for _, read in inputs), identity]),
            "iterator_types": ir.ArrayAttr.get([ir.Attribute.parse(PARALLEL)] * result.rank),
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(inputs), 1]),
        },
        regions=1,
    )
    location = ir.Location.current
    types = [*(ir.RankedTensorType(value.type).element_type for value, _ in inputs), result.element_type]
    block = generic.regions[0].blocks.append(*types, arg_locs=[location] * len(types))
    with ir.InsertionPoint(block):
        position = [] if inputs else [_linalg_index(dim) for dim in range(result.rank)]
        ir.Operation.create("linalg.yield", operands=[element(position, list(block.arguments)[:-1])])
    return generic.results[0]


def constant(value: int) -> ir.Value:
    """``value`` as ``index``."""
    from iree.compiler.dialects import arith

    return arith.constant(ir.IndexType.get(), value)


def size_of(tensor_value: ir.Value, dim: int) -> ir.Value:
    """The extent of a dimension, as ``index``."""
    from iree.compiler.dialects import tensor

    return tensor.dim(tensor_value, constant(dim))


def scalar_at(vector: ir.Value, position: int) -> ir.Value:
    """An element of a vector of integers, as ``index``."""
    return _to_index(_extract(vector, [constant(position)]))


def clamp(start: ir.Value, limit: ir.Value) -> ir.Value:
    """``start`` as ``index``, between 0 and ``limit``."""
    from iree.compiler.dialects import arith

    return arith.minsi(arith.maxsi(_to_index(start), constant(0)), limit)


class _GatherNumbers:
    """``#stablehlo.gather``, read from its text: IREE's wheel has no bindings for it."""

    def __init__(self, text: str) -> None:
        self.offset_dims = _dims(text, "offset_dims")
        self.collapsed_slice_dims = _dims(text, "collapsed_slice_dims")
        self.operand_batching_dims = _dims(text, "operand_batching_dims")
        self.start_indices_batching_dims = _dims(text, "start_indices_batching_dims")
        self.start_index_map = _dims(text, "start_index_map")
        match = re.search(r"index_vector_dim = (\d+)", text)
        self.index_vector_dim = int(match[1]) if match else 0


def _dims(text: str, name: str) -> list[int]:
    match = re.search(rf"\b{name} = \[([\d, ]*)\]", text)
    return [int(dim) for dim in match[1].split(",") if dim.strip()] if match else []


def _to_index(value: ir.Value) -> ir.Value:
    from iree.compiler.dialects import arith

    index = ir.IndexType.get()
    if value.type == index:
        return value
    if isinstance(value.type, ir.IntegerType) and value.type.is_unsigned:
        signless = ir.IntegerType.get_signless(value.type.width)
        value = ir.Operation.create("builtin.unrealized_conversion_cast", results=[signless], operands=[value]).results[
            0
        ]
        return arith.index_castui(index, value)
    return arith.index_cast(index, value)


def _extract(tensor_value: ir.Value, position: Sequence[ir.Value]) -> ir.Value:
    from iree.compiler.dialects import tensor

    return tensor.extract(tensor_value, list(position))


def _subtract(left: ir.Value, right: ir.Value) -> ir.Value:
    from iree.compiler.dialects import arith

    return arith.subi(left, right)


def _sum(left: ir.Value | None, right: ir.Value | None) -> ir.Value:
    from iree.compiler.dialects import arith

    if left is None or right is None:
        found = left if right is None else right
        return constant(0) if found is None else found
    return arith.addi(left, right)


def _linalg_index(dim: int) -> ir.Value:
    attribute = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), dim)
    return ir.Operation.create("linalg.index", results=[ir.IndexType.get()], attributes={"dim": attribute}).results[0]
