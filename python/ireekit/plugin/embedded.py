"""Interpreters that the plugin started, for one compilation: what counts there is how soon they are ready."""

from __future__ import annotations

import sys
import threading

_lock = threading.Lock()


def is_embedded() -> bool:
    """Whether this interpreter is there for the compiler alone."""
    return not sys.orig_argv or "ireekit.plugin.tool" in sys.orig_argv


def ready() -> None:
    """Before the first use of ``iree.compiler``."""
    if is_embedded():
        from ireekit.bindings.light import import_bindings

        with _lock:
            import_bindings()
