"""Sketches as ireekit's own definitions."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from ir_sketches import DialectSketch, FieldSketch, OpSketch, TypeSketch
from ir_specs import AttributeKind

from ireekit import dialect as ik

_VALUES: dict[tuple[str, str], tuple[Callable[..., Any], str]] = {
    ("operand", "single"): (ik.operand, "Operand"),
    ("operand", "optional"): (ik.optional_operand, "Operand | None"),
    ("operand", "variadic"): (ik.variadic_operand, "Sequence[Operand]"),
    ("result", "single"): (ik.result, "Result"),
    ("result", "optional"): (ik.optional_result, "Result | None"),
    ("result", "variadic"): (ik.variadic_result, "Sequence[Result]"),
    ("attribute", "single"): (ik.attribute, "object"),
    ("attribute", "optional"): (ik.optional_attribute, "object | None"),
}


def define(sketch: DialectSketch, *, assembly: bool = False) -> ik.Dialect:
    """The dialect as if its classes had been written by hand; ``assembly``: with a syntax of its own."""
    own = {each.name: _type(sketch.name, each) for each in sketch.types}
    ops = [_op(sketch.name, each, own, assembly) for each in sketch.ops]
    return ik.Dialect(sketch.name, ops=ops, types=tuple(own.values()))


def _type(dialect: str, sketch: TypeSketch) -> Any:
    fields = {name: (ik.parameter(spec.constraint({})), "object") for name, spec in sketch.parameters}
    return _class(f"{dialect}.{sketch.name}", ik.TypeDef, fields)


def _op(dialect: str, sketch: OpSketch, own: dict[str, Any], assembly: bool) -> Any:
    fields: dict[str, tuple[Any, str]] = {}

    def add(kind: str, rows: tuple[FieldSketch, ...]) -> None:
        for row in rows:
            specifier, annotation = _VALUES[kind, row.arity]
            fields[row.name] = (specifier(row.spec.constraint(own)), annotation)

    add("operand", sketch.operands)
    add("result", sketch.results)
    add("attribute", sketch.attributes)
    for region in sketch.regions:
        fields[region.name] = (ik.region(blocks=region.blocks), "Region")
    relations = (ik.constraints.SameType(*sketch.same),) if sketch.same else ()
    syntax = assembly_format(sketch) if assembly else None
    return _class(f"{dialect}.{sketch.name}", ik.Op, fields, constraints=relations, assembly_format=syntax)


def assembly_format(sketch: OpSketch) -> str:
    """Each field under its name, e.g. ``i0(%a, %b : f32, f32) a0 = 1 o0 : f32``.

    Those that may be absent only where they are there, unit attributes in the dictionary.
    """
    shown = [row for row in sketch.attributes if row.spec != AttributeKind("unit attribute")]
    parts = [_optional(row, f"`{row.name}` `(` ${row.name}^ `:` type(${row.name}) `)`") for row in sketch.operands]
    parts += [_optional(row, f"`{row.name}` `=` ${row.name}^") for row in shown]
    parts += [_optional(row, f"`{row.name}` `:` type(${row.name})^") for row in sketch.results]
    return " ".join([*parts, "attr-dict-with-keyword", *(f"${region.name}" for region in sketch.regions)])


def _optional(row: FieldSketch, text: str) -> str:
    return text.replace("^", "") if row.arity == "single" else f"({text})?"


def _class(name: str, base: type, fields: dict[str, tuple[Any, str]], **others: Any) -> Any:
    def fill(namespace: dict[str, Any]) -> None:
        namespace["__annotations__"] = {field: annotation for field, (_, annotation) in fields.items()}
        namespace.update(others, name=name)
        for field, (specifier, _) in fields.items():
            namespace[field] = specifier

    return types.new_class(name.replace(".", "_").title(), (base,), exec_body=fill)
