"""Small matrices applied to vectors in registers, with few operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ireekit.codegen.custom_kernels import KernelWriter

_EXACT = 1e-9


def apply(kernel: KernelWriter, matrix: Any, values: Sequence[str]) -> list[str]:
    """``matrix @ values``, each value a vector of lanes that are transformed independently.

    Points ``p`` and ``-p`` give rows, or columns, that agree but for the sign of every second element. What such a pair
    has in common is computed once: for rows the even and the odd part, for columns the sum and difference of values.
    """
    import numpy as np

    left = np.array(matrix, dtype=np.float64)
    left[np.abs(left) < _EXACT] = 0.0
    inputs = list(values)
    pairs = _pairs(left.T)
    for first, second in pairs:
        same = np.abs(left[:, first] - left[:, second]) < _EXACT
        column = left[:, first].copy()
        left[:, first], left[:, second] = np.where(same, column, 0.0), np.where(same, 0.0, column)
        one, other = inputs[first], inputs[second]
        inputs[first], inputs[second] = kernel.add(one, other), kernel.subtract(one, other)
    results: dict[int, str] = {}
    for first, second in [] if pairs else _pairs(left):
        even, odd = (left[first] + left[second]) / 2, (left[first] - left[second]) / 2
        factor = odd[np.flatnonzero(odd)[-1]]
        shared = kernel.combine(list(zip(even.tolist(), inputs, strict=True)))
        turned = kernel.combine(list(zip((odd / factor).tolist(), inputs, strict=True)))
        results[first] = kernel.combine([(1.0, shared), (float(factor), turned)])
        results[second] = kernel.combine([(1.0, shared), (float(-factor), turned)])
    for row in range(len(left)):
        if row not in results:
            results[row] = kernel.combine(list(zip(left[row].tolist(), inputs, strict=True)))
    return [results[row] for row in range(len(left))]


def _pairs(rows: Any) -> list[tuple[int, int]]:
    """Rows with several elements that differ in the signs of some and not of others."""
    import numpy as np

    found: list[tuple[int, int]] = []
    taken: set[int] = set()
    for first in range(len(rows)):
        for second in range(first + 1, len(rows)):
            one, other = rows[first], rows[second]
            present = np.abs(one) > _EXACT
            same = np.abs(one - other)[present] < _EXACT
            agree = np.abs(np.abs(one) - np.abs(other)) < _EXACT
            if not taken & {first, second} and agree.all() and present.sum() > 1 and 0 < same.sum() < len(same):
                found.append((first, second))
                taken |= {first, second}
    return found
