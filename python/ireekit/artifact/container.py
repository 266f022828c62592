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
from pathlib import Path
from typing import BinaryIO

from ireekit.errors import ArtifactError

METADATA_ENTRY = "ireekit.json"

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_MAX_OFFSET = 0xFFFFFFFF
_DATE_1980 = 0x21


def with_metadata(program: bytes, metadata: bytes) -> bytes:
    """``program`` with ``metadata`` as a further ZIP entry.

    Raises:
      ArtifactError: ``program`` is no polyglot ZIP.
    """
    position = program.rfind(b"PK\x05\x06", max(0, len(program) - 65557))
    if position < 0:
        raise ArtifactError(
            "the compiler's output is not a ZIP archive, metadata cannot be added",
            remedy="drop the flag --iree-vm-emit-polyglot-zip=false",
        )
    end = _END.unpack_from(program, position)
    entries, directory_size, directory_offset = end[4], end[5], end[6]
    if directory_offset == _MAX_OFFSET:
        return _with_metadata_zip64(program, metadata)
    directory = program[directory_offset : directory_offset + directory_size]
    name = METADATA_ENTRY.encode()
    crc = zlib.crc32(metadata)
    size = len(metadata)
    local = _LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, _DATE_1980, crc, size, size, len(name), 0)
    central = _CENTRAL.pack(
        b"PK\1\2", 20, 20, 0, 0, 0, _DATE_1980, crc, size, size, len(name), 0, 0, 0, 0, 0, directory_offset
    )
    moved = directory_offset + len(local) + len(name) + size
    ending = _END.pack(b"PK\5\6", 0, 0, entries + 1, entries + 1, directory_size + len(central) + len(name), moved, 0)
    return b"".join((memoryview(program)[:directory_offset], local, name, metadata, directory, central, name, ending))


def _with_metadata_zip64(program: bytes, metadata: bytes) -> bytes:
    buffer = io.BytesIO(program)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(METADATA_ENTRY, metadata)
    return buffer.getvalue()


def read_metadata(source: bytes | Path) -> bytes | None:
    """The metadata entry of an artifact, or ``None`` for a program that has none.

    Raises:
      ArtifactError: the source is no IREE program at all.
    """
    try:
        with _open(source) as file:
            head = file.read(12)
            if head[:2] != b"PK":
                # A bare FlatBuffer: its size, the offset of its root, its identifier.
                if head[8:12] != b"IREE":
                    raise ArtifactError(f"{_name(source)} is not an IREE program")
                return None
            with zipfile.ZipFile(file) as archive:
                return archive.read(METADATA_ENTRY) if METADATA_ENTRY in archive.namelist() else None
    except OSError as error:
        raise ArtifactError(f"cannot read {_name(source)}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, zlib.error) as error:
        raise ArtifactError(f"{_name(source)} is damaged: {error}", remedy="compile the model again") from None


def entry_sizes(source: bytes | Path) -> list[tuple[str, int]]:
    """Name and size in bytes of every entry of an artifact, in file order; a bare program is one entry."""
    with _open(source) as file:
        if not zipfile.is_zipfile(file):
            return [("module.fb", file.seek(0, io.SEEK_END))]
        with zipfile.ZipFile(file) as archive:
            return [(entry.filename, entry.file_size) for entry in archive.infolist()]


def _open(source: bytes | Path) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def _name(source: bytes | Path) -> str:
    return str(source) if isinstance(source, Path) else "the given data"
