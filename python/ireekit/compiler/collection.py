"""Python's cyclic garbage collection while the compiler works."""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager


class _Pauses:
    """Of this process: the blocks under way that paused the collection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def begin(self) -> bool:
        with self._lock:
            if not (self._count or gc.isenabled()):
                return False
            gc.disable()
            self._count += 1
            return True

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                gc.enable()


_pauses = _Pauses()


@contextmanager
def paused_collection() -> Generator[None]:
    """Inside, no cyclic garbage is looked for; afterwards it is again, when the last of several blocks ends.

    Passes make many objects and hardly any cycles, so that looking for these takes 6 % of a compilation, and more where
    a framework has made a million objects before. Where the collection is off it stays off.
    """
    begun = _pauses.begin()
    try:
        yield
    finally:
        if begun:
            _pauses.end()
