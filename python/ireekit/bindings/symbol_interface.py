"""``SymbolOpInterface`` for operations defined at run time: its layout, read from the table of ``builtin.module``."""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING

from ireekit.bindings.build import build_info
from ireekit.bindings.capsules import context_address
from ireekit.bindings.library import StringRef, library
from ireekit.bindings.native import native_library, string_ref
from ireekit.bindings.symbols import addresses

if TYPE_CHECKING:
    from iree.compiler import ir

_MODEL = "_ZN4mlir6detail32SymbolOpInterfaceInterfaceTraits5ModelINS_8ModuleOpEE"
_TABLE = (
    "_ZZN4mlir6detail12InterfaceMap11insertModelINS0_32SymbolOpInterfaceInterfaceTraits5ModelINS_8ModuleOpEEEEEvv"
    "E9prototype"
)
# In the order of `Method` in plugin/native/symbol_interface.cc.
_METHODS = tuple(
    _MODEL + method
    for method in (
        "11getNameAttrEPKNS1_7ConceptEPNS_9OperationE",
        "13setSymbolNameEPKNS1_7ConceptEPNS_9OperationENS_10StringAttrE",
        "13getVisibilityEPKNS1_7ConceptEPNS_9OperationE",
        "13setVisibilityEPKNS1_7ConceptEPNS_9OperationENS_11SymbolTable10VisibilityE",
        "13getSymbolUsesEPKNS1_7ConceptEPNS_9OperationES9_",
        "19symbolKnownUseEmptyEPKNS1_7ConceptEPNS_9OperationES9_",
        "20replaceAllSymbolUsesEPKNS1_7ConceptEPNS_9OperationENS_10StringAttrES9_",
        "16isOptionalSymbolEPKNS1_7ConceptEPNS_9OperationE",
        "20canDiscardOnUseEmptyEPKNS1_7ConceptEPNS_9OperationE",
        "13isDeclarationEPKNS1_7ConceptEPNS_9OperationE",
    )
)
_TYPE_ID = "_ZN4mlir6detail22FallbackTypeIDResolver22registerImplicitTypeIDEN4llvm9StringRefE"
SYMBOLS = (_TABLE, _TYPE_ID, *_METHODS)
"""Every hidden symbol this needs beside those of the native library."""


def attach_symbol(context: ir.Context, op_name: str) -> str | None:
    """Make a dynamic operation a symbol to the compiler's passes; why it could not be, in one sentence."""
    native = native_library()
    type_id = _interface(context) if native is not None and _set_layout() else None
    if native is None or type_id is None:
        return "the layout of SymbolOpInterface is not known in this build of the compiler"
    if not native.ireekit_attach_symbol(context_address(context), string_ref(op_name), type_id):
        return f"{op_name} has the interface already"
    return None


@functools.cache
def _set_layout() -> bool:
    native, build = native_library(), build_info().verified
    found = addresses(SYMBOLS)
    if native is None or build is None or build.interface_map is None or len(found) < len(SYMBOLS):
        return False
    table = list((ctypes.c_uint64 * len(_METHODS)).from_address(found[_TABLE]))
    if sorted(table) != sorted(found[method] for method in _METHODS):
        return False
    slots = (ctypes.c_uint32 * len(_METHODS))(*(table.index(found[method]) for method in _METHODS))
    return bool(native.ireekit_set_symbol_interface(build.interface_map, slots, len(slots)))


def _interface(context: ir.Context) -> int | None:
    """Type ID of the interface; ``None`` where it is not the one that ``builtin.module`` implements."""
    resolve = ctypes.CFUNCTYPE(ctypes.c_void_p, StringRef)(addresses([_TYPE_ID])[_TYPE_ID])
    type_id = resolve(string_ref("mlir::SymbolOpInterface"))
    implements = library().mlirOperationImplementsInterfaceStatic
    return type_id if implements(string_ref("builtin.module"), context_address(context), type_id) else None
