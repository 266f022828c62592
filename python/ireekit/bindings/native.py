"""``libireekit.so``: our own native library, found, checked and bound to the compiler.

It holds what must run inside the compiler without Python. The library knows the compiler's functions by linker name
only; this module gives it their addresses. Where the library was not built, callers degrade with the sentence of
:func:`native_problem`.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Iterator
from ctypes import c_bool, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from pathlib import Path

from ireekit.bindings.library import StringRef, declare_functions
from ireekit.errors import CapabilityError

NAME = "libireekit.so"
OVERRIDE = "IREEKIT_NATIVE_LIBRARY"
"""Environment variable: the library to load instead of the installed one, or ``""`` for none at all."""

REMEDY = "install a C++ compiler (apt install g++) and reinstall ireekit"

_ABI_VERSION = 4

# (name, result type, argument types) of what the library exports; a row is optional only by not being called.
_SIGNATURES: tuple[tuple[str, object, tuple[object, ...]], ...] = (
    ("ireekit_abi_version", c_int, ()),
    ("ireekit_symbol_name", c_char_p, (c_size_t,)),
    ("ireekit_bind", None, (c_size_t, c_void_p)),
    ("ireekit_interface_symbol", c_char_p, (c_size_t,)),
    ("ireekit_is_plugin_pass", c_bool, (c_char_p,)),
    ("ireekit_is_dynamic", c_bool, (c_void_p, StringRef)),
    ("ireekit_register_operation", c_bool, (c_void_p, c_void_p, StringRef, StringRef)),
    ("ireekit_attach_trait", c_bool, (c_void_p, StringRef, c_void_p, c_void_p, c_void_p, StringRef)),
    ("ireekit_attach_effects", c_bool, (c_void_p, StringRef, c_void_p, c_size_t)),
    ("ireekit_attach_speculatable", c_bool, (c_void_p, StringRef, c_bool)),
    ("ireekit_set_symbol_interface", c_bool, (c_size_t, c_void_p, c_size_t)),
    ("ireekit_attach_symbol", c_bool, (c_void_p, StringRef, c_void_p)),
    ("ireekit_set_fold_layout", None, (c_size_t, c_size_t, c_size_t, c_size_t)),
    ("ireekit_attach_fold", c_bool, (c_void_p, StringRef, c_uint32, StringRef, c_bool)),
    ("ireekit_context_token", c_uint64, (c_void_p,)),
    ("ireekit_context_is_alive", c_bool, (c_uint64,)),
    ("ireekit_context_end", None, (c_void_p,)),
    ("ireekit_can_simplify_regions", c_bool, ()),
    ("ireekit_conditions_hold", c_bool, (c_void_p, c_char_p)),
    ("ireekit_refuse_assembly", c_bool, (c_void_p, StringRef, c_size_t, c_size_t, c_size_t)),
)


@dataclass(frozen=True)
class _Loaded:
    handle: ctypes.CDLL | None
    problem: str | None


def native_library_path() -> Path | None:
    """Where the library lies; nothing is loaded. ``None`` where it was not built."""
    override = os.environ.get(OVERRIDE)
    if override is not None:
        return Path(override) if override and Path(override).is_file() else None
    return next((path for path in _candidates() if path.is_file()), None)


def native_library() -> ctypes.CDLL | None:
    """The library, bound to the compiler; ``None`` where :func:`native_problem` says why. Once per process."""
    return _load().handle


def native_problem() -> str | None:
    """Why there is no native library, in one sentence; ``None`` where there is one."""
    return _load().problem


def require_native() -> ctypes.CDLL:
    """The library.

    Raises:
      CapabilityError: it was not built, or does not fit.
    """
    loaded = _load()
    if loaded.handle is None:
        raise CapabilityError(
            loaded.problem or "no native library",
            remedy=REMEDY,
        )
    return loaded.handle


def string_ref(text: str) -> StringRef:
    """``text`` as the compiler takes it. Valid while the result is referred to."""
    data = text.encode()
    reference = StringRef(ctypes.cast(c_char_p(data), c_void_p), len(data))
    reference.keep_alive = data
    return reference


@functools.cache
def _load() -> _Loaded:
    path = native_library_path()
    if path is None:
        return _Loaded(None, f"ireekit was installed without its native library {NAME}")
    try:
        handle = ctypes.CDLL(str(path))
        declare_functions(handle, _SIGNATURES)
    except (OSError, AttributeError) as error:
        return _Loaded(None, f"{path} cannot be loaded: {error}")
    version = handle.ireekit_abi_version()
    if version != _ABI_VERSION:
        return _Loaded(None, f"{path} is of another version of ireekit ({version}, not {_ABI_VERSION}); reinstall it")
    _bind(handle)
    return _Loaded(handle, None)


def _bind(handle: ctypes.CDLL) -> None:
    from ireekit.bindings.symbols import addresses

    names = list(_names(handle))
    found = addresses(names)
    for index, name in enumerate(names):
        handle.ireekit_bind(index, found.get(name))


def is_plugin_pass(name: str) -> bool:
    """Whether it is the library that made a pass called ``name`` known to this process's compiler, as its plugin."""
    handle = native_library()
    return handle is not None and handle.ireekit_is_plugin_pass(name.encode())


def hidden_names() -> tuple[str, ...]:
    """Linker names of everything the library looks up in the compiler and the compiler does not export.

    Raises:
      CapabilityError: it was not built, or does not fit.
    """
    from ireekit.bindings.library import has_function

    handle = require_native()
    names = (*_names(handle), *_names(handle, "ireekit_interface_symbol"))
    return tuple(name for name in dict.fromkeys(names) if not has_function(name))


def _names(handle: ctypes.CDLL, function: str = "ireekit_symbol_name") -> Iterator[str]:
    index = 0
    while (name := getattr(handle, function)(index)) is not None:
        yield name.decode()
        index += 1


def _candidates() -> Iterator[Path]:
    from importlib.metadata import PackageNotFoundError, distribution
    from importlib.util import find_spec

    spec = find_spec("ireekit.plugin")
    for folder in (spec and spec.submodule_search_locations) or ():
        yield Path(folder) / NAME
    # An editable installation leaves the sources where they are and the library among the installed packages.
    try:
        yield Path(str(distribution("ireekit").locate_file(f"ireekit/plugin/{NAME}")))
    except PackageNotFoundError:
        return
