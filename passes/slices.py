"""Parts of tensors: windows of them, and tensors put into windows of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iree.compiler import ir

from ireekit.passes.builders import tensor_type

Sizes = Sequence["int | ir.Value"]


def window(value: ir.Value, offsets: Sequence[int], sizes: Sizes, strides: Sequence[int]) -> ir.Value:
    """``tensor.extract_slice``: every ``strides[i]``-th element from ``offsets[i]`` on, ``sizes[i]`` of them."""
    type: Any = value.type  # noqa: A001
    dynamic = [size for size in sizes if not isinstance(size, int)]
    made = tensor_type([size if isinstance(size, int) else None for size in sizes], type.element_type)
    return ir.Operation.create(
        "tensor.extract_slice",
        results=[made],
        operands=[value, *dynamic],
        attributes=_attributes([1, 0, len(dynamic), 0], offsets, sizes, strides),
    ).results[0]


def put(part: ir.Value, into: ir.Value, offsets: Sequence[int], sizes: Sizes, strides: Sequence[int]) -> ir.Value:
    """``tensor.insert_slice``: ``into`` with ``part`` in the window that :func:`window` would take from it."""
    dynamic = [size for size in sizes if not isinstance(size, int)]
    return ir.Operation.create(
        "tensor.insert_slice",
        results=[into.type],
        operands=[part, into, *dynamic],
        attributes=_attributes([1, 1, 0, len(dynamic), 0], offsets, sizes, strides),
    ).results[0]


def integers(op: ir.Operation, name: str) -> list[int]:
    """The elements of an attribute that lists numbers, dense or an array."""
    numbers: Any = op.attributes[name]
    return [int(each) for each in numbers]


def _attributes(
    segments: Sequence[int], offsets: Sequence[int], sizes: Sizes, strides: Sequence[int]
) -> dict[str, ir.Attribute]:
    unknown = ir.ShapedType.get_dynamic_size()
    return {
        "static_offsets": ir.DenseI64ArrayAttr.get(list(offsets)),
        "static_sizes": ir.DenseI64ArrayAttr.get([size if isinstance(size, int) else unknown for size in sizes]),
        "static_strides": ir.DenseI64ArrayAttr.get(list(strides)),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get(list(segments)),
    }
