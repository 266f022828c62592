"""A dialect as IRDL text, for the compiler's own loader, ``iree-opt --irdl-file=`` and other MLIR bindings.

IRDL makes uses of one constraint equal, and a variadic group is one use: its values must have one type there. It has
no variadic regions, and one name for an operation and a type is a clash. Operations that need any of these are
*lenient*: the full text states the first too narrowly and leaves the others out; what is loaded in process registers
such operations without IRDL, to be verified by us alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ireekit.dialect.constraints import IrdlEmitter
from ireekit.dialect.model import Arity, DialectModel, OpModel, TypeModel, ValueField
from ireekit.dialect.names import irdl_names

_MIXED = "variadic groups of several types"
_PREFIX: dict[Arity, str] = {"single": "", "optional": "optional ", "variadic": "variadic "}


@dataclass(frozen=True)
class IrdlText:
    """A dialect in IRDL.

    Attributes:
      text: the module.
      inexact: per full name, what the text does not say and we check; only those with something to check.
      lenient: the operations that IRDL cannot state, by full name, and why.
    """

    text: str
    inexact: dict[str, tuple[str, ...]]
    lenient: dict[str, str]


def emit(model: DialectModel, marker: str, *, omit_lenient: bool = False) -> IrdlText:
    """The dialect in IRDL.

    Args:
      model: the dialect.
      marker: the name of an empty attribute that identifies the definition in a context.
      omit_lenient: leave out every operation that IRDL cannot state; otherwise those that it can state too narrowly
        are stated so.
    """
    parts: list[str] = [f"irdl.attribute @{marker} {{\n}}"]
    inexact: dict[str, tuple[str, ...]] = {}
    lenient = {name: reason for name, op in model.ops.items() if (reason := why_lenient(op, model)) is not None}
    for entity in (*model.types.values(), *model.attributes.values()):
        emitter = IrdlEmitter(model.name)
        parts.append(_entity(entity, emitter))
        inexact[entity.name] = tuple(dict.fromkeys(emitter.inexact))
    for op in model.ops.values():
        mixed = lenient.get(op.name) == _MIXED
        if op.name in lenient and (omit_lenient or not mixed):
            parts.append(f"// {op.name}: IRDL has no {lenient[op.name]}.")
            continue
        emitter = IrdlEmitter(model.name)
        text = _operation(op, emitter)
        parts.append(
            f"// {op.name}: stricter than its definition, IRDL has no {lenient[op.name]}.\n{text}" if mixed else text
        )
        inexact[op.name] = tuple(dict.fromkeys(emitter.inexact))
    body = textwrap.indent("\n".join(parts), "  ")
    return IrdlText(
        f"irdl.dialect @{model.name} {{\n{body}\n}}\n", {name: row for name, row in inexact.items() if row}, lenient
    )


def why_lenient(op: OpModel, dialect: DialectModel) -> str | None:
    """What IRDL lacks to state the operation; ``None`` where nothing."""
    if any(region.variadic for region in op.regions):
        return "variadic regions"
    if op.name in dialect.types or op.name in dialect.attributes:
        return "operation and type or attribute of one name"
    mixed = any(field.arity == "variadic" and not field.constraint.unique for field in (*op.operands, *op.results))
    return _MIXED if mixed else None


def _entity(model: TypeModel, emitter: IrdlEmitter) -> str:
    with emitter.among_attributes():
        values = [parameter.constraint.irdl(emitter) for parameter in model.parameters]
    names = irdl_names(parameter.name for parameter in model.parameters)
    lines = list(emitter.lines)
    if values:
        lines.append(f"irdl.parameters({_list(names, values)})")
    return _block("type" if model.sigil == "!" else "attribute", model.local_name, lines)


def _operation(op: OpModel, emitter: IrdlEmitter) -> str:
    tail: list[str] = []
    for word, fields in (("operands", op.operands), ("results", op.results)):
        if fields:
            tail.append(f"irdl.{word}({_values(fields, emitter)})")
    required = [field for field in op.attributes if field.required]
    if required:
        with emitter.among_attributes():
            inner = ", ".join(f'"{field.name}" = {field.constraint.irdl(emitter)}' for field in required)
        tail.append(f"irdl.attributes {{{inner}}}")
    if op.regions:
        values = [_region(region.arguments, region.blocks, emitter) for region in op.regions]
        tail.append(f"irdl.regions({_list(irdl_names(region.name for region in op.regions), values)})")
    return _block("operation", op.local_name, [*emitter.lines, *tail])


def _values(fields: Sequence[ValueField], emitter: IrdlEmitter) -> str:
    values = [_PREFIX[field.arity] + field.constraint.irdl(emitter) for field in fields]
    return _list(irdl_names(field.name for field in fields), values)


def _region(arguments: object, blocks: int | None, emitter: IrdlEmitter) -> str:
    parts = "irdl.region"
    if isinstance(arguments, tuple):
        values = [constraint.irdl(emitter) for constraint in arguments]  # pyright: ignore[reportUnknownVariableType]
        parts += f"({', '.join(values)})"
    if blocks:
        parts += f" with size {blocks}"
    return emitter.emit(parts)


def _list(names: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))


def _block(word: str, name: str, lines: Sequence[str]) -> str:
    symbol = name if name.replace("_", "a").isalnum() else f'"{name}"'
    body = "".join(f"  {line}\n" for line in lines)
    return f"irdl.{word} @{symbol} {{\n{body}}}"
