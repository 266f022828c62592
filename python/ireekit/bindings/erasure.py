"""Erasing operations from Python without leaving dangling pointers.

The bindings erase an operation whatever still refers to it, and the process dies when that is looked at. So
an operation with uses is not erased, and what a pass erased is remembered while passes run.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from ireekit.bindings.bytecode import pointer_of

_CAPSULE = b"iree.compiler.ir.Operation._CAPIPtr"


class _Erased(threading.local):
    """Addresses of the operations that this thread erased since the last :func:`forget_erased`."""

    def __init__(self) -> None:
        self.addresses: set[int] = set()


_erased = _Erased()


def address(op: Any) -> int:
    """Where an operation lies in memory; does not look at it."""
    return pointer_of(op._CAPIPtr, _CAPSULE)


def forget_erased() -> None:
    _erased.addresses.clear()


def is_erased(addresses: tuple[int, ...]) -> bool:
    """Whether one of the operations at ``addresses`` was erased."""
    return not _erased.addresses.isdisjoint(addresses)


@functools.cache
def guard_erasure() -> None:
    """Make ``erase()`` of the bindings refuse operations that are still used. Once per process."""
    from iree.compiler import ir

    base: Any = next(cls for cls in ir.Operation.__mro__ if "erase" in vars(cls))
    erase_unchecked = base.erase

    def erase(self: Any) -> None:
        op = self.operation
        if op.name == "builtin.module" and op.parent is None:
            raise ValueError("the program itself cannot be erased; erase what is in it")
        for result in op.results:
            for use in result.uses:
                raise ValueError(f"{op.name} cannot be erased: {use.owner.operation.name} still uses its result")
        erased = address(op)
        erase_unchecked(self)
        _erased.addresses.add(erased)

    base.erase = erase
