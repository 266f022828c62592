"""What the native plugin calls: functions that raise nothing, whatever happens.

``callbacks`` gives the native side a table of them. Each takes the interpreter's lock by itself, as ctypes does. What
goes wrong becomes an error of the compiler at the operation's location.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import sys
import threading
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import TYPE_CHECKING, Any

from ireekit.plugin.embedded import ready

if TYPE_CHECKING:
    from ireekit.plugin.session import PluginSession

# Of the table; grows with every change of it.
_VERSION = 3

_ACTIVATE = CFUNCTYPE(c_int64, c_char_p, c_void_p, c_char_p, c_char_p, c_char_p)
_POINTS = CFUNCTYPE(c_void_p, c_int64)
_ARRANGE = CFUNCTYPE(c_int32, c_int64, c_char_p, POINTER(c_uint32), c_size_t)
_RUN = CFUNCTYPE(c_int32, c_int64, c_char_p, c_void_p)
_RUN_PASS = CFUNCTYPE(c_int32, c_char_p, c_char_p, c_void_p)
_LOAD_DIALECT = CFUNCTYPE(c_int32, c_char_p, c_void_p)
_DEACTIVATE = CFUNCTYPE(None, c_int64)
_FINISH = CFUNCTYPE(None)


class _Host(Structure):
    """``ireekit::PluginHost``."""

    _fields_ = (
        ("version", c_uint64),
        ("activate", _ACTIVATE),
        ("points", _POINTS),
        ("arrange", _ARRANGE),
        ("run", _RUN),
        ("run_pass", _RUN_PASS),
        ("load_dialect", _LOAD_DIALECT),
        ("deactivate", _DEACTIVATE),
        ("finish", _FINISH),
    )


class _Depth(threading.local):
    """How many of these functions are at work on this thread."""

    value = 0


_depth = _Depth()
_lock = threading.Lock()
_sessions: dict[int, PluginSession] = {}
_handles = itertools.count(1)


def callbacks() -> int:
    """Address of the table of functions, which lives as long as the process."""
    return ctypes.addressof(_host())


@functools.cache
def _host() -> _Host:
    return _Host(
        _VERSION,
        _ACTIVATE(_activate),
        _POINTS(_points),
        _ARRANGE(_arrange),
        _RUN(_run),
        _RUN_PASS(_run_pass),
        _LOAD_DIALECT(_load_dialect),
        _DEACTIVATE(_deactivate),
        _FINISH(_finish),
    )


def _activate(name: bytes, context: int, options: bytes, flags: bytes, arguments: bytes) -> int:
    def activate() -> int:
        from ireekit.plugin.session import PluginSession

        given = (each.decode(errors="replace") for each in (options, flags, arguments))
        return _keep(PluginSession(name.decode(), context, *given))

    return _guarded(activate, context=context) or 0


def _keep(session: PluginSession) -> int:
    with _lock:
        handle = next(_handles)
        _sessions[handle] = session
        return handle


def _points(handle: int) -> int:
    # The session keeps the text.
    return ctypes.cast(c_char_p(_sessions[handle].points), c_void_p).value or 0


def _arrange(handle: int, text: bytes, order: Any, size: int) -> int:
    def arrange() -> int:
        for index, source in enumerate(_sessions[handle].arrange(text.decode(errors="replace"), size)):
            order[index] = source
        return 1

    return 0 if _guarded(arrange, context=_sessions[handle].address) else 1


def _run(handle: int, point: bytes, operation: int) -> int:
    return _status(lambda: _sessions[handle].run(point.decode(), operation), operation)


def _run_pass(name: bytes, options: bytes, operation: int) -> int:
    def run() -> None:
        ready()
        from ireekit.plugin.named import run_named_pass

        run_named_pass(name.decode(), options.decode(errors="replace"), operation)

    return _status(run, operation)


def _load_dialect(name: bytes, context: int) -> int:
    def load() -> int:
        ready()
        from ireekit.plugin.named import load_named_dialect

        load_named_dialect(name.decode(), context)
        return 1

    # Python loads by itself what it needs: here it has the context load everything there is.
    if _depth.value:
        return 1
    return 0 if _guarded(load, context=context) else 1


def _deactivate(handle: int) -> None:
    with _lock:
        session = _sessions.pop(handle, None)
    if session is not None:
        with contextlib.suppress(BaseException):
            session.close()


def _finish() -> None:
    """What an interpreter does at its end; this one has none."""
    with contextlib.suppress(BaseException):
        import atexit

        run: Any = getattr(atexit, "_run_exitfuncs")  # noqa: B009
        run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def _status(work: Callable[[], None], operation: int) -> int:
    def done() -> int:
        work()
        return 1

    return 0 if _guarded(done, operation=operation) else 1


def _guarded(work: Callable[[], int], *, operation: int | None = None, context: int | None = None) -> int | None:
    """What ``work`` gives, or ``None`` where it raised, which the compiler then has been told."""
    _depth.value += 1
    try:
        return work()
    except BaseException as error:  # nothing can cross the compiler, neither SystemExit nor KeyboardInterrupt
        _tell(error, operation, context)
        return None
    finally:
        _depth.value -= 1


def _tell(error: BaseException, operation: int | None, context: int | None) -> None:
    try:
        ready()
        from ireekit.plugin.faults import emit

        emit(error, operation=operation, context=context)
    except BaseException as second:  # the last resort
        with contextlib.suppress(BaseException):
            print(f"ireekit: {error!r} (and {second!r} while saying so)", file=sys.stderr)  # noqa: T201
