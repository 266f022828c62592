"""What the bindings leave out of rewriting: telling the driver of changes in place, and simplifying regions.

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
from ireekit.bindings.native import native_library, require_native

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


def can_simplify_regions() -> bool:
    """Whether :func:`simplify_regions` may be called."""
    native = native_library()
    return native is not None and native.ireekit_can_simplify_regions()


def simplify_regions(operation: Any, *, merge_blocks: bool) -> bool:
    """Simplify the control flow in the regions of ``operation``, as the greedy driver does after each iteration.

    Unreachable blocks, dead operations and unused block arguments go; with ``merge_blocks`` equal blocks become one.

    Returns:
      Whether anything was changed.
    """
    return _simplify()(pointer_of(operation._CAPIPtr, OPERATION), merge_blocks)


@functools.cache
def _simplify() -> Any:
    # Models of interfaces may be written in Python, and the bindings' drivers keep the interpreter's lock as well.
    prototype = ctypes.PYFUNCTYPE(ctypes.c_bool, c_void_p, ctypes.c_bool)
    return prototype(("ireekit_simplify_regions", require_native()))
