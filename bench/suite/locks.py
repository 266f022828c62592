"""Files that processes lock to take turns."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path | None) -> Generator[None]:
    """Holds ``path``, which is made where it does not exist; nothing with ``None``."""
    if path is None:
        yield
        return
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
