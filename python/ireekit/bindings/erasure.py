"""Erasing operations from Python without leaving dangling pointers.

The bindings erase an operation whatever still refers to it, and the process dies when that is looked at. So
an operation with uses is not erased, and what a pass erased is remembered while passes run.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from ireekit.bindings.capsules import OPERATION, pointer_of


class _Erased(threading.local):
    """Of this thread: addresses of what it erased since the last :func:`forget_erased`, and who erases in its stead."""

    def __init__(self) -> None:
        self.addresses: set[int] = set()
        self.forgotten: set[int] | None = None
        self.eraser: Callable[[Any], None] | None = None


_erased = _Erased()


def address(op: Any) -> int:
    """Where an operation lies in memory; does not look at it."""
    return pointer_of(op._CAPIPtr, OPERATION)


def forget_erased() -> None:
    if _erased.forgotten is not None:
        _erased.forgotten |= _erased.addresses
    _erased.addresses.clear()


def is_erased(addresses: tuple[int, ...]) -> bool:
    """Whether one of the operations at ``addresses`` was erased."""
    return not _erased.addresses.isdisjoint(addresses)


@contextmanager
def remember_erased() -> Generator[None]:
    """What is erased inside stays known after it, whatever :func:`forget_erased` forgets inside: runs may be nested."""
    before, forgotten = _erased.addresses, _erased.forgotten
    _erased.addresses, _erased.forgotten = set(), set()
    try:
        yield
    finally:
        before |= _erased.addresses | _erased.forgotten
        _erased.addresses, _erased.forgotten = before, forgotten


@contextmanager
def keep_erased() -> Generator[None]:
    """:func:`remember_erased`, with nobody erasing in this thread's stead."""
    eraser, _erased.eraser = _erased.eraser, None
    try:
        with remember_erased():
            yield
    finally:
        _erased.eraser = eraser


@contextmanager
def erasing_through(eraser: Callable[[Any], None]) -> Generator[None]:
    """Inside, ``operation.erase()`` in this thread calls ``eraser`` instead.

    A pattern driver holds pointers to operations: it has to be the one that erases them.
    """
    guard_erasure()
    before, _erased.eraser = _erased.eraser, eraser
    try:
        yield
    finally:
        _erased.eraser = before


def erase_now(operation: Any) -> None:
    """Erase ``operation`` whatever :func:`erasing_through` says."""
    before, _erased.eraser = _erased.eraser, None
    try:
        operation.erase()
    finally:
        _erased.eraser = before


@functools.cache
def guard_erasure() -> None:
    """Make ``erase()`` of the bindings refuse operations that are still used. Once per process."""
    from iree.compiler import ir

    base: Any = next(cls for cls in ir.Operation.__mro__ if "erase" in vars(cls))
    erase_unchecked = base.erase
    detach_unchecked = base.detach_from_parent

    def detach_from_parent(self: Any) -> Any:
        if _erased.eraser is not None:
            raise ValueError(
                "operations cannot be detached while patterns are applied; clone it and erase the original"
            )
        return detach_unchecked(self)

    def erase(self: Any) -> None:
        op = self.operation
        if _erased.eraser is not None:
            _erased.eraser(op)
            return
        if op.name == "builtin.module" and op.parent is None:
            raise ValueError("the program itself cannot be erased; erase what is in it")
        for result in op.results:
            for use in result.uses:
                raise ValueError(f"{op.name} cannot be erased: {use.owner.operation.name} still uses its result")
        erased = address(op)
        erase_unchecked(self)
        _erased.addresses.add(erased)

    base.erase = erase
    base.detach_from_parent = detach_from_parent
