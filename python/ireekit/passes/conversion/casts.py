"""``builtin.unrealized_conversion_cast``: placeholders between old and new types while a conversion is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ireekit.bindings.erasure import erase_now
from ireekit.passes.walk import walk

if TYPE_CHECKING:
    from iree.compiler import ir

CAST = "builtin.unrealized_conversion_cast"


def make_cast(
    values: Sequence[ir.Value], types: Sequence[ir.Type], point: ir.InsertionPoint, location: ir.Location
) -> ir.Operation:
    from iree.compiler import ir

    return ir.Operation.create(CAST, results=list(types), operands=list(values), ip=point, loc=location)


def cast_of(value: Any) -> ir.Operation | None:
    """The cast that makes ``value``, if one does."""
    owner = value.owner
    operation = getattr(owner, "operation", None)
    return operation if operation is not None and operation.name == CAST else None


def casts_in(op: ir.Operation) -> list[ir.Operation]:
    return [each for each in walk(op) if each.name == CAST]


def reconcile_casts(op: Any) -> list[ir.Operation]:
    """Remove casts within ``op`` that undo one another, that do nothing, or that nothing uses.

    Returns:
      Those that remain, in the order of the text.
    """
    casts = casts_in(op.operation)
    for cast in casts:
        forwarded = _forwarded(cast)
        if forwarded is not None:
            for result, value in zip(cast.results, forwarded, strict=True):
                result.replace_all_uses_with(value)
    kept: list[ir.Operation] = []
    for cast in reversed(casts):
        if any(True for result in cast.results for _use in result.uses):
            kept.append(cast)
        else:
            erase_now(cast)
    return kept[::-1]


def _forwarded(cast: ir.Operation) -> list[ir.Value] | None:
    """The values that ``cast`` only hands on, through any number of casts before it."""
    wanted = [result.type for result in cast.results]
    values = list(cast.operands)
    seen = 0
    while values and seen < 1000:
        if [value.type for value in values] == wanted:
            return values
        before = cast_of(values[0])
        if before is None or list(before.results) != values:
            return None
        values = list(before.operands)
        seen += 1
    return values if not wanted and not values else None
