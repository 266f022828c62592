"""One operation in text, taken apart by the fields of its definition.

The parser fills it from custom assembly and writes the generic form; the printer fills it from the generic form and
writes custom assembly. Types and attributes are texts in MLIR's own syntax throughout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ireekit.dialect.model import OPERAND_SEGMENTS, RESULT_SEGMENTS, OpModel, ValueField

_SEGMENTS = re.compile(r"array<i32(?::([\d, ]*))?>")
_BARE_KEY = re.compile(r"[A-Za-z_][\w$.]*", re.ASCII)
UNIT = "unit"


class UnprintableError(Exception):
    """The operation does not fit its format; it stays in the generic form."""


@dataclass(slots=True)
class Instance:
    """The parts of one operation, each by the name of its field.

    Attributes:
      values: SSA uses of each operand field.
      types: types of each operand and result field.
      attributes: every attribute but the segment sizes.
      defaults: what absent attributes stand for.
      regions: each region with its braces; a text for the printer, a tree of texts for the parser.
      successors: block names with ``^``.
    """

    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    types: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    regions: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    successors: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


def split_fields(
    fields: Sequence[ValueField], items: Sequence[str], sizes: Sequence[int] | None
) -> dict[str, list[str]] | None:
    """``items`` dealt out to ``fields``; ``None`` where the numbers do not fit.

    Args:
      sizes: the segment sizes, needed where more than one field is optional or variadic.
    """
    if sizes is None and len(items) == len(fields):
        return (
            {row.name: [item] for row, item in zip(fields, items, strict=True)} if _at_most_one_loose(fields) else None
        )
    if sizes is None:
        loose = sum(row.arity != "single" for row in fields)
        if loose > 1:
            return None
        rest = len(items) - (len(fields) - loose)
        sizes = [1 if row.arity == "single" else rest for row in fields]
    if len(sizes) != len(fields) or sum(sizes) != len(items) or not all(map(_fits, fields, sizes)):
        return None
    dealt: dict[str, list[str]] = {}
    start = 0
    for row, size in zip(fields, sizes, strict=True):
        dealt[row.name] = list(items[start : start + size])
        start += size
    return dealt


def _at_most_one_loose(fields: Sequence[ValueField]) -> bool:
    return len(fields) < 2 or sum(row.arity != "single" for row in fields) < 2


def _fits(row: ValueField, size: int) -> bool:
    return size >= 0 and (row.arity == "variadic" or size == 1 or (row.arity == "optional" and size == 0))


def segment_sizes(text: str | None) -> list[int] | None:
    """The numbers of an ``array<i32: ...>``."""
    match = _SEGMENTS.fullmatch(text or "")
    if match is None:
        return None
    return [int(part) for part in (match[1] or "").split(",") if part.strip()]


def segments_text(sizes: Iterable[int]) -> str:
    listed = ", ".join(map(str, sizes))
    return f"array<i32: {listed}>" if listed else "array<i32>"


def attribute_entry(name: str, value: str) -> str:
    """One entry of an attribute dictionary."""
    key = name if _BARE_KEY.fullmatch(name) else f'"{name}"'
    return key if value == UNIT else f"{key} = {value}"


def generic_parts(model: OpModel, instance: Instance) -> tuple[str, str]:
    """The generic form before its regions (name, operands, successors) and after them (attributes and types)."""
    operands = [value for row in model.operands for value in instance.values[row.name]]
    successors = [block for row in model.successors for block in instance.successors.get(row.name, ())]
    head = f'"{model.name}"({", ".join(operands)})'
    if successors:
        head += f"[{', '.join(successors)}]"
    attributes = instance.attributes
    if model.needs_operand_segments:
        sizes = (len(instance.values[row.name]) for row in model.operands)
        attributes = {**attributes, OPERAND_SEGMENTS: segments_text(sizes)}
    if model.needs_result_segments:
        sizes = (len(instance.types[row.name]) for row in model.results)
        attributes = {**attributes, RESULT_SEGMENTS: segments_text(sizes)}
    operand_types = ", ".join([text for row in model.operands for text in instance.types[row.name]])
    result_types = ", ".join([text for row in model.results for text in instance.types[row.name]])
    entries = ", ".join([attribute_entry(name, value) for name, value in attributes.items()])
    return head, f"{f' {{{entries}}}' if entries else ''} : ({operand_types}) -> ({result_types})"
