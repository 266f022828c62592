"""Which compiler build is installed, and whether it is one that was verified."""

from __future__ import annotations

import functools
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from ireekit.bindings.library import library_path


@dataclass(frozen=True)
class FoldLayout:
    """Offsets in ``mlir::DynamicOpDefinition`` of the parts of its fold hook, an ``llvm::unique_function``.

    Attributes:
      storage: of the captured data.
      call: of the function.
      manage: of the function that moves and destroys the captured data.
      value_tag: the bits that tell a value from an attribute in an ``mlir::OpFoldResult``.
    """

    storage: int
    call: int
    manage: int
    value_tag: int


@dataclass(frozen=True)
class VerifiedBuild:
    """A compiler build on which the test suite passed, hidden symbols included.

    Attributes:
      fold_layout: of an operation's fold hook.
      interface_map: offset in ``mlir::OperationName::Impl`` of the table of the operation's interfaces.
    """

    version: str
    platform: str
    plugin_hash: int
    fold_layout: FoldLayout | None = None
    interface_map: int | None = None


# GNU build ID of libIREECompiler -> what it is. A row is added when the suite passed on that build.
VERIFIED_BUILDS: dict[str, VerifiedBuild] = {
    "c508b0a380357dc0": VerifiedBuild(
        "3.13.0",
        "linux-x86_64",
        0x27493EE2EDDC0611,
        FoldLayout(storage=0x118, call=0x130, manage=0x138, value_tag=4),
        interface_map=0x20,
    ),
    "63a5d304b6c48562eb35e00564649a524fb53833": VerifiedBuild(
        "3.13.0",
        "linux-aarch64",
        0x27493EE2EDDC0611,
        FoldLayout(storage=0x118, call=0x130, manage=0x138, value_tag=4),
        interface_map=0x20,
    ),
}


@dataclass(frozen=True)
class BuildInfo:
    """The installed compiler.

    Attributes:
      version: of the ``iree-base-compiler`` package.
      build_id: GNU build ID of its library in hex, or ``""`` where the platform has none.
      path: of the library.
    """

    version: str
    build_id: str
    path: Path

    @property
    def verified(self) -> VerifiedBuild | None:
        return VERIFIED_BUILDS.get(self.build_id)


@functools.cache
def build_info() -> BuildInfo:
    """Describe the installed compiler without loading it.

    Raises:
      FileNotFoundError: iree-base-compiler is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    path = library_path()
    try:
        package_version = version("iree-base-compiler")
    except PackageNotFoundError:
        package_version = "unknown"
    return BuildInfo(package_version, _gnu_build_id(path), path)


def _gnu_build_id(path: Path) -> str:
    """Read the ``.note.gnu.build-id`` of an ELF file; ``""`` for any other file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] != b"\x7fELF" or data[4] != 2:
            return ""
        program_offset = struct.unpack_from("<Q", data, 32)[0]
        entry_size, entry_count = struct.unpack_from("<HH", data, 54)
        for index in range(entry_count):
            header = struct.unpack_from("<IIQQQQQQ", data, program_offset + index * entry_size)
            kind, offset, size = header[0], header[2], header[5]
            if kind == 4 and (found := _build_id_note(data[offset : offset + size])):
                return found
    return ""


def _build_id_note(notes: bytes) -> str:
    position = 0
    while position + 12 <= len(notes):
        name_size, description_size, kind = struct.unpack_from("<III", notes, position)
        name = notes[position + 12 : position + 12 + name_size]
        start = position + 12 + (name_size + 3 & ~3)
        if kind == 3 and name == b"GNU\0":
            return notes[start : start + description_size].hex()
        position = start + (description_size + 3 & ~3)
    return ""
