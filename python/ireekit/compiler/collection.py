"""Python's cyclic garbage collection while the compiler works."""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

_lock = threading.Lock()
# Of this process: compilations under way that paused the collection, as many as run at the same time.
_pauses = 0


@contextmanager
def paused_collection() -> Generator[None]:
    """Inside, no cyclic garbage is looked for; afterwards it is again, when the last of several blocks ends.

    Passes make many objects and hardly any cycles, so that looking for these takes 6 % of a compilation, and more where
    a framework has made a million objects before. Where the collection is off it stays off.
    """
    global _pauses
    with _lock:
        paused = _pauses > 0 or gc.isenabled()
        if paused:
            gc.disable()
            _pauses += 1
    try:
        yield
    finally:
        if paused:
            with _lock:
                _pauses -= 1
                if not _pauses:
                    gc.enable()
