"""Addresses of what the bindings' objects stand for, and objects for addresses: the capsules of MLIR's C API."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iree.compiler import ir

CONTEXT = b"iree.compiler.ir.Context._CAPIPtr"
OPERATION = b"iree.compiler.ir.Operation._CAPIPtr"

_pointer: Any = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_capsule: Any = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)


def pointer_of(capsule: object, name: bytes) -> int:
    """The address in a capsule of the bindings.

    Raises:
      ValueError: the capsule is none of that name.
    """
    return _pointer(capsule, name)


def capsule_of(pointer: int, name: bytes) -> object:
    """An address as a capsule, which the bindings take an object from; ``name`` must outlive it."""
    return _capsule(pointer, name, None)


def context_address(context: ir.Context) -> int:
    """Where a context lies in memory."""
    return pointer_of(context._CAPIPtr, CONTEXT)
