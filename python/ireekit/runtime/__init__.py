"""Load compiled programs and call them: devices, programs, device tensors, batching.

Names are imported when first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.lazy_names import lazy_names

if TYPE_CHECKING:
    from ireekit.runtime.batching import Batcher
    from ireekit.runtime.device import Device, DeviceInfo, DriverStatus, devices, drivers, open_device, release_devices
    from ireekit.runtime.dispatch_times import CallTimes, DispatchTime, measure_dispatches
    from ireekit.runtime.function import Function
    from ireekit.runtime.parameters import parameter_names
    from ireekit.runtime.program import Program
    from ireekit.runtime.record import Record
    from ireekit.runtime.tensors import DeviceTensor, empty, to_device

__all__ = [
    "Batcher",
    "CallTimes",
    "Device",
    "DeviceInfo",
    "DeviceTensor",
    "DispatchTime",
    "DriverStatus",
    "Function",
    "Program",
    "Record",
    "devices",
    "drivers",
    "empty",
    "measure_dispatches",
    "open_device",
    "parameter_names",
    "release_devices",
    "to_device",
]

_HOMES = {
    "Batcher": "batching",
    "CallTimes": "dispatch_times",
    "Device": "device",
    "DeviceInfo": "device",
    "DeviceTensor": "tensors",
    "DispatchTime": "dispatch_times",
    "DriverStatus": "device",
    "Function": "function",
    "Program": "program",
    "Record": "record",
    "parameter_names": "parameters",
    "devices": "device",
    "drivers": "device",
    "empty": "tensors",
    "measure_dispatches": "dispatch_times",
    "open_device": "device",
    "release_devices": "device",
    "to_device": "tensors",
}


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
