"""Telling the compiler what went wrong in Python."""

from __future__ import annotations

import ctypes
import functools
import re
import traceback
from ctypes import c_char_p, c_void_p

from ireekit.bindings.library import StringRef, declare_functions, library
from ireekit.bindings.native import string_ref
from ireekit.errors import IreekitError, PassError

_MOST_LINES = 24
_FILE_LINE = re.compile(r"(?P<file>[^,]+):(?P<line>\d+):(?P<column>\d+)$")


def emit(error: BaseException, *, operation: int | None = None, context: int | None = None) -> None:
    """Make ``error`` an error diagnostic: at its own place, else at an operation, else nowhere in a context.

    Args:
      operation, context: addresses; one of them is given.
    """
    native = _library()
    if operation is not None:
        context = native.mlirOperationGetContext(operation)
    assert context is not None, "an operation or a context"
    location = None
    if (text := _location(error)) is not None:
        # A location is an attribute of MLIR's.
        location = native.mlirAttributeParseGet(context, string_ref(text))
    if not location:
        location = (
            native.mlirLocationUnknownGet(context) if operation is None else native.mlirOperationGetLocation(operation)
        )
    # A call through ctypes gives up the interpreter's lock, which handlers on other threads may be waiting for.
    native.mlirEmitError(location, describe(error).encode(errors="replace"))


def _location(error: BaseException) -> str | None:
    """Of the operation concerned, as MLIR writes it."""
    if isinstance(error, PassError) and error.at is not None:
        return error.at
    match = _FILE_LINE.search(error.location) if isinstance(error, IreekitError) and error.location else None
    if match is None or match["file"].endswith(".py"):
        return None
    file = match["file"].replace("\\", r"\5C").replace('"', r"\22")
    return f'loc("{file}":{match["line"]}:{match["column"]})'


def describe(error: BaseException) -> str:
    """What people read: ours as they are, with the traceback of what other code raised, but of an interruption."""
    if isinstance(error, KeyboardInterrupt):
        return "\n".join(("interrupted", *getattr(error, "__notes__", ())))
    if not isinstance(error, IreekitError):
        return _traceback(error)
    cause = error.__cause__
    if cause is None or isinstance(cause, IreekitError):
        return str(error)
    return f"{error}\n{_traceback(cause)}"


def _traceback(error: BaseException) -> str:
    lines = "".join(traceback.format_exception(error)).rstrip().splitlines()
    if len(lines) > _MOST_LINES:
        # What was called first and what was raised last.
        half = _MOST_LINES // 2
        lines = [*lines[:half], f"  ... and {len(lines) - 2 * half} more lines ...", *lines[-half:]]
    return "\n".join(lines)


@functools.cache
def _library() -> ctypes.CDLL:
    handle = library()
    declare_functions(
        handle,
        (
            ("mlirAttributeParseGet", c_void_p, (c_void_p, StringRef)),
            ("mlirEmitError", None, (c_void_p, c_char_p)),
            ("mlirOperationGetContext", c_void_p, (c_void_p,)),
            ("mlirOperationGetLocation", c_void_p, (c_void_p,)),
            ("mlirLocationUnknownGet", c_void_p, (c_void_p,)),
        ),
    )
    return handle
