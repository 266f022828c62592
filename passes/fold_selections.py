"""Selections whose condition is one constant: masks that mask nothing, as models that are given none make them."""

from __future__ import annotations

from typing import Any

from iree.compiler import ir

import ireekit
from ireekit.bindings.linalg import indexing_maps
from ireekit.passes import Statistic
from ireekit.passes.uses import defining_op

from .constant_views import view_of

_BODY = ["arith.select", "linalg.yield"]


class FoldSelections(ireekit.Pass):
    """Replace elementwise ``select`` by one of its operands where a constant condition is the same everywhere."""

    name = "mypipeline-fold-selections"
    anchor = "util.func"
    acts_on = ("arith.select",)
    for_speed = True
    folded = Statistic("selections folded")

    def run(self, op: ir.Operation) -> None:
        known: dict[Any, bool | None] = {}
        for each in [found for found in ireekit.walk(op) if found.name == "linalg.generic"]:
            chosen = _chosen(each, known)
            if chosen is not None:
                each.results[0].replace_all_uses_with(chosen)
                each.erase()
                self.folded.increment()


def _chosen(op: ir.Operation, known: dict[Any, bool | None]) -> ir.Value | None:
    """The operand that a generic hands on as it is, where its condition says so."""
    block = op.regions[0].blocks[0]
    body = [each.operation for each in block.operations]
    if len(op.results) != 1 or [each.name for each in body] != _BODY or body[1].operands[0] != body[0].results[0]:
        return None
    arguments = list(block.arguments)
    if any(operand not in arguments for operand in body[0].operands):
        return None
    condition, first, second = (arguments.index(operand) for operand in body[0].operands)
    mask = op.operands[condition]
    if mask not in known:
        known[mask] = _uniform(mask)
    if known[mask] is None:
        return None
    index = first if known[mask] else second
    maps = indexing_maps(op)
    identity = ir.AffineMap.get_identity(maps[0].n_dims, op.context)
    operand = op.operands[index]
    same = maps[index] == identity and maps[-1] == identity and operand.type == op.results[0].type
    return operand if same and index < len(op.operands) - 1 else None


def _uniform(mask: ir.Value) -> bool | None:
    """What each element of a constant is; ``None`` where they differ or are not known."""
    if defining_op(mask) is None:
        return None
    array = view_of(mask)
    if array is None or not array.size:
        return None
    return True if array.all() else None if array.any() else False
