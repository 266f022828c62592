"""Anything, one of several, all of several, exactly this, equality between fields, and Python predicates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from ireekit.dialect.constraints.base import (
    Constraint,
    Domain,
    Scope,
    as_constraint,
    bare,
    describe_python,
    ir_of,
    is_type,
    text_of,
    walk,
)
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.errors import ConstraintError, DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir


class AnyEntity(Constraint):
    """Any type, any attribute, or either."""

    domain: Domain = "any"

    def check(self, value: Any, scope: Scope) -> str | None:
        return None

    def describe(self) -> str:
        return "any type or attribute"

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.emit("irdl.any")

    @property
    def python(self) -> str:
        return "ir.Attribute | ir.Type"


class _AnyType(AnyEntity):
    domain: Domain = "type"

    def check(self, value: Any, scope: Scope) -> str | None:
        return None if is_type(value) else self.mismatch(value)

    def describe(self) -> str:
        return "any type"

    def irdl(self, emitter: IrdlEmitter) -> str:
        # In an attribute's place IRDL cannot tell types from other attributes.
        return emitter.emit("irdl.any") if emitter.types_only else emitter.less(self)

    @property
    def python(self) -> str:
        return "ir.Type"


class _AnyAttr(AnyEntity):
    domain: Domain = "attribute"

    def describe(self) -> str:
        return "any attribute"

    @property
    def python(self) -> str:
        return "ir.Attribute"


AnyType = _AnyType()
"""Any type."""
AnyAttr = _AnyAttr()
"""Any attribute, types included."""
Anything = AnyEntity()
"""Any type or attribute."""


class Is(Constraint):
    """Exactly the type or attribute written as ``text``, e.g. ``Is("tensor<4xf32>")`` or ``Is("0 : i32")``."""

    domain: Domain = "any"

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if not self.text:
            raise DefinitionError("Is() needs the text of a type or attribute")

    def check(self, value: Any, scope: Scope) -> str | None:
        if str(value) == self.text:
            return None
        try:
            expected = self._parse(value.context)
        except ConstraintError as error:
            return error.cause
        return None if value == expected else self.mismatch(value)

    def describe(self) -> str:
        return self.text

    def irdl(self, emitter: IrdlEmitter) -> str:
        if self.text[0] not in "!#":
            return emitter.emit(f"irdl.is {self.text}")
        # The dialect it belongs to may not be there where the text is loaded.
        return emitter.less(self)

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | ir.Attribute | None:
        return self._parse(context)

    @property
    def unique(self) -> bool:
        return True

    def _parse(self, context: Any) -> Any:
        module = ir_of(context)
        try:
            return bare(module.Attribute.parse(self.text, context=context))
        except (ValueError, module.MLIRError) as error:
            raise ConstraintError(f"{self.text!r} is no type or attribute of this context") from error


class _Group(Constraint):
    word: ClassVar[str]

    def __init__(self, *options: object) -> None:
        parts = (as_constraint(option, type(self).__name__) for option in options)
        flat = (child for part in parts for child in (part.options if type(part) is type(self) else (part,)))
        self.options = tuple(flat)
        if not self.options:
            raise DefinitionError(f"{type(self).__name__}() of nothing")
        domains: set[Domain] = {option.domain for option in self.options if option.domain != "any"}
        # A group of both is a constraint on "any"; a group of one kind keeps it.
        self.domain = domains.pop() if len(domains) == 1 else "any"
        self.scalar = all(option.scalar for option in self.options)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return self.options

    def describe(self) -> str:
        return f" {self.word} ".join(option.describe() for option in self.options)


class AnyOf(_Group):
    """At least one of ``options``, tried in order; also written ``a | b``."""

    word = "or"

    def check(self, value: Any, scope: Scope) -> str | None:
        for option in self.options:
            trial = scope.copy()
            if option.check(value, trial) is None:
                scope.bound.update(trial.bound)
                return None
        return self.mismatch(value)

    def irdl(self, emitter: IrdlEmitter) -> str:
        # IRDL keeps what a failed alternative bound, so no variable may be bound inside one.
        if any(option is Anything or (option is AnyType and emitter.types_only) for option in self.options):
            return emitter.emit("irdl.any")
        emitter.alternatives += 1
        name = emitter.any_of(self, self.options)
        emitter.alternatives -= 1
        return name

    @property
    def python(self) -> str:
        return " | ".join(dict.fromkeys(option.python for option in self.options))

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        for option in self.options:
            try:
                attribute = option.to_attribute(value, context)
            except ConstraintError:
                continue
            if option.check(bare(attribute), Scope()) is None:
                return attribute
        raise ConstraintError(f"expected {self.describe()}, found {describe_python(value)}")

    def to_python(self, attribute: ir.Attribute) -> Any:
        for option in self.options:
            if option.accepts(attribute):
                return option.to_python(attribute)
        return bare(attribute)


class AllOf(_Group):
    """All of ``options``; also written ``a & b``."""

    word = "and"

    def check(self, value: Any, scope: Scope) -> str | None:
        return next((problem for option in self.options if (problem := option.check(value, scope))), None)

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | ir.Attribute | None:
        found = (option.infer(scope, context) for option in self.options)
        return next((value for value in found if value is not None), None)

    @property
    def unique(self) -> bool:
        return any(option.unique for option in self.options)

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.all_of(self.options)

    @property
    def python(self) -> str:
        return self._leading.python

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        return self._leading.to_attribute(value, context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        return self._leading.to_python(attribute)

    @property
    def _leading(self) -> Constraint:
        """The first option that is more than a predicate: it says how Python values look."""
        return next((option for option in self.options if not isinstance(option, Predicate)), self.options[0])


class Var(Constraint):
    """Equality between fields: all uses of one ``name`` in a definition are the same type or attribute.

    Args:
      name: unique to the definition; a new one at its first use.
      constraint: what it must satisfy; given at one of the uses.
    """

    domain: Domain = "any"

    def __init__(self, name: str, constraint: object = Anything) -> None:
        if not name.isidentifier():
            raise DefinitionError(f"Var: {name!r} is no identifier")
        self.name = name
        self.constraint = as_constraint(constraint, f"Var({name!r})")
        if any(isinstance(part, Var) and part.name == name for part in walk(self.constraint)):
            raise DefinitionError(f"Var({name!r}) is constrained by itself")
        self.domain = self.constraint.domain

    def check(self, value: Any, scope: Scope) -> str | None:
        problem = self.constraint.check(value, scope)
        if problem is not None:
            return problem
        bound = scope.bound.setdefault(self.name, value)
        if bound == value:
            return None
        return f"expected {text_of(bound)} (the same {self.name} everywhere), found {text_of(value)}"

    def describe(self) -> str:
        if self.constraint is Anything:
            return self.name
        return f"{self.constraint.describe()} {self.name}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        if emitter.alternatives:
            emitter.inexact.append(f"equality of {self.name}")
            return self.constraint.irdl(emitter)
        if self.name not in emitter.variables:
            emitter.variables[self.name] = self.constraint.irdl(emitter)
        return emitter.variables[self.name]

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | ir.Attribute | None:
        bound = scope.bound.get(self.name)
        return self.constraint.infer(scope, context) if bound is None else bound

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.constraint,)

    @property
    def unique(self) -> bool:
        return True

    @property
    def python(self) -> str:
        return self.constraint.python

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        return self.constraint.to_attribute(value, context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        return self.constraint.to_python(attribute)


class Predicate(Constraint):
    """A Python function, checked by us only.

    As a constraint it is given the type or attribute; among the ``constraints`` of an operation, the operation's view.

    Args:
      function: true where the value is fine.
      description: a noun phrase, e.g. ``"tensor with an even number of elements"``.
    """

    domain: Domain = "any"

    def __init__(self, function: Callable[[Any], object], description: str) -> None:
        if not callable(function):
            raise DefinitionError(f"Predicate: {function!r} is no function")
        self.function = function
        self.description = description

    def check(self, value: Any, scope: Scope) -> str | None:
        return None if self.function(value) else self.mismatch(value)

    def describe(self) -> str:
        return self.description

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.less(self)
