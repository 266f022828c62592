"""``tensor.collapse_shape`` and ``tensor.expand_shape``, and transpositions that are no more than these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iree.compiler import ir

from ireekit.passes.builders import tensor_type

from ..reshapes import sizes_of

Groups = Sequence[Sequence[int]]


def collapse(value: ir.Value, groups: Groups) -> ir.Value:
    """The axes of each group as one."""
    kind: Any = value.type
    sizes = [_product([_size(kind, axis) for axis in group]) for group in groups]
    return ir.Operation.create(
        "tensor.collapse_shape",
        results=[tensor_type(sizes, kind.element_type)],
        operands=[value],
        attributes={"reassociation": _attribute(groups)},
    ).results[0]


def expand(value: ir.Value, groups: Groups, sizes: Sequence[int | ir.Value]) -> ir.Value:
    """Each axis as those of its group, with ``sizes``: numbers, or values of type ``index``."""
    kind: Any = value.type
    static = [size if isinstance(size, int) else None for size in sizes]
    dynamic = ir.ShapedType.get_dynamic_size()
    return ir.Operation.create(
        "tensor.expand_shape",
        results=[tensor_type(static, kind.element_type)],
        operands=[value, *(size for size in sizes if not isinstance(size, int))],
        attributes={
            "reassociation": _attribute(groups),
            "static_output_shape": ir.DenseI64ArrayAttr.get([dynamic if size is None else size for size in static]),
        },
    ).results[0]


def reordered(value: ir.Value, order: Sequence[int]) -> ir.Value | None:
    """``value`` with axis ``order[i]`` as axis ``i``, where only axes of size 1 change their places."""
    kind: Any = value.type
    kept = [axis for axis in order if kind.is_dynamic_dim(axis) or kind.shape[axis] != 1]
    if kept != sorted(kept) or not kept:
        return None
    sizes = sizes_of(value)
    flat = collapse(value, _around([axis in kept for axis in range(kind.rank)]))
    return expand(flat, _around([axis in kept for axis in order]), [sizes[axis] for axis in order])


def _around(kept: Sequence[bool]) -> list[list[int]]:
    """Groups of neighbours with one axis that is kept in each."""
    groups: list[list[int]] = [[]]
    for axis, is_kept in enumerate(kept):
        if is_kept and any(kept[each] for each in groups[-1]):
            groups.append([])
        groups[-1].append(axis)
    return groups


def _size(kind: Any, axis: int) -> int | None:
    return None if kind.is_dynamic_dim(axis) else kind.shape[axis]


def _product(sizes: Sequence[int | None]) -> int | None:
    total = 1
    for size in sizes:
        if size is None:
            return None
        total *= size
    return total


def _attribute(groups: Groups) -> ir.Attribute:
    index = ir.IntegerType.get_signless(64)
    return ir.ArrayAttr.get([ir.ArrayAttr.get([ir.IntegerAttr.get(index, axis) for axis in group]) for group in groups])
