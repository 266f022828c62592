"""The matrices of Winograd's convolutions.

``F(m, 3)`` computes ``m`` outputs of a filter of 3 with ``m + 2`` multiplications, not 3 for each output:
``y = A^T ((G g) * (B^T d))`` (Lavin and Gray, Fast algorithms for convolutional neural networks, 2015), built from
interpolation at ``m + 1`` points and infinity (Toom and Cook). In two dimensions matrices apply from both sides.

The points decide the rounding error. Reciprocal pairs keep what is subtracted in the transforms small; of those tried
for ``F(4, 3)`` the pair 1/sqrt(2), sqrt(2) has the least, a fifth of what the customary 1 and 2 have, and its squares
are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

TAPS = 3
"""Of the filters, in each direction."""

POINTS: dict[int, tuple[float, ...]] = {2: (0.0, 1.0, -1.0), 4: (0.0, 0.5**0.5, -(0.5**0.5), 2.0**0.5, -(2.0**0.5))}
"""Interpolation points besides infinity, by how many outputs a tile has in each direction."""


@dataclass(frozen=True)
class Winograd:
    """``F(outputs, 3)``.

    Attributes:
      outputs: of a tile, in each direction.
      data: ``B^T``, ``[size, size]``.
      filter: ``G``, ``[size, 3]``.
      inverse: ``A^T``, ``[outputs, size]``.
    """

    outputs: int
    data: Array
    filter: Array
    inverse: Array

    @property
    def size(self) -> int:
        """Inputs of a tile, in each direction."""
        return self.outputs + TAPS - 1

    def weights(self, filters: Array) -> Array:
        """Filters ``[3, 3, C, F]`` transformed, ``[size * size, C, F]`` of the same type; computed in float64."""
        import numpy as np

        _, _, channels, count = filters.shape
        both = np.kron(self.filter, self.filter)
        flat = filters.reshape(TAPS * TAPS, channels * count).astype(np.float64)
        return (both @ flat).astype(filters.dtype).reshape(self.size**2, channels, count)


@cache
def winograd(outputs: int) -> Winograd:
    """``F(outputs, 3)``, for the keys of :data:`POINTS`."""
    import numpy as np

    points = POINTS[outputs]
    size = len(points) + 1
    data, filters, inverse = np.zeros((size, size)), np.zeros((size, TAPS)), np.zeros((outputs, size))
    for row, point in enumerate(points):
        others = [other for other in points if other != point]
        data[row, : size - 1] = _polynomial(others)
        filters[row] = np.array([point**power for power in range(TAPS)]) / np.prod([point - other for other in others])
        inverse[:, row] = [point**power for power in range(outputs)]
    data[-1] = _polynomial(points)
    filters[-1, -1] = inverse[-1, -1] = 1.0
    # What is 1, 0 or a power of two but for rounding is meant to be that.
    return Winograd(outputs, np.round(data, 15), filters, np.round(inverse, 15))


def _polynomial(roots: Any) -> Array:
    """Coefficients of the product of ``x - root``, lowest first."""
    import numpy as np

    product = np.ones(1)
    for root in roots:
        product = np.convolve(product, [-root, 1.0])
    return product
