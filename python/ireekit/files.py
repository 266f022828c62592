"""Files that are there whole or not at all, and where cached ones go."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Generator[Path]:
    """A temporary file beside ``path``: renamed to it when the block is done, removed when the block raises.

    Raises:
      OSError: as the file system gives it; ``path`` is then as it was before.
    """
    import tempfile  # takes 3 ms, which every start of a stock tool would pay

    handle, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes the file private; what is written here is as readable as any other file.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` through a temporary file beside it, so that no reader sees half of it.

    A device or a pipe (``/dev/null``) is written to as it is.

    Raises:
      OSError: as the file system gives it; ``path`` is then as it was before.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def cache_folder() -> Path:
    """``$IREEKIT_CACHE_DIR``, else ``ireekit`` in the user's cache folder."""
    if named := os.environ.get("IREEKIT_CACHE_DIR"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ireekit"
