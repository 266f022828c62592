"""Section headers of little-endian ELF files, 32 and 64 bit."""

from __future__ import annotations

import mmap
import struct
from typing import NamedTuple

SYMBOL_TABLE = 2
_NO_BITS = 8
_WRITABLE, _ALLOCATED, _EXECUTABLE = 1, 2, 4


class Section(NamedTuple):
    kind: int
    flags: int
    offset: int
    size: int
    link: int


# Class byte -> (offset of e_shoff, its format, offset of e_shentsize, section header).
_LAYOUTS = {
    1: (32, struct.Struct("<I"), 46, struct.Struct("<IIIIIIIIII")),
    2: (40, struct.Struct("<Q"), 58, struct.Struct("<IIQQQQIIQQ")),
}


def sections(data: bytes | mmap.mmap) -> list[Section]:
    """Section headers of an ELF file; empty for any other file."""
    if data[:4] != b"\x7fELF" or data[5] != 1 or data[4] not in _LAYOUTS:
        return []
    offset_at, offset_format, entry_at, header = _LAYOUTS[data[4]]
    offset = offset_format.unpack_from(data, offset_at)[0]
    entry_size, count = struct.unpack_from("<HH", data, entry_at)
    fields = (header.unpack_from(data, offset + index * entry_size) for index in range(count))
    return [Section(kind, flags, at, size, link) for _, kind, flags, _, at, size, link, *_ in fields]


def loaded_sizes(data: bytes) -> dict[str, int]:
    """Bytes an object file takes when loaded: ``text``, ``rodata``, ``data``, ``bss``; empty for other files."""
    sizes: dict[str, int] = {}
    for section in sections(data):
        if not section.flags & _ALLOCATED:
            continue
        if section.flags & _EXECUTABLE:
            name = "text"
        elif section.kind == _NO_BITS:
            name = "bss"
        else:
            name = "data" if section.flags & _WRITABLE else "rodata"
        sizes[name] = sizes.get(name, 0) + section.size
    return sizes
