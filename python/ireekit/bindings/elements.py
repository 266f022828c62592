"""The raw bytes of constant attributes, which the bindings give only for some element types."""

from __future__ import annotations

import ctypes
import functools
import re
from ctypes import c_size_t, c_void_p
from typing import Any

from ireekit.bindings.capsules import capsule_of, pointer_of
from ireekit.bindings.library import library

_ATTRIBUTE = b"iree.compiler.ir.Attribute._CAPIPtr"
_TYPE = b"iree.compiler.ir.Type._CAPIPtr"
_RESOURCE = re.compile(r'"0x([0-9A-Fa-f]*)"')
_ALIGNMENT_BYTES = 4


@functools.cache
def _functions() -> tuple[Any, Any]:
    handle = library()
    read = ctypes.PYFUNCTYPE(c_void_p, c_void_p)(("mlirDenseElementsAttrGetRawData", handle))
    make = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_size_t, ctypes.c_char_p)(
        ("mlirDenseElementsAttrRawBufferGet", handle)
    )
    return read, make


def dense_bytes(attribute: Any, size: int) -> bytes:
    """The first ``size`` bytes of a ``DenseElementsAttr``; of a splat only one element is there."""
    if size == 0:
        return b""
    read, _make = _functions()
    return ctypes.string_at(read(pointer_of(attribute._CAPIPtr, _ATTRIBUTE)), size)


def dense_from_bytes(data: bytes, type: Any) -> Any:  # noqa: A002 (the field's own term)
    """A ``DenseElementsAttr`` of a shaped type: all elements, or one element for a splat.

    Raises:
      ValueError: the number of bytes does not fit the type.
    """
    from iree.compiler import ir

    _read, make = _functions()
    address = make(pointer_of(type._CAPIPtr, _TYPE), len(data), data)
    if not address:
        raise ValueError(f"{len(data)} bytes are no {type}")
    create: Any = getattr(ir.Attribute, "_CAPICreate")  # noqa: B009 (the stubs leave it out)
    return create(capsule_of(address, _ATTRIBUTE)).maybe_downcast()


def resource_bytes(attribute: Any) -> bytes | None:
    """The data of a ``DenseResourceElementsAttr``; ``None`` where it has been freed or was never given."""
    from iree.compiler import ir

    with attribute.context:
        holder = ir.Operation.create("builtin.module", regions=1, loc=ir.Location.unknown(), ip=False)
        holder.regions[0].blocks.append()
        holder.attributes["ireekit.value"] = attribute
        found = _RESOURCE.search(str(holder.get_asm(assume_verified=True)))
    return bytes.fromhex(found[1])[_ALIGNMENT_BYTES:] if found else None
