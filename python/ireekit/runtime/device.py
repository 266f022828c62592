"""What this machine can run on: drivers, devices and their names."""

from __future__ import annotations

import gc
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import iree.runtime as rt

from ireekit.errors import DeviceError
from ireekit.runtime import failures, lifetime

if TYPE_CHECKING:
    from iree.runtime._binding import HalAllocator, HalDevice

ALIASES: dict[str, str] = {"cpu": "local-task", "cpu-sync": "local-sync", "rocm": "hip", "nvidia": "cuda"}
"""Short names of drivers."""

_CPU_NAMES = {"local-task": "CPU, worker threads", "local-sync": "CPU, calling thread"}
# Kernels may allocate half of the default of 128 KiB (ireekit.targets.table), and spill registers besides; and programs
# that others compiled may need more: a thread that overruns its stack ends the process.
_WORKER_STACK = "--task_worker_stack_size=1048576"
_OWN_REFERENCES = 3  # the attribute, the allocator, and the argument of getrefcount
_INSTALL = {
    "cuda": "install the NVIDIA driver",
    "hip": "install the ROCm runtime",
    "vulkan": "install a Vulkan driver such as mesa-vulkan-drivers",
}


@dataclass(frozen=True)
class DeviceInfo:
    """One device of this machine.

    Attributes:
      uri: what :func:`open_device` takes, e.g. ``"local-task"`` or ``"vulkan://GPU-6d65..."``.
      driver: ``"local-sync"``, ``"local-task"``, ``"vulkan"``, ``"cuda"`` or ``"hip"``.
      name: for people, e.g. ``"llvmpipe (LLVM 15.0.6, 256 bits)"``.
      index: among the driver's devices, from 0.
    """

    uri: str
    driver: str
    name: str
    index: int

    def __str__(self) -> str:
        return self.driver if self.driver in _CPU_NAMES else f"{self.driver}:{self.index} ({self.name})"


@dataclass(frozen=True)
class DriverStatus:
    """Whether a driver of this build works here; ``reason`` is one line where it does not."""

    name: str
    available: bool
    reason: str | None = None


class Device:
    """An open device. :func:`open_device` makes and keeps them: one per URI and process.

    Attributes:
      info: which device it is.
      hal: IREE's own handle, for calls into ``iree.runtime``.
      lock: held while memory is allocated or copied.
      shares_memory: whether programs there read and write the memory of this process.
      runs_inline: whether all work of a call is done when the call returns. Elsewhere changes of a
        program's state may still be under way, and read the arguments.
    """

    def __init__(self, info: DeviceInfo, hal: HalDevice, driver: object, *, uri: str) -> None:
        self.info = info
        self.uri = uri
        self._driver: Any = driver
        self._hal: HalDevice | None = hal
        self._allocator: HalAllocator | None = hal.allocator
        self.shares_memory = info.driver in _CPU_NAMES
        self.runs_inline = info.driver == "local-sync"
        self.lock = threading.RLock()
        lifetime.register(lifetime.DEVICES, self)

    @property
    def hal(self) -> HalDevice:
        if self._hal is None:
            raise self._closed()
        return self._hal

    @property
    def allocator(self) -> HalAllocator:
        if self._allocator is None:
            raise self._closed()
        return self._allocator

    def memory(self) -> dict[str, int]:
        """Bytes of this device's memory: ``live``, ``peak``, ``allocated`` and ``freed`` since it was opened.

        Covers every program on the device: tensors put there, arguments, and pools as a whole. On CPU devices
        the results of calls come from a pool of the driver that is not counted. Empty where this build of
        IREE collects no statistics.
        """
        if not self.allocator.has_statistics:
            return {}
        raw = self.allocator.statistics
        total = {
            field: raw[f"host_bytes_{field}"] + raw[f"device_bytes_{field}"] for field in ("peak", "allocated", "freed")
        }
        return {"live": total["allocated"] - total["freed"], **total}

    def in_use(self) -> bool:
        """Whether code outside this package holds :attr:`hal`."""
        return sys.getrefcount(self._hal) > _OWN_REFERENCES

    def _closed(self) -> DeviceError:
        return DeviceError(f"the device {self.uri} is closed", remedy="open it again by its name")

    def close(self) -> None:
        """For :func:`release_devices` and interpreter exit: programs share their device."""
        for name in [name for name, device in _open.items() if device is self]:
            del _open[name]
        self._allocator = None
        self._hal = None
        self._driver = None

    def __repr__(self) -> str:
        return f"<Device {self.uri}: {self.info.name}>"


_open: dict[str, Device] = {}
_lock = threading.RLock()


def drivers() -> tuple[DriverStatus, ...]:
    """Every driver of this IREE build, with the reason where it cannot be used here."""
    return tuple(_probe(name)[0] for name in sorted(rt.query_available_drivers(), key=_driver_order))


def devices() -> tuple[DeviceInfo, ...]:
    """Every device that can be opened here, CPU first."""
    names = sorted(rt.query_available_drivers(), key=_driver_order)
    return tuple(info for name in names for info in _probe(name)[1])


def open_device(name: str | Device = "cpu") -> Device:
    """Opens a device, or returns the one already open under that name.

    Args:
      name: a driver (``"local-sync"``, ``"vulkan"``), a short name (``"cpu"``, ``"cpu-sync"``,
        ``"rocm"``), either with an index (``"vulkan:0"``, ``"cuda:1"``), a URI of :func:`devices`, and for
        ``cpu`` the number of worker threads: ``"cpu?threads=2"``. Threads given so are not pinned to cores.

    Raises:
      DeviceError: no such device here; the message names those that exist.
    """
    if isinstance(name, Device):
        return name
    with _lock:
        if name in _open:
            return _open[name]
        driver, path, threads = _parse(name)
        info = _find(name, driver, path)
        uri = info.uri if threads is None else f"{info.uri}?threads={threads}"
        if uri not in _open:
            _open[uri] = _create(info, threads, uri)
        _open[name] = _open[uri]
        return _open[uri]


def release_devices(driver: str | None = None) -> tuple[str, ...]:
    """Closes devices that nothing uses any more: no open program, no device tensor, no result that is their memory.

    For processes that go on without them. IREE's threads of a Vulkan device keep cores busy as long as it is open
    where the driver waits by asking again and again, as Mesa's software device does. :func:`open_device` and whatever
    loads a program open devices anew.

    Args:
      driver: of these devices only, or its short name.

    Returns:
      URIs of the devices closed.
    """
    with _lock:
        wanted = None if driver is None else ALIASES.get(driver, driver)
        candidates = {id(each): each for each in _open.values() if wanted in (None, each.info.driver)}
        if any(lifetime.is_used(each) for each in candidates.values()):
            gc.collect()
        released = [each for each in candidates.values() if not lifetime.is_used(each)]
        if any(not each.runs_inline for each in released):
            lifetime.let_threads_finish()
        for each in released:
            each.close()
        return tuple(each.uri for each in released)


def _driver_order(name: str) -> tuple[bool, str]:
    return name not in _CPU_NAMES, name


def _probe(driver: str) -> tuple[DriverStatus, tuple[DeviceInfo, ...]]:
    try:
        found = _cached_driver(driver).query_available_devices()
    except Exception as error:  # IREE maps each status code to another exception type
        return DriverStatus(driver, False, failures.driver_reason(error)), ()
    if not found:
        return DriverStatus(driver, False, "the driver finds no device"), ()
    infos = tuple(
        DeviceInfo(
            f"{driver}://{item['path']}" if item["path"] else driver,
            driver,
            _CPU_NAMES.get(driver) or item["name"],
            index,
        )
        for index, item in enumerate(found)
    )
    return DriverStatus(driver, True), infos


def _parse(name: str) -> tuple[str, str, int | None]:
    base, _, query = name.partition("?")
    driver, scheme, path = base.partition("://")
    if not scheme:
        driver, _, path = base.partition(":")
    driver = ALIASES.get(driver, driver)
    threads: int | None = None
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key != "threads" or not value.isdecimal() or int(value) < 1 or driver != "local-task":
            raise DeviceError(
                f"device {name!r}: {key}={value} is not understood",
                remedy="write cpu?threads=N with N at least 1",
            )
        threads = int(value)
    return driver, path, threads


def _find(name: str, driver: str, path: str) -> DeviceInfo:
    if driver not in rt.query_available_drivers():
        raise _absent(name, "no such driver in this build", None)
    status, infos = _probe(driver)
    if not status.available:
        raise _absent(name, status.reason or "", _INSTALL.get(driver))
    if not path:
        return infos[0]
    for info in infos:
        if path in (str(info.index), info.uri.partition("://")[2]):
            return info
    raise _absent(name, f"{driver} has {len(infos)} device{'s' * (len(infos) != 1)} here", None)


def _absent(name: str, reason: str, remedy: str | None) -> DeviceError:
    here = ", ".join(map(str, devices()))
    return DeviceError(
        f"no device for {name!r}: {reason}; devices here: {here}",
        remedy=remedy or "choose one of these",
    )


def _cached_driver(name: str) -> Any:
    """IREE's one driver of that name, made where there is none yet: flags that it reads then must be set."""
    rt.flags.parse_flags(_WORKER_STACK)
    return rt.get_driver(name)


def _create_driver(name: str) -> Any:
    """A driver apart from IREE's cached one; the function is missing from IREE's type hints."""
    from iree.runtime import _binding  # pyright: ignore[reportPrivateUsage]

    create: Any = getattr(_binding, "create_hal_driver")  # noqa: B009
    return create(name)


def _create(info: DeviceInfo, threads: int | None, uri: str) -> Device:
    try:
        if threads is None:
            driver = _cached_driver(info.driver)
            return Device(info, driver.create_device_by_uri(info.uri), driver, uri=uri)
        # The worker count is a process-wide flag that a driver reads once, when it is made.
        rt.flags.parse_flags(f"--task_topology_group_count={threads}")
        try:
            driver = _create_driver(info.driver)
        finally:
            rt.flags.parse_flags("--task_topology_group_count=0")
        return Device(info, driver.create_device_by_uri(info.uri), driver, uri=uri)
    except Exception as error:  # IREE maps each status code to another exception type
        raise DeviceError(f"device {uri} cannot be opened: {failures.one_line(error)}") from error
