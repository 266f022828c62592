"""Dialects that the bindings have no Python module for, or one that takes long to import.

For each operation the bindings wrap they look for a module of its dialect, and where there is none they search for it
on disk again every time: about 80 µs an operation. An empty module in its place ends the search.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any

# Dialects of the compiler without a module in its wheel.
COMPILER_DIALECTS = (
    "acc",
    "async",
    "bufferization",
    "check",
    "chlo",
    "dlti",
    "emitc",
    "hal_inline",
    "hal_loader",
    "index",
    "io_parameters",
    "iree_cpu",
    "iree_encoding",
    "iree_input",
    "iree_linalg_ext",
    "iree_map",
    "iree_pcf",
    "iree_vector_ext",
    "mhlo",
    "ml_program",
    "nvgpu",
    "omp",
    "quant",
    "sparse_tensor",
    "spirv",
    "stablehlo",
    "tm_tensor",
    "torch",
    "torch_c",
    "ub",
    "vmvx",
)
# Empty, these would look like features of the bindings.
_FEATURES = frozenset({"irdl", "ext"})
_LIGHT = "ireekit.bindings.light_dialects"
_lock = threading.Lock()


def announce_dialects(names: Iterable[str], package: str = "iree.compiler") -> None:
    """Let the bindings find a module for each dialect, an empty one where there is none. Cheap when repeated.

    Args:
      names: namespaces of dialects.
      package: whose bindings: ``"iree.compiler"``, ``"torch_mlir"``.
    """
    for name in names:
        full = f"{package}.dialects.{name}"
        if full in sys.modules or name in _FEATURES or not name.isidentifier():
            continue
        with _lock:
            if full not in sys.modules and importlib.util.find_spec(full) is None:
                sys.modules[full] = ModuleType(full, f"Stands for the dialect {name!r}, which has no Python module.")


def lighten_dialects() -> None:
    """Let the bindings take the modules in :mod:`ireekit.bindings.light_dialects`. Cheap when repeated.

    Nothing is done where they have the full ones already, or no list of places to look for modules in.
    """
    known: Any = getattr(importlib.import_module("iree.compiler._mlir_libs._mlir"), "globals", None)
    if f"{_LIGHT}.linalg" in sys.modules or "iree.compiler.dialects.linalg" in sys.modules:
        return
    if not (hasattr(known, "dialect_search_modules") and hasattr(known, "_check_dialect_module_loaded")):
        return
    with _lock:
        places = list(known.dialect_search_modules)
        # Found once they are not looked for again; other dialects are better off without one place more.
        known.dialect_search_modules = [_LIGHT, *places]
        try:
            known._check_dialect_module_loaded("linalg")
        finally:
            known.dialect_search_modules = places
