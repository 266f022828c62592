"""Types and attributes of dialects: their names, their parameters, and making them.

Works on registered ones (dynamic types and attributes) and on unregistered ones (opaque), whose text is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints.base import Scope, as_attribute, bare, ir_of, is_type, text_of
from ireekit.dialect.errors import BuildError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.model import TypeModel

_NAME = re.compile(r'[!#]([A-Za-z_][\w$]*)(?:\.([A-Za-z_][\w.$]*)|<"?([A-Za-z_][\w.$]*))')
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}


def entity_name(value: ir.Type | ir.Attribute) -> str | None:
    """The full name of a dialect's type or attribute, e.g. ``"acme.tile"``; ``None`` for builtin ones."""
    dynamic = _dynamic(value)
    if dynamic is not None:
        return dynamic.type_name if is_type(value) else dynamic.attr_name
    if type(value).__name__.startswith(("Dense", "Integer", "Float", "String")):
        return None
    match = _NAME.match(str(value)[:200])
    return f"{match[1]}.{match[2] or match[3]}" if match else None


def parameters_of(value: ir.Type | ir.Attribute) -> list[Any]:
    """The parameters of a dialect's type or attribute, types as types (see :func:`bare`)."""
    dynamic = _dynamic(value)
    if dynamic is not None:
        return [bare(parameter) for parameter in dynamic.params]
    text = str(value)
    start = text.find("<")
    if start < 0 or not text.endswith(">"):
        return []
    module = ir_of(value)
    return [
        bare(module.Attribute.parse(part, context=value.context)) for part in split_parameters(text[start + 1 : -1])
    ]


def make_entity(model: TypeModel, values: Sequence[Any], context: ir.Context) -> Any:
    """The type or attribute with these parameters (attributes, or types), verified against its definition.

    Raises:
      BuildError: a parameter breaks its constraint, or the context cannot hold the type.
    """
    check_parameters(model, values)
    module: Any = ir_of(context)
    attributes = [as_attribute(value, context) for value in values]
    cls = module.DynamicType if model.sigil == "!" else module.DynamicAttr
    try:
        made = cls.get(model.name, attributes, context=context)
    except (IndexError, ValueError, module.MLIRError):
        return _unregistered(model, attributes, context, module)
    # As its base class: what the bindings give for values of that type as well.
    return module.Type(made) if model.sigil == "!" else module.Attribute(made)


def check_parameters(model: TypeModel, values: Sequence[Any]) -> None:
    """Test parameters against the definition.

    Raises:
      BuildError: the first that breaks its constraint.
    """
    if len(values) != len(model.parameters):
        raise BuildError(f"{model.sigil}{model.name}: expected {len(model.parameters)} parameters, found {len(values)}")
    scope = Scope()
    for parameter, value in zip(model.parameters, values, strict=True):
        problem = parameter.constraint.check(bare(value), scope)
        if problem is not None:
            raise BuildError(f"{model.sigil}{model.name}: parameter {parameter.name!r}: {problem}")


def split_parameters(text: str) -> Iterator[str]:
    """The parts between commas outside brackets and strings."""
    depth = 0
    start = 0
    position = 0
    while position < len(text):
        character = text[position]
        if character == '"':
            position = _string_end(text, position)
        elif character in "([{<":
            depth += 1
        elif character in ")]}>" and text[position - 1 : position + 1] != "->":
            depth -= 1
        elif character == "," and depth == 0:
            yield text[start:position].strip()
            start = position + 1
        position += 1
    if text[start:].strip():
        yield text[start:].strip()


def _string_end(text: str, start: int) -> int:
    position = start + 1
    while position < len(text) and text[position] != '"':
        position += 2 if text[position] == "\\" else 1
    return position


def _dynamic(value: Any) -> Any:
    module = ir_of(value)
    cls = module.DynamicType if isinstance(value, module.Type) else module.DynamicAttr
    if isinstance(value, cls):
        return value
    # The bindings give values of dynamic types as their base class.
    if type(value) not in {module.Type, module.Attribute}:
        return None
    try:
        return cls(value)
    except (ValueError, TypeError):
        return None


def _unregistered(model: TypeModel, attributes: Sequence[Any], context: Any, module: Any) -> Any:
    inner = ", ".join(str(attribute) for attribute in attributes)
    text = f"{model.sigil}{model.name}" + (f"<{inner}>" if inner else "")
    cls = module.Type if model.sigil == "!" else module.Attribute
    try:
        return cls.parse(text, context=context)
    except (ValueError, module.MLIRError) as error:
        raise BuildError(
            f"this context cannot hold {text_of(text)}",
            remedy=f"load the dialect {model.dialect!r} into the context first: dialect.load(context)",
        ) from error
