"""Parsing text under the name of its file; the bindings call every text ``-``."""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import context_address
from ireekit.bindings.erasure import address
from ireekit.bindings.library import StringRef, library
from ireekit.bindings.symbols import addresses

if TYPE_CHECKING:
    from iree.compiler import ir

PARSE_SOURCE = "_ZN4mlir17parseSourceStringEN4llvm9StringRefEPNS_5BlockERKNS_12ParserConfigES1_PNS_12LocationAttrE"
"""``mlir::parseSourceString(text, block, config, name, location)``."""


class _ParserConfig(ctypes.Structure):
    """The head of ``mlir::ParserConfig``; what follows is empty tables, which are zeros."""

    _fields_ = (("context", ctypes.c_void_p), ("verify", ctypes.c_bool), ("tables", ctypes.c_byte * 512))


def can_name_sources() -> bool:
    """Whether this build of the compiler can."""
    return PARSE_SOURCE in addresses([PARSE_SOURCE])


def parse_named(text: str | bytes, context: ir.Context, name: str, *, verify: bool = True) -> ir.Operation | None:
    """Parse a module and verify it.

    Args:
      text: of MLIR, or bytecode; a module is put around what is not one.
      context: where it is made; diagnostics go to its handlers.
      name: of the source in locations and diagnostics.
      verify: what was parsed.

    Returns:
      The module, or ``None`` where it does not parse or verify.
    """
    from iree.compiler import ir

    module = ir.Module.create(ir.Location.file(name, 0, 0, context=context))
    data, title = text.encode() if isinstance(text, str) else text, name.encode()
    config = _ParserConfig(context_address(context), verify)
    parsed = _function()(
        _string(data),
        _body_of(module),
        ctypes.byref(config),
        _string(title),
        ctypes.byref(ctypes.c_void_p()),
    )
    if not parsed & 1:
        return None
    operations = list(module.body.operations)
    if len(operations) == 1 and operations[0].operation.name == "builtin.module":
        inner: Any = operations[0].operation
        inner.detach_from_parent()
        return inner
    return module.operation


def parse_unverified(text: str | bytes, context: ir.Context, name: str) -> ir.Operation | None:
    """As :func:`parse_named` without verification; ``None`` also where this build cannot. Nothing is told."""
    if not can_name_sources():
        return None
    from ireekit.bindings.pass_manager import captured_messages

    with captured_messages(context, lambda _: True):
        return parse_named(text, context, name, verify=False)


@functools.cache
def _function() -> Any:
    # Keeps Python's global lock: the bindings' own diagnostic handlers count on it.
    signature = ctypes.PYFUNCTYPE(
        ctypes.c_int8, StringRef, ctypes.c_void_p, ctypes.c_void_p, StringRef, ctypes.c_void_p
    )
    return signature(addresses([PARSE_SOURCE])[PARSE_SOURCE])


def _body_of(module: ir.Module) -> int:
    function: Any = library().mlirModuleGetBody
    function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    return function(address(module.operation))


def _string(data: bytes) -> StringRef:
    return StringRef(ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p), len(data))
