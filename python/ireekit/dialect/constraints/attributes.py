"""Attributes that hold one value: numbers, strings, flags, types."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints.base import (
    Constraint,
    Scope,
    as_constraint,
    bare,
    ir_of,
    is_type,
)
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.constraints.logic import Anything, AnyType
from ireekit.dialect.constraints.scalars import AnyFloat, AnyInteger, Float, Index, Integer
from ireekit.dialect.errors import ConstraintError, DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir

_I64 = Integer(64)


class IntegerAttr(Constraint):
    """An integer.

    Args:
      type: constraint of its type, e.g. ``I32`` or ``Index``; ``None``: any integer or index type, Python integers
        becoming ``i64``.
      min: the least value allowed.
      max: the greatest.
    """

    converts = True

    def __init__(self, type: object = None, *, min: int | None = None, max: int | None = None) -> None:  # noqa: A002
        self.type = AnyInteger | Index if type is None else as_constraint(type, "IntegerAttr")
        self._default = type is None
        self.min = min
        self.max = max
        if min is not None and max is not None and min > max:
            raise DefinitionError(f"IntegerAttr: no integer is at least {min} and at most {max}")

    def check(self, value: Any, scope: Scope) -> str | None:
        module = ir_of(value)
        if not isinstance(value, (module.IntegerAttr, module.BoolAttr)):
            return self.mismatch(value)
        problem = self.type.check(value.type, scope)
        if problem is not None:
            return f"type of {value}: {problem}"
        number = _integer(value)
        fits = (self.min is None or number >= self.min) and (self.max is None or number <= self.max)
        return None if fits else self.mismatch(value)

    def describe(self) -> str:
        text = "integer" if self._default else f"{self.type.describe()} attribute"
        if self.min is not None and self.max is not None:
            return f"{text} in [{self.min}, {self.max}]"
        if self.min is not None:
            return f"{text} of at least {self.min}"
        return text if self.max is None else f"{text} of at most {self.max}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = 'irdl.base "#builtin.integer"'
        says_all = self._default and self.min is None and self.max is None
        return emitter.emit(statement) if says_all else emitter.less(self, statement)

    @property
    def python(self) -> str:
        return "int"

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.type,)

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            return super().to_attribute(value, context)
        kind = self._type(context)
        number = int(value)
        fits = (self.min is None or number >= self.min) and (self.max is None or number <= self.max)
        if not fits or not _representable(number, kind):
            raise ConstraintError(f"expected {self.describe()}, found {number}")
        module = ir_of(context)
        if not -(2**63) <= number < 2**63 or isinstance(kind, module.IntegerType):
            return _integer_attribute(number, kind, module, context)
        return module.IntegerAttr.get(kind, number)

    def to_python(self, attribute: ir.Attribute) -> Any:
        return _integer(bare(attribute))

    def _type(self, context: Any) -> Any:
        if self.type.unique:
            return self.type.infer(Scope(), context)
        # The first type of a union is the one Python integers get.
        candidates = (_I64,) if self._default else (self.type, *getattr(self.type, "options", ()), _I64, Index)
        types = (candidate.infer(Scope(), context) for candidate in candidates)
        found = next((kind for kind in types if kind is not None and self.type.accepts(kind)), None)
        if found is None:
            raise ConstraintError(f"a Python integer is ambiguous for {self.describe()}: pass an ir.IntegerAttr")
        return found


class FloatAttr(Constraint):
    """A floating-point number.

    Args:
      type: constraint of its type, e.g. ``F32``; ``None``: any, Python numbers becoming ``f64``.
    """

    converts = True

    def __init__(self, type: object = None) -> None:  # noqa: A002
        self.type = AnyFloat if type is None else as_constraint(type, "FloatAttr")

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, ir_of(value).FloatAttr):
            return self.mismatch(value)
        problem = self.type.check(value.type, scope)
        return None if problem is None else f"type of {value}: {problem}"

    def describe(self) -> str:
        return "float" if self.type is AnyFloat else f"{self.type.describe()} attribute"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = 'irdl.base "#builtin.float"'
        return emitter.emit(statement) if self.type is AnyFloat else emitter.less(self, statement)

    @property
    def python(self) -> str:
        return "float"

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.type,)

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            return super().to_attribute(value, context)
        candidates = (Float("f64"), self.type, *getattr(self.type, "options", ()))
        types = (candidate.infer(Scope(), context) for candidate in candidates)
        kind = next((kind for kind in types if kind is not None and self.type.accepts(kind)), None)
        if kind is None:
            raise ConstraintError(f"a Python float is ambiguous for {self.describe()}: pass an ir.FloatAttr")
        module = ir_of(context)
        return module.FloatAttr.get(kind, float(value), loc=module.Location.unknown(context))

    def to_python(self, attribute: ir.Attribute) -> Any:
        return float(bare(attribute).value)


class BoolAttr(Constraint):
    """``true`` or ``false`` (an ``i1``)."""

    converts = True

    def check(self, value: Any, scope: Scope) -> str | None:
        return None if isinstance(value, ir_of(value).BoolAttr) else self.mismatch(value)

    def describe(self) -> str:
        return "bool"

    def irdl(self, emitter: IrdlEmitter) -> str:
        names = [emitter.emit(f"irdl.is {text}") for text in ("false", "true")]
        return emitter.emit(f"irdl.any_of({', '.join(names)})")

    @property
    def python(self) -> str:
        return "bool"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if type(value).__name__ not in {"bool", "bool_"}:
            return super().to_attribute(value, context)
        return ir_of(context).BoolAttr.get(bool(value), context=context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        return bool(bare(attribute).value)


class StringAttr(Constraint):
    """A string; ``choices``: the only ones allowed."""

    converts = True

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, ir_of(value).StringAttr):
            return self.mismatch(value)
        return None if not self.choices or value.value in self.choices else self.mismatch(value)

    def describe(self) -> str:
        return f"one of {', '.join(map(repr, self.choices))}" if self.choices else "string"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = 'irdl.base "#builtin.string"'
        return emitter.less(self, statement) if self.choices else emitter.emit(statement)

    @property
    def python(self) -> str:
        return "str"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if not isinstance(value, str):
            return super().to_attribute(value, context)
        if self.choices and value not in self.choices:
            raise ConstraintError(f"expected {self.describe()}, found {value!r}")
        return ir_of(context).StringAttr.get(value, context=context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        return bare(attribute).value


class UnitAttr(Constraint):
    """A flag that is there or not: ``True``/``False`` in Python. Use with ``optional_attribute``."""

    converts = True

    def check(self, value: Any, scope: Scope) -> str | None:
        return None if isinstance(value, ir_of(value).UnitAttr) else self.mismatch(value)

    def describe(self) -> str:
        return "unit"

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.emit("irdl.is unit")

    @property
    def python(self) -> str:
        return "bool"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        return ir_of(context).UnitAttr.get(context=context) if value is True else super().to_attribute(value, context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        return True


class TypeAttr(Constraint):
    """A type as an attribute, e.g. ``TypeAttr(AnyFloat)``."""

    def __init__(self, type: object = None) -> None:  # noqa: A002
        self.type = AnyType if type is None else as_constraint(type, "TypeAttr")

    def check(self, value: Any, scope: Scope) -> str | None:
        if not is_type(value):
            return self.mismatch(value)
        return self.type.check(value, scope)

    def describe(self) -> str:
        return self.type.describe()

    def irdl(self, emitter: IrdlEmitter) -> str:
        with emitter.among_attributes():
            return self.type.irdl(emitter)

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | ir.Attribute | None:
        return self.type.infer(scope, context)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.type,)

    @property
    def python(self) -> str:
        return "ir.Type"


def as_attribute_constraint(value: object, what: str) -> Constraint:
    """What a constraint means in an attribute's place: a number type there stands for numbers of that type.

    Raises:
      DefinitionError: ``value`` is no constraint.
    """
    constraint = as_constraint(value, what)
    if constraint is Anything or not constraint.scalar:
        return constraint
    leaves = getattr(constraint, "options", (constraint,))
    if all(isinstance(leaf, Float) for leaf in leaves):
        return FloatAttr(constraint)
    if any(isinstance(leaf, Float) for leaf in leaves):
        return _split(leaves)
    if isinstance(constraint, Integer) and constraint.widths == (1,) and constraint.sign == "signless":
        return BoolAttr()
    return IntegerAttr(constraint)


def _split(leaves: tuple[Constraint, ...]) -> Constraint:
    first, *others = (as_attribute_constraint(leaf, "attribute") for leaf in leaves)
    union = first
    for other in others:
        union |= other
    return union


def _integer(value: Any) -> int:
    """The number of an integer attribute, by its text where the bindings cannot give it (over 64 bits)."""
    kind = value.type
    wide = isinstance(kind, ir_of(kind).IntegerType) and kind.width > 64
    return int(str(value).partition(":")[0]) if wide else int(value.value)


def _integer_attribute(number: int, kind: Any, module: Any, context: Any) -> Any:
    if kind.is_signless and number >= 2 ** (kind.width - 1):
        number -= 2**kind.width
    if -(2**63) <= number < 2**63:
        return module.IntegerAttr.get(kind, number)
    return module.Attribute.parse(f"{number} : {kind}", context=context)


def _representable(number: int, kind: Any) -> bool:
    if not isinstance(kind, ir_of(kind).IntegerType):
        return -(2**63) <= number < 2**63
    if kind.is_unsigned:
        return 0 <= number < 2**kind.width
    low = -(2 ** (kind.width - 1))
    # A signless integer of one bit or more is read either way: i8 takes -128 to 255.
    return low <= number < (2**kind.width if kind.is_signless else -low)
