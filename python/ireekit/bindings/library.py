"""libIREECompiler through ctypes: the exported C functions that the wheel's Python API leaves out.

Every function is given its argument types: without them ctypes truncates pointers and the process dies.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterable
from ctypes import CFUNCTYPE, Structure, c_bool, c_char_p, c_int, c_size_t, c_uint, c_void_p
from pathlib import Path
from typing import Any

DIAGNOSTIC_CALLBACK = CFUNCTYPE(None, c_int, c_void_p, c_size_t, c_void_p)
NAME_CALLBACK = CFUNCTYPE(None, c_char_p, c_void_p)


class StringRef(Structure):
    """``MlirStringRef``."""

    _fields_ = (("data", c_void_p), ("length", c_size_t))


STRING_CALLBACK = CFUNCTYPE(None, StringRef, c_void_p)

# (name, result type, argument types) of include/iree/compiler/embedding_api.h.
_SIGNATURES: tuple[tuple[str, object, tuple[object, ...]], ...] = (
    ("ireeCompilerGetAPIVersion", c_int, ()),
    ("ireeCompilerGetRevision", c_char_p, ()),
    ("ireeCompilerInvocationSetCompileFromPhase", None, (c_void_p, c_char_p)),
    ("ireeCompilerInvocationSetCompileToPhase", None, (c_void_p, c_char_p)),
    ("ireeCompilerInvocationSetVerifyIR", None, (c_void_p, c_bool)),
    (
        "ireeCompilerInvocationEnableCallbackDiagnostics",
        None,
        (c_void_p, c_int, DIAGNOSTIC_CALLBACK, c_void_p),
    ),
    ("ireeCompilerEnumerateRegisteredHALTargetBackends", None, (NAME_CALLBACK, c_void_p)),
    ("ireeCompilerEnumeratePlugins", None, (NAME_CALLBACK, c_void_p)),
    ("mlirContextGetNumThreads", c_uint, (c_void_p,)),
    ("mlirContextGetOrLoadDialect", c_void_p, (c_void_p, StringRef)),
    ("mlirDialectIsAExtensibleDialect", c_bool, (c_void_p,)),
    ("mlirOperationImplementsInterfaceStatic", c_bool, (StringRef, c_void_p, c_void_p)),
    ("mlirModuleCreateParse", c_void_p, (c_void_p, StringRef)),
    ("mlirOperationWriteBytecode", None, (c_void_p, STRING_CALLBACK, c_void_p)),
)


def library_path() -> Path:
    """Path of the compiler library inside the installed wheel; nothing is loaded."""
    from importlib.util import find_spec

    spec = find_spec("iree.compiler")
    if spec is None or spec.submodule_search_locations is None:
        raise FileNotFoundError("iree-base-compiler is not installed")
    for folder in spec.submodule_search_locations:
        for name in ("libIREECompiler.so", "libIREECompiler.dylib", "IREECompiler.dll"):
            candidate = Path(folder) / "_mlir_libs" / name
            if candidate.exists():
                return candidate
    raise FileNotFoundError("the iree.compiler package holds no compiler library")


@functools.cache
def library() -> ctypes.CDLL:
    """The library as ``iree.compiler.api`` loaded and initialised it (the same handle, so the same state)."""
    from iree.compiler.api import ctypes_dl

    handle: ctypes.CDLL = ctypes_dl._dylib  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
    declare_functions(handle, [row for row in _SIGNATURES if hasattr(handle, row[0])])
    return handle


def declare_functions(handle: ctypes.CDLL, signatures: Iterable[tuple[str, object, tuple[object, ...]]]) -> None:
    """Give functions of a library their types; ``signatures`` are rows of name, result type, argument types.

    Raises:
      AttributeError: the library does not export one of them.
    """
    for name, result, arguments in signatures:
        function: Any = getattr(handle, name)
        function.restype = result
        function.argtypes = list(arguments)


def has_function(name: str) -> bool:
    return hasattr(library(), name)


def enumerate_names(function: str) -> tuple[str, ...]:
    """Names that one of the ``ireeCompilerEnumerate*`` functions reports."""
    names: list[str] = []

    @NAME_CALLBACK
    def collect(name: bytes | None, _user_data: object) -> None:
        if name:
            names.append(name.decode())

    getattr(library(), function)(collect, None)
    return tuple(names)
