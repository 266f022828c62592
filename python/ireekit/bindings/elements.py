"""The raw bytes of constant attributes, which the bindings give only for some element types.

What is large is read where it lies: a buffer holds its attribute, and that its context.
"""

from __future__ import annotations

import ctypes
import functools
import re
from ctypes import c_size_t, c_void_p
from typing import Any

from ireekit.bindings.capabilities import RESOURCE_DATA, capabilities
from ireekit.bindings.capsules import capsule_of, pointer_of
from ireekit.bindings.library import library
from ireekit.bindings.symbols import addresses

_ATTRIBUTE = b"iree.compiler.ir.Attribute._CAPIPtr"
_TYPE = b"iree.compiler.ir.Type._CAPIPtr"
_RESOURCE = re.compile(r'"0x([0-9A-Fa-f]*)"')
_ALIGNMENT_BYTES = 4
_SMALL_BYTES = 4096


@functools.cache
def _functions() -> tuple[Any, Any]:
    handle = library()
    read = ctypes.PYFUNCTYPE(c_void_p, c_void_p)(("mlirDenseElementsAttrGetRawData", handle))
    make = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_size_t, c_void_p)(("mlirDenseElementsAttrRawBufferGet", handle))
    return read, make


def dense_bytes(attribute: Any, size: int) -> bytes | memoryview:
    """The first ``size`` bytes of a ``DenseElementsAttr``; of a splat only one element is there."""
    if size == 0:
        return b""
    read, _make = _functions()
    return _read_only(read(pointer_of(attribute._CAPIPtr, _ATTRIBUTE)), size, attribute)


def dense_from_bytes(data: bytes, type: Any) -> Any:  # noqa: A002 (the field's own term)
    """A ``DenseElementsAttr`` of a shaped type: all elements, or one element for a splat.

    Raises:
      ValueError: the number of bytes does not fit the type.
    """
    return dense_from_memory(ctypes.cast(ctypes.c_char_p(data), c_void_p).value or 0, len(data), type)


def dense_from_memory(address: int, size: int, type: Any) -> Any:  # noqa: A002 (the field's own term)
    """:func:`dense_from_bytes` of ``size`` bytes from ``address`` on, which are copied.

    Raises:
      ValueError: the number of bytes does not fit the type.
    """
    from iree.compiler import ir

    _read, make = _functions()
    address = make(pointer_of(type._CAPIPtr, _TYPE), size, address)
    if not address:
        raise ValueError(f"{size} bytes are no {type}")
    create: Any = getattr(ir.Attribute, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    return create(capsule_of(address, _ATTRIBUTE)).maybe_downcast()


class _Bytes(ctypes.Structure):
    """``llvm::ArrayRef<char>``."""

    _fields_ = (("data", c_void_p), ("size", c_size_t))


@functools.cache
def _resource_reader() -> Any:
    """``ArrayRef<char> DenseResourceElementsAttr::getData()``; ``None`` where it cannot be had."""
    if not capabilities()["resource-data"]:
        return None
    return ctypes.PYFUNCTYPE(_Bytes, ctypes.POINTER(c_void_p))(addresses([RESOURCE_DATA])[RESOURCE_DATA])


def resource_bytes(attribute: Any) -> bytes | memoryview | None:
    """The data of a ``DenseResourceElementsAttr``; ``None`` where it has been freed or was never given."""
    read = _resource_reader()
    if read is None:
        return _printed_bytes(attribute)
    found = read(ctypes.byref(c_void_p(pointer_of(attribute._CAPIPtr, _ATTRIBUTE))))
    return _read_only(found.data, found.size, attribute) if found.data else None


def _read_only(address: int, size: int, owner: Any) -> bytes | memoryview:
    if size < _SMALL_BYTES:
        return ctypes.string_at(address, size)
    memory: Any = (ctypes.c_char * size).from_address(address)
    memory.owner = owner
    return memoryview(memory).toreadonly()


def _printed_bytes(attribute: Any) -> bytes | None:
    from iree.compiler import ir

    with attribute.context:
        holder = ir.Operation.create("builtin.module", regions=1, loc=ir.Location.unknown(), ip=False)
        holder.regions[0].blocks.append()
        holder.attributes["ireekit.value"] = attribute
        found = _RESOURCE.search(str(holder.get_asm(assume_verified=True)))
    return bytes.fromhex(found[1])[_ALIGNMENT_BYTES:] if found else None
