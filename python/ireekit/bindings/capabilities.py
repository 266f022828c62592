"""What this compiler build can do beyond its public API, asked for by name.

A capability is available when every symbol it needs is exported or found in the library's symbol table.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from ireekit.bindings.build import build_info
from ireekit.errors import CapabilityError


@dataclass(frozen=True)
class Capability:
    """One row of the table.

    Attributes:
      purpose: what people lose without it, completing "without it, ...".
      exported: C functions the library must export.
      hidden: mangled C++ symbols its symbol table must hold.
    """

    purpose: str
    exported: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


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
        hidden=("_ZN4mlir4irdl12loadDialectsENS_8ModuleOpE",),
    ),
    "pass-hooks": Capability(
        "passes cannot run before or after a named pass of IREE",
        hidden=(
            "_ZN4mlir11MLIRContext21registerActionHandlerESt8functionIFvN4llvm12function_refIFvvEEERKNS_7tracing6ActionEEE",
        ),
    ),
    "pass-registration": Capability(
        "Python passes cannot be named in a pipeline text of the stock tools",
        hidden=("_ZN4mlir12registerPassERKSt8functionIFSt10unique_ptrINS_4PassESt14default_deleteIS2_EEvEE",),
    ),
}


@functools.cache
def capabilities() -> Mapping[str, bool]:
    """Every capability by name, and whether this build has it. Reads the library's symbol table once."""
    from ireekit.bindings.symbols import find_symbols

    info = build_info()
    exported = _exported()
    hidden = find_symbols(info.path, [name for row in CAPABILITIES.values() for name in row.hidden])
    return {
        name: all(symbol in exported for symbol in row.exported) and all(symbol in hidden for symbol in row.hidden)
        for name, row in CAPABILITIES.items()
    }


def require(name: str) -> None:
    """Refuse with one sentence where this build lacks capability ``name``.

    Raises:
      CapabilityError: it is missing.
    """
    if capabilities()[name]:
        return
    info = build_info()
    raise CapabilityError(
        f"the installed compiler ({info.version}, build {info.build_id or 'unknown'}) has no {name!r}: "
        f"{CAPABILITIES[name].purpose}",
        remedy="pip install iree-base-compiler==3.13.0",
    )


def _exported() -> frozenset[str]:
    from ireekit.bindings.library import has_function

    return frozenset(name for row in CAPABILITIES.values() for name in row.exported if has_function(name))
