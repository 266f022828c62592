"""Walking IR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iree.compiler import ir


def walk(op: ir.Operation) -> Iterator[ir.Operation]:
    """``op`` and everything nested in it, outermost first.

    What is being walked over must not be erased meanwhile: collect first, with :func:`find`, then change.
    """
    yield op
    for region in op.regions:
        for block in region:
            for child in block:
                yield from walk(child.operation)


def find(op: ir.Operation, name: str) -> list[ir.Operation]:
    """The operations called ``name`` in ``op``, e.g. ``"arith.divf"``, in the order of the text."""
    return [each for each in walk(op) if each.name == name]
