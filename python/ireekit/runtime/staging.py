"""Standing input buffers for the calls that are too small to deserve their own.

Packing arguments costs more than a small program takes to run. Where every argument is a small array
of static shape, its device buffer and the packed list are made once; a call copies values in place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from iree.runtime import VmVariantList
from numpy.typing import NDArray

from ireekit.runtime.tensors import SHARE_RESULTS_FROM, copy_in

if TYPE_CHECKING:
    from ireekit.runtime.device import Device

Slot = tuple[np.dtype[Any], tuple[int, ...], NDArray[Any]]


class Staging:
    """One buffer per argument, mapped, and the list of them. Used under the session's lock.

    Attributes:
      slots: dtype and shape to compare with, and the mapped buffer to copy into.
      packed: the arguments as the VM takes them; None once closed.
    """

    __slots__ = ("packed", "slots")

    def __init__(self, signature: Sequence[tuple[np.dtype[Any], tuple[int, ...]]], device: Device) -> None:
        self.slots: list[Slot] = []
        self.packed: VmVariantList | None = VmVariantList(len(signature))
        for dtype, shape in signature:
            view: Any = copy_in(np.zeros(shape, dtype), device)
            self.slots.append((dtype, shape, np.ndarray(shape, dtype, view.map())))
            self.packed.push_ref(view)

    def close(self) -> None:
        self.packed = None
        self.slots = []


def stage(signature: Sequence[tuple[np.dtype[Any], tuple[int, ...]]], device: Device) -> Staging | None:
    """Standing buffers for arguments of these dtypes and shapes; None where one is large or empty."""
    # A result may be one of these buffers, and is safe only because small results are copied.
    sizes = [math.prod(shape) * dtype.itemsize for dtype, shape in signature]
    if not device.shares_memory or not all(0 < size < SHARE_RESULTS_FROM for size in sizes):
        return None
    return Staging(signature, device)
