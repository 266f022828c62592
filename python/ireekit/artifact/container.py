"""The file format: IREE's polyglot ZIP with one more entry.

A ``.vmfb`` is a ZIP whose first entry is the program. The runtime reads that entry and those it refers to by
offset, so an entry added at the end changes nothing for it. Only the central directory, a few hundred bytes
at the end, has to be written anew. Layout: PKWARE APPNOTE 4.3.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ireekit.errors import ArtifactError

METADATA_ENTRY = "ireekit.json"

_ZIP = b"PK\3\4"
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_OFFSET64 = struct.Struct("<2HQ")
_LONGEST_END = _END.size + 0xFFFF
# From these values on, a ZIP64 record holds the real ones.
_MAX_OFFSET = 0xFFFFFFFF
_MAX_ENTRIES = 0xFFFF
_DATE_1980 = 0x21
# What zipfile raises at damaged archives: bad records, compression or encryption it finds in random bytes.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error)


def with_metadata(program: bytes | memoryview, metadata: bytes) -> bytes:
    """``program`` with ``metadata`` as a further ZIP entry; copied once, since it holds the weights.

    Raises:
      ArtifactError: ``program`` is no polyglot ZIP.
    """
    tail_start = max(0, len(program) - _LONGEST_END - _LOCATOR.size)
    tail = bytes(program[tail_start:])
    position = tail.rfind(b"PK\x05\x06")
    if bytes(program[: len(_ZIP)]) != _ZIP or position < 0:
        raise ArtifactError(
            "the compiler's output is not a ZIP archive, metadata cannot be added",
            remedy="drop the flag --iree-vm-emit-polyglot-zip=false",
        )
    entries, size, offset = _directory(program, tail, position)
    directory = bytes(program[offset : offset + size])
    local, central = _entry(metadata, offset)
    moved = offset + len(local) + len(metadata)
    ending = _ending(entries + 1, size + len(central), moved)
    return b"".join((program[:offset], local, metadata, directory, central, ending))


def _directory(program: bytes | memoryview, tail: bytes, position: int) -> tuple[int, int, int]:
    """Of the central directory: number of entries, bytes, offset; ``position`` is that of the end record."""
    end = _END.unpack_from(tail, position)
    found: tuple[int, int, int] = end[4], end[5], end[6]
    before = position - _LOCATOR.size
    if before < 0 or tail[before : before + 4] != b"PK\6\7":
        return found
    record = _END64.unpack_from(program, _LOCATOR.unpack_from(tail, before)[2])
    return record[7], record[8], record[9]


def _entry(metadata: bytes, offset: int) -> tuple[bytes, bytes]:
    """The entry of the metadata at ``offset``: what is before its bytes, and its line in the directory."""
    name = METADATA_ENTRY.encode()
    crc, size = zlib.crc32(metadata), len(metadata)
    extra = _OFFSET64.pack(1, 8, offset) if offset >= _MAX_OFFSET else b""
    version = 45 if extra else 20
    local = _LOCAL.pack(b"PK\3\4", version, 0, 0, 0, _DATE_1980, crc, size, size, len(name), 0)
    short = 0xFFFFFFFF if extra else offset
    sizes = (size, size, len(name), len(extra))
    central = _CENTRAL.pack(b"PK\1\2", version, version, 0, 0, 0, _DATE_1980, crc, *sizes, 0, 0, 0, 0, short)
    return local + name, central + name + extra


def _ending(entries: int, size: int, offset: int) -> bytes:
    if offset < _MAX_OFFSET and entries < _MAX_ENTRIES:
        return _END.pack(b"PK\5\6", 0, 0, entries, entries, size, offset, 0)
    record = _END64.pack(b"PK\6\6", _END64.size - 12, 45, 45, 0, 0, entries, entries, size, offset)
    locator = _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    end = _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return record + locator + end


def read_metadata(source: bytes | Path) -> bytes | None:
    """The metadata entry of an artifact, or ``None`` for a program that has none.

    Raises:
      ArtifactError: the source is no IREE program at all.
    """
    with _opened(source) as file:
        head = file.read(12)
        if not head.startswith(_ZIP):
            # A bare FlatBuffer: its size, the offset of its root, its identifier.
            if head[8:12] != b"IREE":
                raise ArtifactError(f"{_name(source)} is not an IREE program")
            return None
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if not names or not names[0].endswith("module.fb"):
                raise ArtifactError(f"{_name(source)} is a ZIP archive, but not an IREE program")
            return archive.read(METADATA_ENTRY) if METADATA_ENTRY in names else None


def read_all(source: bytes | Path) -> bytes:
    """The bytes of an artifact.

    Raises:
      ArtifactError: its file cannot be read.
    """
    if not isinstance(source, Path):
        return source
    with _opened(source) as file:
        return file.read()


def check_entries(source: bytes | Path) -> None:
    """Compare the checksum of every entry; a bare program has none.

    Raises:
      ArtifactError: one is damaged.
    """
    with _opened(source) as file:
        if not _is_zip(file):
            return
        with zipfile.ZipFile(file) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"bad checksum of {damaged}")


def entry_sizes(source: bytes | Path) -> list[tuple[str, int]]:
    """Name and size in bytes of every entry of an artifact, in file order; a bare program is one entry.

    Raises:
      ArtifactError: it cannot be read.
    """
    with _opened(source) as file:
        if not _is_zip(file):
            return [("module.fb", file.seek(0, io.SEEK_END))]
        with zipfile.ZipFile(file) as archive:
            return [(entry.filename, entry.file_size) for entry in archive.infolist()]


def _is_zip(file: BinaryIO) -> bool:
    # By its beginning: a bare program may end with the end of an archive that is embedded in it.
    head = file.read(len(_ZIP))
    file.seek(0)
    return head == _ZIP


@contextmanager
def _opened(source: bytes | Path) -> Generator[BinaryIO]:
    """The source as a file; what reading it may raise becomes an ArtifactError."""
    try:
        with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
            yield file
    except OSError as error:
        raise ArtifactError(f"cannot read {_name(source)}: {error.strerror or error}") from None
    except _DAMAGE as error:
        raise ArtifactError(f"{_name(source)} is damaged: {error}", remedy="compile the model again") from None


def _name(source: bytes | Path) -> str:
    return str(source) if isinstance(source, Path) else "the given data"
