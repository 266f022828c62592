"""What the accelerator is made of: data that the dialect, the passes and the simulator share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

BLOCK = 16
"""Edge of the matrix engine's square blocks, in elements. Tiles in local memory have multiples of it as extents."""


@dataclass(frozen=True)
class Machine:
    """Sizes of the local memories, in bytes.

    Attributes:
      sram: scratchpad, which the engines read and the DMA engine fills.
      acc: accumulators, which the matrix engine adds to.
    """

    sram: int = 64 * 1024
    acc: int = 16 * 1024


MACHINE = Machine()

DTYPES: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "f16": np.dtype(np.float16)}
"""Element types the engines compute with, by their MLIR names."""

MAX_INPUTS = 8
"""Inputs a kernel can have: the driver has an entry point ``npu.launchN`` for each number of them."""
