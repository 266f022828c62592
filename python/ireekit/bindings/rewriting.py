"""What the bindings' pattern rewriter leaves out: telling the driver that an operation changed in place.

The bindings hand out a rewriter that can replace and erase, without its address. It lies in the Python object itself;
where it lies is checked before it is used, and where the check fails the driver is simply not told: it then finds
changed operations in its next iteration.
"""

from __future__ import annotations

import ctypes
import functools
from ctypes import c_uint64, c_void_p
from typing import Any

from ireekit.bindings.capsules import OPERATION, context_address, pointer_of
from ireekit.bindings.library import library

# A nanobind instance: object header, offset of the C++ object, then that object: {rewriter, {context, its owner}}.
_WORDS = 6
_SIZE = _WORDS * 8
_OFFSET = 24
_REWRITER_WORD = 3
_OWNER_WORD = 5

_FUNCTIONS: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("mlirRewriterBaseGetContext", c_void_p, (c_void_p,)),
    ("mlirRewriterBaseFinalizeOpModification", None, (c_void_p, c_void_p)),
)


@functools.cache
def _functions() -> tuple[Any, Any] | None:
    """The exported functions, or ``None`` where this build lacks one."""
    handle = library()
    found: list[Any] = []
    for name, result, arguments in _FUNCTIONS:
        if not hasattr(handle, name):
            return None
        # Functions by address, so that these argument types are ours alone. They neither block nor call Python.
        prototype = ctypes.PYFUNCTYPE(result, *arguments)
        found.append(prototype((name, handle)))
    return found[0], found[1]


def rewriter_address(rewriter: object, context: Any) -> int | None:
    """The address of the ``RewriterBase`` behind the bindings' ``PatternRewriter``, or ``None`` if it is not found.

    Valid as long as the driver that handed ``rewriter`` out runs.
    """
    functions = _functions()
    if functions is None or type(rewriter).__basicsize__ != _SIZE:
        return None
    words = (c_uint64 * _WORDS).from_address(id(rewriter))
    if words[2] & 0xFFFFFFFF != _OFFSET or words[_OWNER_WORD] != id(context) or not words[_REWRITER_WORD]:
        return None
    address = words[_REWRITER_WORD]
    return address if functions[0](address) == context_address(context) else None


def notify_modified(rewriter: int, operation: Any) -> None:
    """Tell the driver of ``rewriter`` that ``operation`` was changed in place, so that it looks at it again."""
    functions = _functions()
    if functions is None:
        return
    # The start of a modification means something to dialect conversion only, whose rewriter never comes here.
    functions[1](rewriter, pointer_of(operation._CAPIPtr, OPERATION))
