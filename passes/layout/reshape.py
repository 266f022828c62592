"""Transpositions that only reshape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iree.compiler import ir

from ..reshapes import collapse, expand, sizes_of


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
