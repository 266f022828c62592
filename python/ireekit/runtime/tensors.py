"""Arrays that stay on a device between calls, and the way of any result to the host."""

from __future__ import annotations

import ctypes
import functools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from iree.runtime import BufferUsage, HalBufferView, HalFence, MemoryType
from numpy.typing import NDArray

from ireekit.errors import DeviceError, InputError
from ireekit.runtime import arrays, lifetime
from ireekit.runtime.device import Device, open_device
from ireekit.runtime.dtypes import carrier, element_type, numpy_dtype

if TYPE_CHECKING:
    from iree.runtime._binding import HalBuffer

DEVICE_MEMORY = int(MemoryType.DEVICE_LOCAL)
SHARED_MEMORY = DEVICE_MEMORY | int(MemoryType.HOST_VISIBLE)
DEVICE_USAGE = int(BufferUsage.DEFAULT)
SHARED_USAGE = (
    DEVICE_USAGE
    | int(BufferUsage.MAPPING_SCOPED)
    | int(BufferUsage.MAPPING_PERSISTENT)
    | int(BufferUsage.MAPPING_ACCESS_RANDOM)
)
STAGING_MEMORY = int(MemoryType.HOST_LOCAL) | int(MemoryType.DEVICE_VISIBLE)
STAGING_USAGE = int(BufferUsage.TRANSFER_TARGET) | int(BufferUsage.MAPPING_SCOPED)
ALIGNMENT = 64
"""Bytes; what a device that shares memory asks of an array's address to use it in place."""

SHARE_RESULTS_FROM = 1 << 15
"""Bytes from which a result is a view of device memory rather than a copy."""


_register, _forget = lifetime.tensors.add, lifetime.tensors.discard


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where and what a device tensor is; one object for each (see :func:`layout`), compared by identity."""

    device: Device
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


@functools.lru_cache(4096)
def layout(device: Device, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Layout:
    """The one :class:`Layout` of these."""
    return Layout(device, dtype, shape)


class DeviceTensor:
    """An array in a device's memory: what a call with ``returns="device"`` gives and any call takes.

    Attributes:
      handle: IREE's buffer view; None once closed.
      layout: device, dtype and shape.
    """

    __slots__ = ("__weakref__", "handle", "layout")

    def __init__(self, view: HalBufferView, layout: Layout) -> None:
        self.handle: HalBufferView | None = view
        self.layout = layout
        _register(ref(self, _forget))

    @property
    def device(self) -> Device:
        """Where it lies."""
        return self.layout.device

    @property
    def dtype(self) -> np.dtype[Any]:
        """numpy or ml_dtypes dtype."""
        return self.layout.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents."""
        return self.layout.shape

    @property
    def view(self) -> HalBufferView:
        """The handle of an open tensor.

        Raises:
          DeviceError: the tensor is closed.
        """
        if self.handle is None:
            raise DeviceError("this device tensor is closed", remedy="keep it open as long as it is used")
        return self.handle

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    def numpy(self) -> NDArray[Any]:
        """The values on the host: a view of the same memory where the device shares it, else a copy."""
        return to_host(self.view, self.device, self.dtype, self.shape)

    def to(self, returns: arrays.Returns) -> Any:
        """The values as ``"numpy"``, ``"torch"`` or ``"jax"`` array; ``"device"`` is the tensor itself."""
        arrays.parse_returns(returns)
        return self if returns == "device" else arrays.BY_NAME[returns].from_numpy(self.numpy())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a rank-0 device tensor")
        return self.shape[0]

    def close(self) -> None:
        """Gives the memory back now rather than with the last reference."""
        self.layout = replace(self.layout)
        self.handle = None

    def __repr__(self) -> str:
        return f"DeviceTensor({self.dtype.name}{list(self.shape)} on {self.device.uri})"


def to_device(array: Any, device: str | Device = "cpu") -> DeviceTensor:
    """Copies a numpy, torch or jax array to a device.

    Raises:
      DeviceError: no such device.
      InputError: ``array`` is no array, or of a type no program takes.
    """
    device = open_device(device)
    if isinstance(array, DeviceTensor):
        if array.device is device:
            return array
        array = array.numpy()
    kind = arrays.kind_of(type(array))
    if kind is None:
        raise InputError(f"expected an array, got {type(array).__name__}", remedy="pass a numpy, torch or jax array")
    host = native(kind.to_numpy(array))
    numpy_dtype(host.dtype.name)
    return DeviceTensor(copy_in(host, device), layout(device, host.dtype, host.shape))


def empty(shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
    """Uninitialised numpy array whose memory a CPU program can use without a copy (64-byte aligned)."""
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def native(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself if it is contiguous and of native byte order, else a copy that is."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def copy_in(array: NDArray[Any], device: Device) -> HalBufferView:
    """Copies a native, contiguous array into new memory of the device."""
    word = carrier(array.dtype)
    shared = device.shares_memory
    with device.lock:
        view = device.allocator.allocate_buffer_copy(
            SHARED_MEMORY if shared else DEVICE_MEMORY,
            SHARED_USAGE if shared else DEVICE_USAGE,
            device.hal,
            array if word is None else array.view(word),
            element_type(array.dtype),
        )
    assert isinstance(view, HalBufferView)
    return view


def share_in(array: NDArray[Any], device: Device) -> HalBufferView:
    """Lends an aligned, native, contiguous array's memory to the device; the caller keeps it alive."""
    # Read-only arrays (every jax array) are refused by IREE, though programs do not write to arguments.
    raw = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
    with device.lock:
        buffer = device.allocator.import_host_allocation(raw, SHARED_MEMORY, SHARED_USAGE)
    return HalBufferView(buffer, array.shape, element_type(array.dtype))


def to_host(view: HalBufferView, device: Device, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A result's values; the array returned owns or keeps alive its memory."""
    if 0 in shape:
        return np.empty(shape, dtype)
    if device.shares_memory:
        try:
            mapped: Any = view.map()
        except Exception:  # constants may live in memory that cannot be mapped; IREE has no error class for it
            mapped = _read_back(view.get_buffer(), device)
    else:
        mapped = _read_back(view.get_buffer(), device)
    array = np.ndarray(shape, dtype, mapped)
    if array.nbytes < SHARE_RESULTS_FROM:
        return array.copy()
    lifetime.track_shared(array, device)
    return array


def _read_back(source: HalBuffer, device: Device) -> Any:
    """Copies through a staging buffer, which every device can write and every host can map."""
    with device.lock:
        hal = device.hal
        staging = device.allocator.allocate_buffer(STAGING_MEMORY, STAGING_USAGE, source.byte_length())
        semaphore = hal.create_semaphore(0)
        hal.queue_copy(source, staging, HalFence.create_at(semaphore, 0), HalFence.create_at(semaphore, 1))
        HalFence.create_at(semaphore, 1).wait()
        return staging.map()
