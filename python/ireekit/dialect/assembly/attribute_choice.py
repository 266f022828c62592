"""From a constraint to the way an attribute under it is written, and to the one text it allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ireekit.dialect.assembly.attribute_syntax import (
    AttributeSyntax,
    BooleanSyntax,
    DenseArraySyntax,
    EnumSyntax,
    FixedSyntax,
    FloatSyntax,
    FullSyntax,
    IntegerSyntax,
    ListSyntax,
    OpenNumberSyntax,
    StringSyntax,
    SymbolNameSyntax,
    SymbolSyntax,
    TypeSyntax,
    UnitSyntax,
)
from ireekit.dialect.constraints import (
    AllOf,
    AnyFloat,
    ArrayAttr,
    BoolAttr,
    Constraint,
    DenseArray,
    EnumOf,
    FloatAttr,
    IntegerAttr,
    Is,
    NoneType,
    Parametric,
    StringAttr,
    SymbolRef,
    TypeAttr,
    UnitAttr,
    Var,
)
from ireekit.dialect.constraints.scalars import ScalarType

SYMBOL_NAME = "sym_name"


def fixed_text(constraint: Constraint) -> str | None:
    """The text of the only type or attribute that satisfies ``constraint``, where it is known without a context."""
    if isinstance(constraint, ScalarType):
        return constraint.describe() if constraint.unique else None
    if isinstance(constraint, Is):
        return constraint.text
    if isinstance(constraint, Var):
        return fixed_text(constraint.constraint)
    if isinstance(constraint, AllOf):
        return next((text for option in constraint.options if (text := fixed_text(option))), None)
    if isinstance(constraint, Parametric) and not constraint.model.parameters:
        return f"{constraint.model.sigil}{constraint.model.name}"
    return "none" if constraint is NoneType else None


def variable_name(constraint: Constraint) -> str | None:
    """The name of the ``Var`` that a constraint equals as a whole."""
    if isinstance(constraint, Var):
        return constraint.name
    if isinstance(constraint, AllOf):
        return next((name for option in constraint.options if (name := variable_name(option))), None)
    return None


def attribute_syntax(constraint: Constraint, name: str = "") -> AttributeSyntax:
    """How an attribute under ``constraint`` is written; ``name`` is its field's."""
    if isinstance(constraint, StringAttr) and name == SYMBOL_NAME:
        return SymbolNameSyntax()
    if isinstance(constraint, Var):
        return attribute_syntax(constraint.constraint, name)
    if isinstance(constraint, AllOf):
        # Predicates say nothing of the syntax.
        choices = (attribute_syntax(option, name) for option in constraint.options)
        return next((choice for choice in choices if type(choice) is not FullSyntax), FullSyntax())
    for kind, choose in _CHOICES:
        if isinstance(constraint, kind):
            return choose(constraint)
    if constraint.domain == "type":
        return TypeSyntax()
    return FullSyntax()


def _integer(constraint: IntegerAttr) -> AttributeSyntax:
    text = fixed_text(constraint.type)
    if text == "i1":
        return BooleanSyntax()
    return OpenNumberSyntax("integer", "i64") if text is None else IntegerSyntax(text)


def _float(constraint: FloatAttr) -> AttributeSyntax:
    if constraint.type is AnyFloat:
        return OpenNumberSyntax("number", "f64")
    text = fixed_text(constraint.type)
    return FullSyntax() if text is None else FloatSyntax(text)


def _enum(constraint: EnumOf) -> AttributeSyntax:
    members: dict[str, int | str] = constraint.definition.model.members
    return EnumSyntax({n: f"{value} : i32" if isinstance(value, int) else f'"{value}"' for n, value in members.items()})


def _dense(constraint: DenseArray) -> AttributeSyntax:
    name = constraint.element.describe()
    item = BooleanSyntax() if name == "i1" else FloatSyntax(name) if name[0] == "f" else IntegerSyntax(name)
    return DenseArraySyntax(item, name)


_CHOICES: tuple[tuple[type[Constraint], Callable[[Any], AttributeSyntax]], ...] = (
    (BoolAttr, lambda _: BooleanSyntax()),
    (IntegerAttr, _integer),
    (FloatAttr, _float),
    (StringAttr, lambda _: StringSyntax()),
    (SymbolRef, lambda constraint: SymbolSyntax(nested=not constraint.flat)),
    (TypeAttr, lambda _: TypeSyntax()),
    (UnitAttr, lambda _: UnitSyntax()),
    (EnumOf, _enum),
    (ArrayAttr, lambda constraint: ListSyntax(attribute_syntax(constraint.element))),
    (DenseArray, _dense),
    (Is, lambda constraint: FixedSyntax(constraint.text)),
)
