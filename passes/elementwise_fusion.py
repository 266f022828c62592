"""Elementwise producers computed where their results are used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from iree.compiler import ir

from ireekit.codegen import indexing_maps
from ireekit.passes.uses import defining_op

Scalars = Sequence[ir.Value]


def fused_producers(
    value: ir.Value, producers: Collection[ir.Operation]
) -> tuple[list[ir.Value], list[ir.AffineMap], Callable[[Scalars], ir.Value]]:
    """How to compute an element of ``value`` in the body of a generic that loops over its dimensions.

    Args:
      producers: generics that may be computed there: elementwise, with the identity as map of their one result.

    Returns:
      The tensors to read, their indexing maps, and what gives the element from their scalars, called in that body.
    """
    maker = defining_op(value)
    if maker is None or maker not in producers:
        rank = ir.RankedTensorType(value.type).rank
        return [value], [ir.AffineMap.get_identity(rank, value.type.context)], lambda scalars: scalars[0]
    read = len(maker.operands) - 1
    maps = indexing_maps(maker)
    inputs: list[ir.Value] = []
    input_maps: list[ir.AffineMap] = []
    elements: list[tuple[int, Callable[[Scalars], ir.Value]]] = []
    identity = maps[-1]
    for operand, where in zip(list(maker.operands)[:read], maps[:read], strict=True):
        if where == identity:
            own, own_maps, element = fused_producers(operand, producers)
        else:
            own, own_maps, element = [operand], [where], _first
        elements.append((len(inputs), element))
        inputs += own
        input_maps += own_maps

    def compute(scalars: Scalars) -> ir.Value:
        return inlined(maker, [element(scalars[start:]) for start, element in elements])

    return inputs, input_maps, compute


def _first(scalars: Scalars) -> ir.Value:
    return scalars[0]


def inlined(producer: ir.Operation, scalars: Scalars) -> ir.Value:
    """The body of ``producer`` at the insertion point, on ``scalars``; gives what it yields."""
    block = producer.regions[0].blocks[0]
    known: dict[Any, ir.Value] = dict(zip(block.arguments, scalars, strict=False))
    for op in block.operations:
        operation = op.operation
        if operation.name == "linalg.yield":
            yielded: ir.Value = operation.operands[0]
            return known.get(yielded, yielded)
        made = operation.clone()
        for index, operand in enumerate(operation.operands):
            made.operands[index] = known.get(operand, operand)
        known.update(zip(operation.results, made.results, strict=True))
    raise AssertionError("a body yields")
