"""What this compiler build can do beyond its public API, asked for by name.

A capability is available when every symbol it needs is exported or found in the library's symbol table.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from ireekit.bindings.build import build_info
from ireekit.errors import CapabilityError

IRDL_LOAD_FILE = "_Z16loadIRDLDialectsN4llvm9StringRefERN4mlir11MLIRContextE"
"""``bool loadIRDLDialects(StringRef path, MLIRContext &)``"""
IRDL_LOAD_MODULE = "_ZN4mlir4irdl12loadDialectsENS_8ModuleOpE"
"""``LogicalResult mlir::irdl::loadDialects(ModuleOp)``"""
_LOOKUP_OPERATION = "_ZN4mlir23RegisteredOperationName6lookupEN4llvm9StringRefEPNS_11MLIRContextE"
_MAKE_OPERATION = (
    "_ZN4mlir19DynamicOpDefinition3getEN4llvm9StringRefEPNS_17ExtensibleDialectE"
    "ONS1_15unique_functionIKFNS1_13LogicalResultEPNS_9OperationEEEESB_"
)
_REGISTER_OPERATION = (
    "_ZN4mlir17ExtensibleDialect17registerDynamicOpEOSt10unique_ptrINS_19DynamicOpDefinitionESt14default_deleteIS2_EE"
)
RESOURCE_DATA = "_ZN4mlir25DenseResourceElementsAttr7getDataEv"
"""``ArrayRef<char> DenseResourceElementsAttr::getData()``"""


@dataclass(frozen=True)
class Capability:
    """One row of the table.

    Attributes:
      purpose: what people lose without it, completing "without it, ...".
      exported: C functions the library must export.
      hidden: mangled C++ symbols its symbol table must hold.
      verified: whether it mirrors layouts, which only the table of verified builds vouches for.
    """

    purpose: str
    exported: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    verified: bool = False


CAPABILITIES: dict[str, Capability] = {
    "phase-control": Capability(
        "passes cannot run at phase boundaries",
        exported=(
            "ireeCompilerInvocationSetCompileFromPhase",
            "ireeCompilerInvocationSetCompileToPhase",
        ),
    ),
    "diagnostics": Capability(
        "compiler errors cannot be shortened",
        exported=("ireeCompilerInvocationEnableCallbackDiagnostics",),
    ),
    "irdl": Capability(
        "dialects are not registered and stay unregistered operations",
        hidden=(IRDL_LOAD_FILE, IRDL_LOAD_MODULE),
    ),
    "dynamic-ops": Capability(
        "operations that IRDL cannot describe are not registered",
        exported=("mlirContextGetOrLoadDialect", "mlirDialectIsAExtensibleDialect"),
        hidden=(_LOOKUP_OPERATION, _MAKE_OPERATION, _REGISTER_OPERATION),
        verified=True,
    ),
    "native-traits": Capability(
        "the compiler's passes do not act on the traits of operations defined in Python",
        exported=(
            "mlirDynamicOpTraitCreate",
            "mlirDynamicOpTraitAttach",
            "mlirMemoryEffectsOpInterfaceAttachFallbackModel",
            "mlirConditionallySpeculatableOpInterfaceAttachFallbackModel",
        ),
        hidden=(_LOOKUP_OPERATION, "_ZTVN4mlir19DynamicOpDefinitionE"),
        verified=True,
    ),
    "pass-hooks": Capability(
        "passes cannot run before or after a named pass of IREE",
        exported=("mlirExternalPassSignalFailure", "mlirOperationClone", "mlirRegionTakeBody"),
        hidden=(
            "_ZN4mlir11MLIRContext21registerActionHandlerESt8functionIFvN4llvm12function_refIFvvEEERKNS_7tracing6ActionEEE",
            "_ZTVN4mlir19PassExecutionActionE",
            "_ZN4mlir6detail17NestedAnalysisMap10invalidateERKNS0_17PreservedAnalysesE",
        ),
        verified=True,
    ),
    "resource-data": Capability(
        "reading weights held as resources takes twenty times longer", hidden=(RESOURCE_DATA,), verified=True
    ),
    "pass-registration": Capability(
        "Python passes cannot be named in a pipeline text of the stock tools",
        hidden=("_ZN4mlir12registerPassERKSt8functionIFSt10unique_ptrINS_4PassESt14default_deleteIS2_EEvEE",),
    ),
}


@functools.cache
def capabilities() -> Mapping[str, bool]:
    """Every capability by name, and whether this build has it. Reads the library's symbol table once."""
    from ireekit.bindings.symbols import find_cached

    info = build_info()
    exported = _exported()
    hidden = find_cached(name for row in CAPABILITIES.values() for name in row.hidden)
    return {
        name: all(symbol in exported for symbol in row.exported)
        and all(symbol in hidden for symbol in row.hidden)
        and (info.verified is not None or not row.verified)
        for name, row in CAPABILITIES.items()
    }


def problem(name: str) -> str | None:
    """What this build's lack of capability ``name`` means, in one sentence; ``None`` where it has it."""
    if capabilities()[name]:
        return None
    info = build_info()
    return (
        f"the installed compiler ({info.version}, build {info.build_id or 'unknown'}) has no {name!r}: "
        f"{CAPABILITIES[name].purpose}"
    )


def require(name: str) -> None:
    """Refuse with one sentence where this build lacks capability ``name``.

    Raises:
      CapabilityError: it is missing.
    """
    if cause := problem(name):
        raise CapabilityError(cause, remedy="pip install iree-base-compiler==3.13.0")


def _exported() -> frozenset[str]:
    from ireekit.bindings.library import has_function

    return frozenset(name for row in CAPABILITIES.values() for name in row.exported if has_function(name))
