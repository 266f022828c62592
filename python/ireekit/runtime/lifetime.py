"""Releases native objects in the order IREE needs, also at interpreter exit.

A buffer must not outlive its device, and a context not its modules; garbage collection at exit
knows neither. Whatever owns native objects registers here and is closed in time.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import time
import weakref
from pathlib import Path
from typing import Any, Protocol

from iree.runtime._binding import disable_leak_checker

_WORKERS = "iree-worker"
_TURN_SECONDS, _PATIENCE_SECONDS = 0.002, 1.0


class Closeable(Protocol):
    """Owns native objects; ``close`` releases them and may be called twice."""

    def close(self) -> None: ...


class Lasting(Closeable, Protocol):
    """Something others build on, such as a device."""

    def in_use(self) -> bool:
        """Whether anybody but the owner holds the native object."""
        ...


# By stage: callers of programs (workers, batchers), then programs, and last the devices.
CALLERS, PROGRAMS, DEVICES = range(3)
_stages: tuple[weakref.WeakSet[Any], ...] = tuple(weakref.WeakSet() for _ in range(3))
tensors: set[weakref.ref[Any]] = set()
"""Device tensors, closed between programs and devices; a bare set, for it is filled by every call."""
_shared: dict[int, weakref.WeakValueDictionary[int, Any]] = {}
"""Arrays that are views of a device's memory, by the address of its :class:`Lasting`."""
_immortal: list[Any] = []


def register(stage: int, owner: Closeable) -> None:
    """Has ``owner.close()`` called at exit, stage by stage; holds no reference to it."""
    _stages[stage].add(owner)


def track_shared(array: Any, device: Lasting) -> None:
    """Remembers an array whose memory belongs to a device: while it lives, so must the device."""
    arrays = _shared.get(id(device))
    if arrays is None:
        arrays = _shared[id(device)] = weakref.WeakValueDictionary()
    arrays[id(array)] = array


def is_used(device: Lasting) -> bool:
    """Whether a program, a device tensor, an array or code outside this package still needs a device."""
    programs = any(getattr(each, "device", None) is device and each.is_open for each in list(_stages[PROGRAMS]))
    held = (tensor for reference in list(tensors) if (tensor := reference()) is not None)
    lying = any(each.handle is not None and each.device is device for each in held)
    return programs or lying or bool(_shared.get(id(device))) or device.in_use()


def _shutdown() -> None:
    for stage in (CALLERS, PROGRAMS):
        for owner in list(_stages[stage]):
            _bar(owner)
            owner.close()
    for reference in list(tensors):
        tensor = reference()
        if tensor is not None:
            tensor.close()
    gc.collect()
    if any(not getattr(owner, "runs_inline", True) for owner in _stages[DEVICES]):
        let_threads_finish()
    for owner in list(_stages[DEVICES]):
        _bar(owner)
        if any(_shared.values()) or owner.in_use():
            # Somebody still holds memory of the device: it stays, without a complaint.
            _immortal.append(owner)
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(_immortal))
        else:
            owner.close()
    disable_leak_checker()


def _bar(owner: object) -> None:
    """Keeps daemon threads from entering native code: there, the end of the interpreter would abort them.

    The lock stays with this thread. All but daemon threads have ended before.
    """
    lock = getattr(owner, "lock", None)
    if lock is not None:
        lock.acquire()


def let_threads_finish() -> None:
    """Waits for IREE's worker threads to have nothing left to do.

    What a call was given they let go of after it has returned, and take the interpreter's lock to do so. The end of
    their device waits for them while it holds that lock.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    time.sleep(_TURN_SECONDS)
    while workers_busy() and time.monotonic() < deadline:
        time.sleep(_TURN_SECONDS)


def workers_busy() -> bool:
    """Whether one of IREE's threads runs or is ready to; not known but on Linux."""
    for thread in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError):  # it has ended
            name, _, fields = (thread / "stat").read_text().partition("(")[2].rpartition(")")
            if name.startswith(_WORKERS) and not fields.strip().startswith("S"):
                return True
    return False


atexit.register(_shutdown)
