"""Reshapes that keep the order of elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from iree.compiler import ir

from ireekit.passes.builders import dim, tensor_type


def collapse(value: ir.Value, groups: Sequence[Sequence[int]]) -> ir.Value:
    """``tensor.collapse_shape``: each group of neighbouring dimensions becomes one."""
    type: Any = value.type  # noqa: A001
    if all(len(group) == 1 for group in groups):
        return value
    shape = [
        None if any(type.is_dynamic_dim(axis) for axis in group) else math.prod(type.shape[axis] for axis in group)
        for group in groups
    ]
    made = tensor_type(shape, type.element_type)
    attributes: dict[str, ir.Attribute] = {"reassociation": _reassociation(groups)}
    return ir.Operation.create(
        "tensor.collapse_shape", results=[made], operands=[value], attributes=attributes
    ).results[0]


def expand(value: ir.Value, groups: Sequence[Sequence[int]], sizes: Sequence[int | ir.Value]) -> ir.Value:
    """``tensor.expand_shape`` to ``sizes``: each dimension becomes a group. Sizes that are values are dynamic."""
    type: Any = value.type  # noqa: A001
    if all(len(group) == 1 for group in groups):
        return value
    static = [size if isinstance(size, int) else ir.ShapedType.get_dynamic_size() for size in sizes]
    dynamic = [size for size in sizes if not isinstance(size, int)]
    made = tensor_type([size if isinstance(size, int) else None for size in sizes], type.element_type)
    attributes: dict[str, ir.Attribute] = {
        "reassociation": _reassociation(groups),
        "static_output_shape": ir.DenseI64ArrayAttr.get(static),
    }
    return ir.Operation.create(
        "tensor.expand_shape", results=[made], operands=[value, *dynamic], attributes=attributes
    ).results[0]


def sizes_of(value: ir.Value) -> list[int | ir.Value]:
    """The size of each dimension: a number where it is static, else a value."""
    type: Any = value.type  # noqa: A001
    return [dim(value, axis) if type.is_dynamic_dim(axis) else type.shape[axis] for axis in range(type.rank)]


def _reassociation(groups: Sequence[Sequence[int]]) -> ir.ArrayAttr:
    index = ir.IntegerType.get_signless(64)
    return ir.ArrayAttr.get([ir.ArrayAttr.get([ir.IntegerAttr.get(index, axis) for axis in group]) for group in groups])
