"""Where Winograd's convolutions pay: a model of what forms cost, from the table of machines.

Weights arrive from memory during the arithmetic; what that leaves over is about one operation for each byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .algorithm import POINTS, TAPS
from .kernels import Tiles

if TYPE_CHECKING:
    from ireekit.targets.machines import Machine

_BYTES = 4


@dataclass(frozen=True)
class Convolution:
    """3x3, stride 1.

    Attributes:
      batch, height, width: of its results.
      channels, filters: how many it sums over and how many it has.
      dilation: in both directions.
    """

    batch: int
    height: int
    width: int
    channels: int
    filters: int
    dilation: int = 1

    def tiles(self, outputs: int) -> Tiles:
        """Of so many outputs."""
        return Tiles(self.batch, self.height, self.width, outputs, self.dilation)

    def weights(self, outputs: int | None) -> int:
        """Bytes of weights, for tiles of so many outputs, or as they are."""
        elements = TAPS if outputs is None else outputs + TAPS - 1
        return elements * elements * self.channels * self.filters * _BYTES


def cost(convolution: Convolution, outputs: int | None, machine: Machine) -> float:
    """Of a convolution by tiles of so many outputs, or directly: in operations that take the same time."""
    pixels = convolution.batch * convolution.height * convolution.width
    pairs, weights = convolution.channels * convolution.filters, convolution.weights(outputs)
    if outputs is None:
        return max(2.0 * TAPS * TAPS * pixels * pairs, machine.memory_flops * weights) + weights
    tiles = convolution.tiles(outputs)
    transformed = tiles.elements * tiles.count
    moved = _BYTES * (2 * transformed + pixels) * (convolution.channels + convolution.filters)
    return max(2.0 * transformed * pairs, machine.memory_flops * weights) + weights + machine.cache_flops * moved


def is_large(convolution: Convolution, outputs: int, machine: Machine) -> bool:
    """Whether a single kernel is better: transformed images are more than caches hold, and weights are not, which are
    read again for each strip."""
    tiles = convolution.tiles(outputs)
    moved = tiles.elements * tiles.count * (convolution.channels + convolution.filters) * _BYTES
    return moved > machine.last_level_bytes >= convolution.weights(outputs)


def best_tile(convolution: Convolution, largest: int, machine: Machine) -> int | None:
    """How many outputs a tile has that costs least, at most ``largest``; ``None`` where none gains a tenth."""
    costs = {each: cost(convolution, each, machine) for each in POINTS if each <= largest}
    found = min(costs, key=lambda each: costs[each], default=None)
    return found if found is not None and costs[found] < 0.9 * cost(convolution, None, machine) else None
