"""Printing operations while other threads change the program around them.

To print an operation the bindings number the values of the whole program. Inside of a hook other threads may be at
work on other parts of it, so there an operation is printed by itself: in its own scope, as far as the nearest operation
around it that is isolated from above.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

# How many arguments may come before `use_local_scope`, the operation or value itself among them.
_LEADING = {"get_asm": 7, "print": 6, "get_name": 1}


class _Scope(threading.local):
    local = False


_scope = _Scope()


@contextmanager
def printing_locally() -> Generator[None]:
    """Inside, this thread prints operations and names of values in their own scope unless it says otherwise."""
    guard_printing()
    before, _scope.local = _scope.local, True
    try:
        yield
    finally:
        _scope.local = before


@functools.cache
def guard_printing() -> None:
    """Make the bindings' ways to print look at :func:`printing_locally`. Once per process."""
    from iree.compiler import ir

    for owner, name in (("_OperationBase", "get_asm"), ("_OperationBase", "print"), ("Value", "get_name")):
        cls: Any = getattr(ir, owner)
        setattr(cls, name, _in_scope(getattr(cls, name), _LEADING[name], ir.AsmState))
    for owner, text in (
        ("_OperationBase", _operation_text),
        ("OpView", _operation_text),
        ("Module", _module_text),
        ("OpResult", _result_text),
        ("Value", _result_text),
        ("Block", _block_text),
    ):
        cls = getattr(ir, owner)
        cls.__str__ = _text_in_scope(cls.__str__, text)


def _in_scope(function: Callable[..., Any], leading: int, asm_state: type) -> Callable[..., Any]:
    @functools.wraps(function)
    def scoped(*arguments: Any, **options: Any) -> Any:
        numbered = "state" in options or (len(arguments) > 1 and isinstance(arguments[1], asm_state))
        if _scope.local and len(arguments) <= leading and not numbered:
            options.setdefault("use_local_scope", True)
        return function(*arguments, **options)

    return scoped


def _text_in_scope(whole: Callable[[Any], str], local: Callable[[Any], str | None]) -> Callable[[Any], str]:
    def text(self: Any) -> str:
        found = local(self) if _scope.local else None
        return whole(self) if found is None else found

    return text


def _operation_text(op: Any) -> str:
    return op.operation.get_asm(use_local_scope=True)


def _module_text(module: Any) -> str:
    return _operation_text(module) + "\n"


def _result_text(value: Any) -> str | None:
    """``None`` for arguments of blocks, whose text tells nothing of the program."""
    owner = getattr(value.owner, "operation", None)
    return None if owner is None else f"{type(value).__name__}({_operation_text(owner)})"


def _block_text(block: Any) -> str:
    return "\n".join(map(_operation_text, block))
