"""Replacements that would make a value depend on itself; folding such operations never ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iree.compiler import ir


def uses_itself(value: ir.Value, result: ir.Value, created: Sequence[ir.Operation]) -> bool:
    """Whether ``value`` is computed from ``result``, which it is to replace.

    Only what was just created can be: one look at the operands of these, or of what computes ``value`` if ``created``
    is empty, answers nearly always.
    """
    if created:
        return any(operand == result for op in created for operand in op.operands) and _reaches(value, result)
    return any(operand == result for operand in _operands(value))


def _operands(value: ir.Value) -> Sequence[ir.Value]:
    """Of the operation that computes ``value``; none for the argument of a block."""
    return getattr(value.owner, "operands", ())


def _reaches(value: ir.Value, result: ir.Value) -> bool:
    seen = {value}
    waiting = [value]
    while waiting:
        for operand in _operands(waiting.pop()):
            if operand == result:
                return True
            if operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return False
