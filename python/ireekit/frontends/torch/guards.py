"""Conditions on dynamic shapes that torch can neither prove nor refute."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch.export import ExportedProgram

_TRIED = 40
_COMBINATIONS = 400


def asserted_conditions_hold(program: ExportedProgram) -> bool:
    """Whether every condition ``program`` asserts about its sizes holds for the sizes tried.

    Tries the smallest sizes each dimension allows, the largest, and mixtures of them: a condition that cuts into a
    range given with ``Dim(min=, max=)`` fails for one of its ends.
    """
    conditions = [condition for node in program.graph.nodes if (condition := _condition(node)) is not None]
    symbols = sorted({s for c in conditions for s in c.free_symbols}, key=str)
    ranges = [_sizes(program.range_constraints.get(symbol)) for symbol in symbols]
    generator = random.Random(0)
    tried = [[sizes[min(i, len(sizes) - 1)] for sizes in ranges] for i in range(_TRIED)]
    tried += [[generator.choice(sizes) for sizes in ranges] for _ in range(_COMBINATIONS)]
    return all(
        bool(condition.subs(dict(zip(symbols, sizes, strict=True)))) for condition in conditions for sizes in tried
    )


def _condition(node: torch.fx.Node) -> Any:
    if node.target is not torch.ops.aten._assert_scalar.default:
        return None
    asserted = node.args[0]
    value = asserted.meta.get("val") if isinstance(asserted, torch.fx.Node) else asserted
    return value.node.expr if isinstance(value, torch.SymBool) else None


def _sizes(bounds: Any) -> list[int]:
    lower = max(int(bounds.lower), 0) if bounds is not None else 2
    upper = int(bounds.upper) if bounds is not None and bounds.upper.is_finite else 1 << 20
    return [*range(lower, min(lower + _TRIED, upper) + 1), upper]
