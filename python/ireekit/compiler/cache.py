"""A cache of compiled programs on disk, addressed by the digest of everything that shapes them.

Safe under concurrent processes: entries appear by rename, whole or not at all, and one that vanishes is a
miss. A cache that cannot be written never fails a compilation.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.artifact import Artifact
from ireekit.bindings.bytecode import stream_bytecode
from ireekit.errors import ArtifactError
from ireekit.files import cache_folder, write_atomically

if TYPE_CHECKING:
    from iree.compiler import ir

DEFAULT_LIMIT = 10 << 30


default_folder = cache_folder


@dataclass(frozen=True)
class Cache:
    """A folder of artifacts.

    Attributes:
      folder: made when first written to.
      limit: bytes; the entries used longest ago go when the sum exceeds it.
    """

    folder: Path
    limit: int = DEFAULT_LIMIT

    @staticmethod
    def of(setting: bool | Path) -> Cache | None:
        """The cache an option asks for; ``None`` for none."""
        if setting is False:
            return None
        return Cache(default_folder() if setting is True else setting)

    def get(self, key: str) -> Artifact | None:
        """The artifact kept under ``key``; a damaged entry is removed and counts as missing."""
        path = self._path(key)
        try:
            artifact = Artifact.from_bytes(path.read_bytes())
            artifact.check()
        except ArtifactError:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        except OSError:
            return None
        # Used now, so evicted late; others may keep a folder that is read-only here.
        with contextlib.suppress(OSError):
            os.utime(path)
        artifact.from_cache = True
        return artifact

    def put(self, key: str, artifact: Artifact) -> None:
        """Keep ``artifact``; warns where the disk refuses."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, artifact.data)
            self._evict()
        except OSError as error:
            warnings.warn(
                f"the compiled program was not cached in {self.folder}: {error.strerror or error}",
                stacklevel=2,
            )

    def clear(self) -> int:
        """Remove every entry, and what killed processes left; returns how many entries there were."""
        for path in self.folder.glob("??/.*"):
            with contextlib.suppress(OSError):
                path.unlink()
        count = 0
        for _, _, path in self._entries():
            with contextlib.suppress(OSError):
                path.unlink()
                count += 1
        return count

    def usage(self) -> tuple[int, int]:
        """How many entries there are, and their bytes together."""
        sizes = [size for _, size, _ in self._entries()]
        return len(sizes), sum(sizes)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.vmfb"

    def _entries(self) -> list[tuple[float, int, Path]]:
        entries: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("??/*.vmfb"):
            with contextlib.suppress(OSError):
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
        return sorted(entries)

    def _evict(self) -> None:
        entries = self._entries()
        excess = sum(size for _, size, _ in entries) - self.limit
        for _, size, path in entries:
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            excess -= size


def module_digest(module: ir.Module) -> str:
    """SHA-256 of a module's bytecode, weights inside included, without holding that bytecode."""
    digest = hashlib.sha256()
    stream_bytecode(
        module.operation,
        lambda address, size: digest.update((ctypes.c_char * size).from_address(address)),
    )
    return digest.hexdigest()


def cache_key(parts: Iterable[str]) -> str:
    """SHA-256 of ``parts``, kept apart."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()
