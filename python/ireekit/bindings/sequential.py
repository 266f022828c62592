"""Keeping the compiler to one thread while Python holds the global lock inside of one of its passes.

The bindings hold the lock while they verify or print an operation, and MLIR verifies on its thread pool. A thread that
waits there takes up any work there is, such as the pass on the next kernel; a hook on it then waits for the lock, and
neither ends. So a context says for as long as a hook runs that it has no threads; those that are at work stay so.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ireekit.bindings.capsules import context_address
from ireekit.bindings.library import library

if TYPE_CHECKING:
    from iree.compiler import ir

_SEARCHED = 512
"""Bytes of ``mlir::MLIRContextImpl``, which is larger, in which the flag is looked for."""
_WORD = 8


class Sequential:
    """``with`` it, a context works on the calling thread only; it may be entered by several threads at once.

    Where the compiler's flag for that is not found, the context has one thread from the start.

    Args:
      context: it runs nothing yet.
    """

    def __init__(self, context: ir.Context) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._threaded = 1
        self._flag: ctypes.c_uint8 | None = None
        if not is_threaded(context):
            return
        if (offset := flag_offset()) is None:
            context.enable_multithreading(False)
            return
        self._flag = _bytes_of(context, offset, 1)[0]

    def __enter__(self) -> Self:
        if self._flag is not None:
            with self._lock:
                if not self._inside:
                    # Threads that ended since must stay off: what is unique in the context is no longer locked then.
                    self._threaded = self._flag.value
                self._inside += 1
                self._flag.value = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._flag is not None:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._flag.value = self._threaded


@functools.cache
def flag_offset() -> int | None:
    """Where a context keeps whether it has threads, by trying it out; ``None`` where that is not certain."""
    from iree.compiler import ir

    context = ir.Context()
    pool = ir.ThreadPool()
    states: list[bytes] = []
    for threaded in (True, False, True):
        context.enable_multithreading(False)
        if threaded:
            context.set_thread_pool(pool)
        states.append(bytes(each.value for each in _bytes_of(context, 0, _SEARCHED)))
    on, off, again = states
    found = [
        offset
        for offset in range(_SEARCHED)
        if (on[offset], off[offset], again[offset]) == (1, 0, 1) and _differs_alone(on, off, offset)
    ]
    if len(found) != 1:
        return None
    flag = _bytes_of(context, found[0], 1)[0]
    flag.value = 0
    single = not is_threaded(context)
    flag.value = 1
    sure = single and is_threaded(context)
    context.enable_multithreading(False)  # the pool goes
    return found[0] if sure else None


def _differs_alone(first: bytes, second: bytes, offset: int) -> bool:
    """Whether the rest of its word is equal, as it is not where a pointer changes."""
    start = offset - offset % _WORD
    return all(
        first[index] == second[index] for index in range(start, min(start + _WORD, _SEARCHED)) if index != offset
    )


def _bytes_of(context: ir.Context, offset: int, count: int) -> list[ctypes.c_uint8]:
    """Bytes of what ``mlir::MLIRContext``, one pointer, points to."""
    impl = ctypes.c_void_p.from_address(context_address(context)).value or 0
    return [ctypes.c_uint8.from_address(impl + offset + index) for index in range(count)]


def is_threaded(context: ir.Context) -> bool:
    """Whether ``context`` has more than one thread."""
    function = library().mlirContextGetNumThreads
    function.restype, function.argtypes = ctypes.c_uint, [ctypes.c_void_p]
    return function(context_address(context)) > 1
