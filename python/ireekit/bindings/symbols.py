"""Addresses of hidden C++ symbols, read from the library's own symbol table.

The wheel's library is not stripped: ``.symtab`` holds its local symbols, so a symbol's address is the
library's load base plus the symbol's value. Only 64-bit ELF is read; elsewhere nothing is found.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from ireekit.bindings.elf import SYMBOL_TABLE, sections

_SYMBOL = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"), ("size", "<u8")]
)


def find_symbols(path: Path, names: Iterable[str]) -> Mapping[str, int]:
    """Values (offsets from the load base) of those of ``names`` that ``path``'s ``.symtab`` defines."""
    wanted = {name.encode(): name for name in names}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        headers = sections(data)
        table = next((section for section in headers if section.kind == SYMBOL_TABLE), None)
        if table is None:
            return {}
        strings = headers[table.link]
        # A copy: an array over the mapping would forbid closing it.
        symbols = np.frombuffer(data[table.offset : table.offset + table.size], _SYMBOL)
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


def _occurrences(pool: bytes, needle: bytes) -> Iterator[int]:
    # Linkers share tails: a name may start in the middle of another, so every occurrence is a candidate.
    position = pool.find(needle)
    while position >= 0:
        yield position
        position = pool.find(needle, position + 1)
