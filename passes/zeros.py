"""Tensors of zeros."""

from __future__ import annotations

from iree.compiler import ir

from ireekit.passes.constants import constant_value
from ireekit.passes.uses import defining_op


def is_zero(value: ir.Value) -> bool:
    """Whether every element of ``value`` is known to be zero: a constant, or filled with one."""
    maker = defining_op(value)
    filled = maker.operands[0] if maker is not None and maker.name == "linalg.fill" else value
    found = constant_value(filled)
    return found is not None and not found.array.any()
