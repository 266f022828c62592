"""Diagnostics collected by the native library, without Python's global lock.

The compiler calls a diagnostic handler while it holds a lock of its own. A handler in Python waits there for the global
lock, and Python code on another thread that emits a diagnostic waits for the compiler's: neither goes on.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Generator
from contextlib import contextmanager
from ctypes import POINTER, c_int, c_size_t, c_void_p
from typing import TYPE_CHECKING, Any, NamedTuple

from ireekit.bindings.capsules import capsule_of, context_address
from ireekit.bindings.library import declare_functions
from ireekit.bindings.native import native_library, require_native

if TYPE_CHECKING:
    from iree.compiler import ir

_SIGNATURES: tuple[tuple[str, object, tuple[object, ...]], ...] = (
    ("ireekit_collector_create", c_void_p, ()),
    ("ireekit_collector_destroy", None, (c_void_p,)),
    ("ireekit_collector_size", c_size_t, (c_void_p,)),
    (
        "ireekit_collector_message",
        c_void_p,
        (c_void_p, c_size_t, POINTER(c_int), POINTER(c_size_t), POINTER(c_void_p)),
    ),
    ("ireekit_capture_begin", c_void_p, (c_void_p, c_void_p)),
    ("ireekit_capture_end", None, (c_void_p,)),
)
_LOCATION = b"iree.compiler.ir.Location._CAPIPtr"


class Collected(NamedTuple):
    """A diagnostic.

    Attributes:
      severity: 0 note, 1 warning, 2 error, 3 remark.
      text: with the location in front where ``location`` is 0.
      location: address of MLIR's location, or 0.
    """

    severity: int
    text: str
    location: int


class Collector:
    """Keeps diagnostics from any thread.

    Raises:
      CapabilityError: there is no native library.
    """

    def __init__(self) -> None:
        self._native = _library()
        self.address: int = self._native.ireekit_collector_create()
        self._read = 0

    def __del__(self) -> None:
        if held := getattr(self, "address", None):
            self._native.ireekit_collector_destroy(held)

    @property
    def callback(self) -> Any:
        """The function to give the compiler's embedding API, with :attr:`address` as its data."""
        return self._native.ireekit_collector_add

    def take(self) -> list[Collected]:
        """Those that came since the last call."""
        severity, size, location = c_int(), c_size_t(), c_void_p()
        taken: list[Collected] = []
        for index in range(self._read, self._native.ireekit_collector_size(self.address)):
            text = self._native.ireekit_collector_message(
                self.address, index, ctypes.byref(severity), ctypes.byref(size), ctypes.byref(location)
            )
            decoded = ctypes.string_at(text, size.value).decode(errors="replace")
            taken.append(Collected(severity.value, decoded, location.value or 0))
        self._read += len(taken)
        return taken


def has_collector() -> bool:
    """Whether the native library is there."""
    return native_library() is not None


@contextmanager
def collected_messages(context: ir.Context) -> Generator[Collector]:
    """Collect what ``context`` has to say on this thread; nobody else is told.

    Raises:
      CapabilityError: there is no native library.
    """
    collector = Collector()
    pointer = context_address(context)
    capture = _library().ireekit_capture_begin(pointer, collector.address)
    try:
        yield collector
    finally:
        _library().ireekit_capture_end(capture)


def location_at(pointer: int) -> Any:
    """MLIR's location at an address, which its context keeps."""
    from iree.compiler import ir

    create: Any = getattr(ir.Location, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    return create(capsule_of(pointer, _LOCATION))


@functools.cache
def _library() -> ctypes.CDLL:
    handle = require_native()
    declare_functions(handle, _SIGNATURES)
    return handle
