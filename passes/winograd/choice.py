"""Where Winograd's convolutions pay: a model of what forms cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .algorithm import POINTS, TAPS
from .kernels import Tiles

if TYPE_CHECKING:
    from ireekit.targets.machines import Machine

_BYTES = 4
_MEMORY = 5.5
"""Operations in the time that a byte takes from memory: 110 GFLOP/s and 20 GB/s, measured on cores with AVX-512.

Weights arrive during the arithmetic; what that leaves over is about one operation for each byte."""
_LARGE = 6
"""Second-level caches that transformed images, or weights, may fill."""
_CACHE = 2.0
"""The same for bytes that go through the caches: 50 GB/s, measured in the kernels that transform."""


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


def cost(convolution: Convolution, outputs: int | None) -> float:
    """Of a convolution by tiles of so many outputs, or directly: in operations that take the same time."""
    pixels = convolution.batch * convolution.height * convolution.width
    pairs, weights = convolution.channels * convolution.filters, convolution.weights(outputs)
    if outputs is None:
        return max(2.0 * TAPS * TAPS * pixels * pairs, _MEMORY * weights) + weights
    tiles = convolution.tiles(outputs)
    transformed = tiles.elements * tiles.count
    moved = _BYTES * (2 * transformed + pixels) * (convolution.channels + convolution.filters)
    return max(2.0 * transformed * pairs, _MEMORY * weights) + weights + _CACHE * moved


def is_large(convolution: Convolution, outputs: int, machine: Machine) -> bool:
    """Whether a single kernel is better: transformed images are more than caches hold, and weights are not, which are
    read again for each strip."""
    tiles = convolution.tiles(outputs)
    moved = tiles.elements * tiles.count * (convolution.channels + convolution.filters) * _BYTES
    return moved > _LARGE * machine.l2_bytes >= convolution.weights(outputs)


def best_tile(convolution: Convolution, largest: int) -> int | None:
    """How many outputs a tile has that costs least, at most ``largest``; ``None`` where none gains a tenth."""
    direct = cost(convolution, None)
    found = min((each for each in POINTS if each <= largest), key=lambda each: cost(convolution, each), default=None)
    return found if found is not None and cost(convolution, found) < 0.9 * direct else None
