"""What of ``linalg.generic`` the vector engine can compute, as a list of its instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from iree.compiler import ir

_UNARY = {"arith.negf": "neg", "math.exp": "exp"}
_BINARY = {
    "arith.addf": "add",
    "arith.subf": "sub",
    "arith.mulf": "mul",
    "arith.divf": "div",
    "arith.maximumf": "max",
    "arith.minimumf": "min",
}
# `select (cmpf P, a, constant), a, constant`, by the code of the predicate: ugt, uge; ult, ule. The ordered predicates
# give the constant for a NaN, which the engine's max and min do not.
_COMPARE = {9: "max", 10: "max", 11: "min", 12: "min"}

Source: TypeAlias = "int | float"
"""Of an instruction's operand: the index of an input (first) or of an earlier instruction, or a constant."""


@dataclass(frozen=True)
class Instruction:
    """One instruction of the vector engine.

    Attributes:
      kind: member of :class:`npu.dialect.Kind`.
      sources: its operands.
    """

    kind: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Elementwise:
    """A ``linalg.generic`` of rank 2 that the vector engine computes.

    Attributes:
      rows_repeated: for each input, whether it is one row, to be repeated.
      instructions: the last one gives the result.
    """

    rows_repeated: tuple[bool, ...]
    instructions: tuple[Instruction, ...]


def read_generic(op: ir.Operation) -> Elementwise | None:
    """``op`` as instructions; ``None`` where the vector engine has no equivalent."""
    iterators: Any = op.attributes["iterator_types"]
    maps: Any = op.attributes["indexing_maps"]
    if [str(each) for each in iterators] != ["#linalg.iterator_type<parallel>"] * 2 or len(op.results) != 1:
        return None
    identity, row = _maps(op.context)
    *inputs, output = maps
    if output != identity or any(each not in (identity, row) for each in inputs):
        return None
    instructions = _read_body(op.regions[0].blocks[0], len(inputs))
    return Elementwise(tuple(each == row for each in inputs), instructions) if instructions else None


def _maps(context: ir.Context) -> tuple[ir.Attribute, ir.Attribute]:
    with context:
        identity = ir.AffineMap.get_identity(2)
        row = ir.AffineMap.get(2, 0, [ir.AffineDimExpr.get(1)])
        return ir.AffineMapAttr.get(identity), ir.AffineMapAttr.get(row)


def _read_body(block: ir.Block, inputs: int) -> tuple[Instruction, ...]:
    """The instructions of a body; empty where one of its operations has none, or where it computes nothing."""
    known: dict[ir.Value, Source] = {argument: number for number, argument in enumerate(block.arguments[:inputs])}
    instructions: list[Instruction] = []
    comparisons: dict[ir.Value, ir.Operation] = {}
    *body, last = (each.operation for each in block)
    for op in body:
        if op.name == "arith.cmpf":
            comparisons[op.results[0]] = op
            continue
        kind, operands = _instruction(op, comparisons)
        sources = [known.get(operand, constant_float(operand)) for operand in operands]
        if kind is None or None in sources:
            return ()
        known[op.results[0]] = inputs + len(instructions)
        instructions.append(Instruction(kind, tuple(each for each in sources if each is not None)))
    final = known.get(last.operands[0])
    return tuple(instructions) if instructions and final == inputs + len(instructions) - 1 else ()


def _instruction(op: ir.Operation, comparisons: dict[ir.Value, ir.Operation]) -> tuple[str | None, list[ir.Value]]:
    operands: list[ir.Value] = list(op.operands)
    if op.name != "arith.select":
        return _UNARY.get(op.name) or _BINARY.get(op.name), operands
    compare = comparisons.get(operands[0])
    if compare is None or list(compare.operands) != operands[1:] or constant_float(operands[2]) is None:
        return None, operands
    predicate: Any = compare.attributes["predicate"]
    return _COMPARE.get(predicate.value), operands[1:]


def constant_float(value: ir.Value) -> float | None:
    """The number where ``value`` is a floating-point ``arith.constant``."""
    owner: Any = value.owner
    if not isinstance(owner, ir.OpView | ir.Operation) or owner.operation.name != "arith.constant":
        return None
    attribute: Any = owner.operation.attributes["value"]
    return float(attribute.value) if isinstance(attribute, ir.FloatAttr) else None
