"""What is generated from a dialect: its reference in Markdown, and stubs for type checkers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints import walk
from ireekit.dialect.model import (
    AttributeField,
    EnumModel,
    OpModel,
    RegionField,
    SuccessorField,
    TypeModel,
    ValueField,
)
from ireekit.dialect.traits import TRAITS, HasParent, MemoryEffects

if TYPE_CHECKING:
    from ireekit.dialect.dialect import Dialect

_VALUE = {"single": "ir.Value", "optional": "ir.Value | None", "variadic": "Sequence[ir.Value]"}
_RESULT_TYPE = {"single": "ir.Type | None", "optional": "ir.Type | None", "variadic": "Sequence[ir.Type] | None"}
# Import line of a stub: (module, names).
_STUB_IMPORTS = (
    ("collections.abc", ("Mapping", "Sequence")),
    ("typing", ("Any",)),
    ("iree.compiler", ("ir",)),
    ("ireekit.dialect", ("AttrDef", "Dialect", "EnumAttr", "Op", "TypeDef")),
    ("ireekit.dialect.static", ("RegionInit",)),
)
_OPTIONS = (
    "location: ir.Location | None = ...",
    "at: ir.InsertionPoint | ir.Block | ir.Operation | ir.OpView | Op | None = ...",
    "result_types: ir.Type | Sequence[ir.Type] | None = ...",
    "discardable: Mapping[str, ir.Attribute] | None = ...",
)


def markdown(dialect: Dialect) -> str:
    """The reference of a dialect: every operation, type, attribute and enum with its fields, traits and constraints."""
    models = dialect.models
    parts = [f"# Dialect `{dialect.name}`", *_texts(models.summary, models.description)]
    sections = (
        ("Operations", [_op_section(op) for op in models.ops.values()]),
        ("Types", [_entity_section(row) for row in models.types.values()]),
        ("Attributes", [_entity_section(row) for row in models.attributes.values()]),
        ("Enums", [_enum_section(row) for row in models.enums.values()]),
    )
    for title, bodies in sections:
        if bodies:
            parts += [f"## {title}", *bodies]
    return "\n\n".join(parts) + "\n"


def stub(dialect: Dialect) -> str:
    """A ``.pyi`` file: the classes of a dialect with the signatures of their builders and their properties."""
    models = dialect.models
    classes = [
        *(_enum_stub(row) for row in models.enums.values()),
        *(_entity_stub(row) for row in (*models.attributes.values(), *models.types.values())),
        *(_op_stub(op) for op in models.ops.values()),
    ]
    body = "\n".join([*classes, f"{dialect.name}: Dialect\n"])
    lines = [f'"""Generated from the dialect {dialect.name!r}: do not edit."""', ""]
    lines += ["import numpy as np"] * ("np." in body)
    for module, names in _STUB_IMPORTS:
        used = [name for name in names if re.search(rf"\b{name}\b", body)]
        lines += [f"from {module} import {', '.join(used)}"] * bool(used)
    lines += [f"from {cls.__module__} import {cls.__name__}" for cls in _foreign(dialect)]
    return "\n".join([*lines, "", body])


def traits_table() -> str:
    """The traits there are, in Markdown: what each says, who checks it, and which stock passes act on it."""
    from ireekit.bindings.trait_table import NATIVE_TRAITS

    rows: list[tuple[str, ...]] = []
    for trait in sorted((*TRAITS.values(), MemoryEffects(), HasParent("...")), key=lambda trait: trait.name):
        native = NATIVE_TRAITS.get(trait.name) if trait.enforcement == "native" else None
        checked = "Python" if native is None else ("compiler" if native.has_rule else "nothing to check")
        passes = ", ".join(f"`{name}`" if " " not in name else name for name in native.passes) if native else ""
        remark = "; ".join(part for part in (passes, native.remark if native else "") if part)
        rows.append((f"`{trait.name}`", trait.effect, checked, remark))
    return _table(("Trait", "Says", "Checked by", "Stock passes that act on it"), rows)


def _texts(*texts: str) -> list[str]:
    return [text for text in texts if text]


def _op_section(op: OpModel) -> str:
    parts = [f"### `{op.name}`", *_texts(op.summary, op.description)]
    if op.assembly_format is not None:
        parts.append(f"Syntax:\n\n```\n{op.name} {op.assembly_format}\n```")
    tables: Sequence[tuple[str, tuple[str, ...], Iterable[tuple[str, ...]]]] = (
        ("Operand", ("Number", "Type", ""), map(_value_row, op.operands)),
        ("Result", ("Number", "Type", ""), map(_value_row, op.results)),
        ("Attribute", ("Value", "Default", ""), map(_attribute_row, op.attributes)),
        ("Region", ("Blocks", "Arguments", ""), map(_region_row, op.regions)),
        ("Successor", ("Number", ""), map(_successor_row, op.successors)),
    )
    parts += [_table((head, *columns), list(rows)) for head, columns, rows in tables]
    if op.traits:
        parts.append("Traits: " + ", ".join(f"`{trait}`" for trait in op.traits))
    if op.relations:
        parts.append("Constraints:\n\n" + "\n".join(f"- {_cell(row.describe())}" for row in op.relations))
    return "\n\n".join(part for part in parts if part)


def _entity_section(model: TypeModel) -> str:
    parts = [f"### `{model.sigil}{model.name}`", *_texts(model.summary, model.description)]
    if model.assembly_format is not None:
        parts.append(f"Syntax:\n\n```\n{model.sigil}{model.name} {model.assembly_format}\n```")
    rows = [(f"`{row.name}`", _cell(row.constraint.describe()), _cell(row.doc)) for row in model.parameters]
    parts.append(_table(("Parameter", "Value", ""), rows))
    return "\n\n".join(part for part in parts if part)


def _enum_section(model: EnumModel) -> str:
    rows = [(f"`{name}`", f"`{value!r}`") for name, value in model.members.items()]
    stored = "Stored as `i32`." if model.storage == "i32" else "Stored as a string."
    parts = [
        f"### `{model.name}`",
        *_texts(model.summary, model.description),
        stored,
        _table(("Member", "Value"), rows),
    ]
    return "\n\n".join(parts)


def _value_row(row: ValueField) -> tuple[str, ...]:
    number = {"single": "1", "optional": "0 or 1", "variadic": "any"}[row.arity]
    return (f"`{row.name}`", number, _cell(row.constraint.describe()), _cell(row.doc))


def _attribute_row(row: AttributeField) -> tuple[str, ...]:
    default = f"`{_plain(row.default)}`" if row.has_default else ("absent" if row.optional else "required")
    return (f"`{row.name}`", _cell(row.constraint.describe()), _cell(default), _cell(row.doc))


def _region_row(row: RegionField) -> tuple[str, ...]:
    blocks = "any" if row.blocks is None else str(row.blocks)
    arguments = "any" if row.arguments is None else ", ".join(each.describe() for each in row.arguments) or "none"
    name = f"`{row.name}`" + (" (any number)" if row.variadic else "")
    return (name, blocks, _cell(arguments), _cell(row.doc))


def _successor_row(row: SuccessorField) -> tuple[str, ...]:
    return (f"`{row.name}`", "any" if row.variadic else "1", _cell(row.doc))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    # A last column without text says nothing.
    width = len(head) if any(row[-1] for row in rows) or head[-1] else len(head) - 1
    lines = [head[:width], ("---",) * width, *(row[:width] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _plain(value: Any) -> str:
    return f"{type(value).__name__}.{value.name}" if hasattr(type(value), "__members__") else repr(value)


def _op_stub(op: OpModel) -> str:
    required: list[str] = []
    optional: list[str] = []
    for field in op.fields.values():
        written = _builder_type(field)
        needed = _needed(field)
        (required if needed else optional).append(f"{field.name}: {written}" + ("" if needed else " = ..."))
    lines = [f"class {op.cls.__name__}(Op):", *_docstring(op.summary)]
    lines.append("    def __init__(")
    lines += [f"        {line}," for line in ("self", "*", *required, *optional, *_OPTIONS)]
    lines.append("    ) -> None: ...")
    for field in op.fields.values():
        lines += _property(field.name, _view_type(field), _builder_type(field) if _settable(field) else None)
    return "\n".join(lines) + "\n"


def _entity_stub(model: TypeModel) -> str:
    base = "TypeDef" if model.sigil == "!" else "AttrDef"
    parameters = [f"{row.name}: {row.constraint.python}" for row in model.parameters]
    lines = [f"class {model.cls.__name__}({base}):", *_docstring(model.summary)]
    stars = ["*"]
    signature = ", ".join(["self", *stars, *parameters, "context: ir.Context | None = ..."])
    lines.append(f"    def __init__({signature}) -> None: ...")
    for row in model.parameters:
        lines += _property(row.name, row.constraint.python, None)
    return "\n".join(lines) + "\n"


def _enum_stub(model: EnumModel) -> str:
    members = [f"    {name} = {value!r}" for name, value in model.members.items()]
    return "\n".join([f"class {model.cls.__name__}(EnumAttr):", *_docstring(model.summary), *members]) + "\n"


def _docstring(summary: str) -> list[str]:
    return [f"    {summary!r}"] if summary else []


def _property(name: str, kind: str, settable: str | None) -> list[str]:
    lines = ["    @property", f"    def {name}(self) -> {kind}: ..."]
    if settable is not None:
        lines += [f"    @{name}.setter", f"    def {name}(self, value: {settable}) -> None: ..."]
    return lines


def _settable(field: Any) -> bool:
    return isinstance(field, AttributeField) or (isinstance(field, ValueField) and field.kind == "operand")


def _needed(field: Any) -> bool:
    match field:
        case ValueField(kind="operand", arity="single"):
            return True
        case AttributeField():
            return field.required
        case SuccessorField():
            return not field.variadic
        case _:
            return False


def _view_type(field: Any) -> str:
    match field:
        case ValueField():
            return _VALUE[field.arity]
        case AttributeField():
            kind = field.constraint.python
            return f"{kind} | None" if field.optional and kind != "bool" else kind
        case RegionField():
            return "Sequence[ir.Region]" if field.variadic else "ir.Region"
        case _:
            return "Sequence[ir.Block]" if field.variadic else "ir.Block"


def _builder_type(field: Any) -> str:
    match field:
        case ValueField(kind="result"):
            return _RESULT_TYPE[field.arity]
        case ValueField():
            return _VALUE[field.arity]
        case AttributeField():
            kind = field.constraint.python
            either = kind if "ir.Attribute" in kind else f"{kind} | ir.Attribute"
            return either if field.required else f"{either} | None"
        case RegionField():
            return "Sequence[RegionInit]" if field.variadic else "RegionInit"
        case _:
            return "Sequence[ir.Block]" if field.variadic else "ir.Block"


def _foreign(dialect: Dialect) -> list[type]:
    """Classes of other dialects that the stub names."""
    models = dialect.models
    own = {row.cls for rows in (models.types, models.attributes, models.enums) for row in rows.values()}
    entities = (*models.types.values(), *models.attributes.values())
    constraints = [
        *(row.constraint for op in models.ops.values() for row in op.attributes),
        *(row.constraint for entity in entities for row in entity.parameters),
    ]
    named = (getattr(part, "definition", None) for constraint in constraints for part in walk(constraint))
    found = {cls.__name__: cls for cls in named if isinstance(cls, type) and cls not in own}
    return [found[name] for name in sorted(found)]
