"""Addresses of hidden C++ symbols, read from the library's own symbol table.

The wheel's library is not stripped: ``.symtab`` holds its local symbols, so a symbol's address is the
library's load base plus the symbol's value. Only 64-bit ELF is read; elsewhere nothing is found.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ireekit.bindings.build import build_info
from ireekit.bindings.elf import SYMBOL_TABLE, sections
from ireekit.bindings.symbol_cache import store_symbols, stored_symbols

# Fields of an entry of the table.
_SYMBOL = [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"), ("size", "<u8")]


def find_symbols(path: Path, names: Iterable[str]) -> Mapping[str, int]:
    """Values (offsets from the load base) of those of ``names`` that ``path``'s ``.symtab`` defines."""
    import numpy as np  # takes 50 ms, and is needed once for each build of the compiler

    wanted = {name.encode(): name for name in names}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        headers = sections(data)
        table = next((section for section in headers if section.kind == SYMBOL_TABLE), None)
        if table is None:
            return {}
        strings = headers[table.link]
        # A copy: an array over the mapping would forbid closing it.
        symbols = np.frombuffer(data[table.offset : table.offset + table.size], np.dtype(_SYMBOL))
        defined = symbols[symbols["section"] != 0]
        pool = data[strings.offset : strings.offset + strings.size]
    order = np.argsort(defined["name"], kind="stable")
    offsets = defined["name"][order]
    found: dict[str, int] = {}
    for raw, name in wanted.items():
        for position in _occurrences(pool, raw + b"\0"):
            index = int(np.searchsorted(offsets, position))
            if index < len(offsets) and offsets[index] == position:
                found[name] = int(defined["value"][order[index]])
                break
    return found


def find_cached(names: Iterable[str]) -> Mapping[str, int]:
    """As :func:`find_symbols`, of the installed compiler's library; what was found is kept, on disk by build ID."""
    wanted = tuple(dict.fromkeys(names))
    with _lock:
        values = _values()
        unknown = [name for name in wanted if name not in values]
        if unknown:
            info = build_info()
            found = find_symbols(info.path, unknown)
            values.update({name: found.get(name) for name in unknown})
            store_symbols(info, values)
        return {name: value for name in wanted if (value := values[name]) is not None}


def addresses(names: Iterable[str]) -> Mapping[str, int]:
    """Addresses, in this process, of those of ``names`` that the loaded compiler library exports or hides."""
    from ireekit.bindings.library import has_function, library

    wanted = tuple(dict.fromkeys(names))
    found = {name: function_address(getattr(library(), name)) for name in wanted if has_function(name)}
    hidden = [name for name in wanted if name not in found]
    values = find_cached([*hidden, _ANCHOR]) if hidden else {}
    if _ANCHOR not in values:
        return found
    base = function_address(getattr(library(), _ANCHOR)) - values[_ANCHOR]
    return found | {name: base + values[name] for name in hidden if name in values}


# Exported and in the symbol table: it tells where symbol values count from.
_ANCHOR = "ireeCompilerGetAPIVersion"
_lock = threading.Lock()


@functools.cache
def _values() -> dict[str, int | None]:
    """Linker name -> value, ``None`` for one that the library lacks; as far as known."""
    return dict(stored_symbols(build_info()))


def function_address(function: object) -> int:
    """Where a function of a ctypes library lies."""
    address = ctypes.cast(function, ctypes.c_void_p).value  # pyright: ignore[reportArgumentType]
    if address is None:
        raise ValueError("a null function")
    return address


def _occurrences(pool: bytes, needle: bytes) -> Iterator[int]:
    # Linkers share tails: a name may start in the middle of another, so every occurrence is a candidate.
    position = pool.find(needle)
    while position >= 0:
        yield position
        position = pool.find(needle, position + 1)
