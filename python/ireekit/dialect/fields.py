"""Field specifiers: what stands to the right of a field's annotation in an operation's class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ireekit.dialect.constraints import AnyType, Constraint, as_attribute_constraint, as_constraint
from ireekit.dialect.errors import DefinitionError
from ireekit.dialect.model import (
    MISSING,
    Arity,
    AttributeField,
    ParameterField,
    RegionField,
    SuccessorField,
    ValueField,
)

AnyField: TypeAlias = ValueField | AttributeField | RegionField | SuccessorField | ParameterField


@dataclass(frozen=True)
class Specifier:
    """A field before its name is known.

    Attributes:
      kind: of the field, as the functions of this module are called without their arity.
      arity: one, at most one, or any number.
    """

    kind: str
    arity: Arity = "single"
    constraint: object = None
    doc: str = ""
    default: Any = MISSING
    blocks: int | None = None
    arguments: Sequence[object] | None = None

    def named(self, name: str, owner: str) -> AnyField:
        """The field.

        Raises:
          DefinitionError: its constraint is none, or its default breaks it.
        """
        what = f"{owner}.{name}"
        match self.kind:
            case "operand" | "result":
                return ValueField(name, self.kind, self.arity, _type_constraint(self.constraint, what), self.doc)
            case "attribute":
                constraint = as_attribute_constraint(self.constraint, what)
                return AttributeField(name, constraint, self.arity == "optional", self.default, self.doc)
            case "region":
                return RegionField(name, self.arity == "variadic", self.blocks, self._arguments(what), self.doc)
            case "successor":
                return SuccessorField(name, self.arity == "variadic", self.doc)
            case _:
                return ParameterField(name, as_parameter_constraint(self.constraint, what), self.doc)

    def _arguments(self, what: str) -> tuple[Constraint, ...] | None:
        if self.blocks is not None and self.blocks < 0:
            raise DefinitionError(f"{what}: {self.blocks} blocks")
        return None if self.arguments is None else tuple(_type_constraint(each, what) for each in self.arguments)


def operand(constraint: object = AnyType, doc: str = "") -> Any:
    """One operand whose type satisfies ``constraint``. Annotate with ``Operand``."""
    return Specifier("operand", "single", constraint, doc)


def optional_operand(constraint: object = AnyType, doc: str = "") -> Any:
    """An operand that may be absent. Annotate with ``Operand | None``."""
    return Specifier("operand", "optional", constraint, doc)


def variadic_operand(constraint: object = AnyType, doc: str = "") -> Any:
    """Any number of operands; ``constraint`` holds for each. Annotate with ``Sequence[Operand]``."""
    return Specifier("operand", "variadic", constraint, doc)


def result(constraint: object = AnyType, doc: str = "") -> Any:
    """One result. Annotate with ``Result``."""
    return Specifier("result", "single", constraint, doc)


def optional_result(constraint: object = AnyType, doc: str = "") -> Any:
    """A result that may be absent. Annotate with ``Result | None``."""
    return Specifier("result", "optional", constraint, doc)


def variadic_result(constraint: object = AnyType, doc: str = "") -> Any:
    """Any number of results. Annotate with ``Sequence[Result]``."""
    return Specifier("result", "variadic", constraint, doc)


def attribute(constraint: object, doc: str = "", *, default: Any = MISSING) -> Any:
    """An attribute.

    Args:
      constraint: number types stand for numbers of that type: ``attribute(I64)``; ``TypeAttr(...)`` for types.
      doc: one line.
      default: the Python value that absence stands for.
    """
    return Specifier("attribute", "single", constraint, doc, default)


def optional_attribute(constraint: object, doc: str = "") -> Any:
    """An attribute that may be absent. Annotate with ``... | None``, or ``bool`` for ``UnitAttr``."""
    return Specifier("attribute", "optional", constraint, doc)


def region(blocks: int | None = None, doc: str = "", *, arguments: Sequence[object] | None = None) -> Any:
    """A region. Annotate with ``Region``.

    Args:
      blocks: how many blocks it has; ``None``: any number.
      doc: one line.
      arguments: constraints of the entry block's arguments; ``None``: any.
    """
    return Specifier("region", "single", None, doc, MISSING, blocks, arguments)


def variadic_region(blocks: int | None = None, doc: str = "", *, arguments: Sequence[object] | None = None) -> Any:
    """Any number of regions, after all others. Annotate with ``Sequence[Region]``."""
    return Specifier("region", "variadic", None, doc, MISSING, blocks, arguments)


def successor(doc: str = "") -> Any:
    """A block to branch to; the operation must be a ``Terminator``. Annotate with ``Successor``."""
    return Specifier("successor", "single", None, doc)


def variadic_successor(doc: str = "") -> Any:
    """Any number of blocks to branch to, after all others. Annotate with ``Sequence[Successor]``."""
    return Specifier("successor", "variadic", None, doc)


def parameter(constraint: object, doc: str = "") -> Any:
    """A parameter of a type or attribute: types and attributes alike."""
    return Specifier("parameter", "single", constraint, doc)


def check_default(field: AttributeField, what: str) -> None:
    """Test the default of an attribute, as far as it goes without a context.

    Raises:
      DefinitionError: it cannot be of the field.
    """
    if not field.has_default:
        return
    from ireekit.dialect.constraints import BoolAttr, EnumOf, FloatAttr, Integer, IntegerAttr, StringAttr

    allowed: dict[type, tuple[type, ...]] = {
        IntegerAttr: (int,),
        FloatAttr: (int, float),
        StringAttr: (str,),
        BoolAttr: (bool,),
    }
    expected = allowed.get(type(field.constraint))
    if isinstance(field.constraint, EnumOf):
        expected = (field.constraint.definition,)
    default = field.default
    wrong = expected is not None and (
        not isinstance(default, expected) or (isinstance(default, bool) and bool not in expected)
    )
    if not wrong and isinstance(field.constraint, IntegerAttr):
        low, high = field.constraint.min, field.constraint.max
        wrong = (low is not None and default < low) or (high is not None and default > high)
        kind = field.constraint.type
        wrong = wrong or (isinstance(kind, Integer) and not kind.holds(default))
    if wrong or default is None:
        raise DefinitionError(
            f"{what}: the default {default!r} is no {field.constraint.describe()}",
            remedy="use optional_attribute for what may be absent" if default is None else None,
        )


def as_parameter_constraint(value: object, what: str) -> Constraint:
    """A constraint of a parameter: types stand for themselves.

    Raises:
      DefinitionError: it is none.
    """
    return as_constraint(value, what)


def _type_constraint(value: object, what: str) -> Constraint:
    constraint = as_constraint(value, what)
    if constraint.domain == "attribute":
        raise DefinitionError(f"{what}: {constraint.describe()} is a constraint of attributes, not of types")
    return constraint
