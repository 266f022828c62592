"""Interface models and traits that people write in Python with the classes of the bindings.

Passes and verifiers of the compiler call such code without taking Python's global lock. So where a context has any,
they run with the lock held and on one thread; everywhere else without it and on all.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ireekit.bindings.capsules import context_address

if TYPE_CHECKING:
    from iree.compiler import ir

# Addresses of contexts. One that is freed and made again at the same place is only run more slowly.
_with_models: set[int] = set()
_CLASSES = (
    "ConditionallySpeculatable",
    "DynamicOpTrait",
    "MemoryEffectsOpInterface",
    "PatternDescriptorOpInterface",
    "TransformOpInterface",
)


def has_python_models(context: ir.Context) -> bool:
    """Whether Python code was attached to operations of ``context`` since :func:`note_models`."""
    return context_address(context) in _with_models


@functools.cache
def note_models() -> None:
    """From now on remember the contexts that Python models are attached in. Once per process."""
    from iree.compiler import ir
    from iree.compiler.dialects import transform

    found = {getattr(place, name) for place in (ir, transform) for name in _CLASSES if hasattr(place, name)}
    for cls in found:
        _wrap(cls)


def _wrap(cls: Any) -> None:
    original: Callable[..., Any] = vars(cls)["attach"].__func__

    def attach(subclass: Any, *arguments: Any, **options: Any) -> Any:
        from iree.compiler import ir

        context: Any = options.get("context") or ir.Context.current
        _with_models.add(context_address(context))
        return original(subclass, *arguments, **options)

    cls.attach = classmethod(attach)


@contextmanager
def one_thread(context: ir.Context) -> Generator[None]:
    """Let ``context`` use no thread but this one meanwhile."""
    threaded = context.get_num_threads() > 1
    if threaded:
        context.enable_multithreading(False)
    try:
        yield
    finally:
        if threaded:
            context.enable_multithreading(True)


def locked(function: Any) -> Any:
    """A function of the compiler's library, called with Python's global lock held."""
    prototype = ctypes.PYFUNCTYPE(function.restype, *function.argtypes)
    return prototype(ctypes.cast(function, ctypes.c_void_p).value or 0)
