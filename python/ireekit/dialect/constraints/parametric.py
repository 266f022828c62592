"""Types and attributes of dialects: our own with constrained parameters, and others by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints.base import (
    Constraint,
    Domain,
    Scope,
    as_constraint,
    ir_of,
    is_type,
    text_of,
)
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.errors import BuildError, DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.model import TypeModel


class Parametric(Constraint):
    """A type or attribute of a dialect defined with ireekit, e.g. ``Parametric(Tile, element=F32)``.

    Parameters that are not mentioned satisfy their definition. The class alone stands for this without parameters.

    Args:
      definition: a ``TypeDef`` or ``AttrDef`` class.
      positional: constraints of the first parameters, in order.
      named: constraints of parameters by name.
    """

    def __init__(self, definition: Any, /, *positional: object, **named: object) -> None:
        model = getattr(definition, "model", None)
        if model is None or not hasattr(model, "parameters"):
            raise DefinitionError(f"Parametric: {definition!r} is no TypeDef or AttrDef class with a name")
        self.definition = definition
        self.model: TypeModel = model
        names = [parameter.name for parameter in self.model.parameters]
        if len(positional) > len(names):
            raise DefinitionError(f"Parametric: {model.name} has {len(names)} parameters, not {len(positional)}")
        given = dict(zip(names, positional, strict=False))
        for name, constraint in named.items():
            if name not in names:
                raise DefinitionError(
                    f"Parametric: {model.name} has no parameter {name!r}", remedy=f"one of {', '.join(names)}"
                )
            if name in given:
                raise DefinitionError(f"Parametric: parameter {name!r} of {model.name} given twice")
            given[name] = constraint
        self.given = {name: as_constraint(value, f"parameter {name!r}") for name, value in given.items()}
        self.domain: Domain = "type" if model.sigil == "!" else "attribute"

    def check(self, value: Any, scope: Scope) -> str | None:
        from ireekit.dialect.parameters import entity_name, parameters_of

        if is_type(value) != (self.domain == "type") or entity_name(value) != self.model.name:
            return self.mismatch(value)
        found = parameters_of(value)
        if len(found) != len(self.model.parameters):
            return f"{text_of(value)}: expected {len(self.model.parameters)} parameters, found {len(found)}"
        for parameter, attribute in zip(self.model.parameters, found, strict=True):
            constraint = self.given.get(parameter.name)
            problem = None if constraint is None else constraint.check(attribute, scope)
            if problem is not None:
                return f"parameter {parameter.name!r} of {text_of(value)}: {problem}"
        return None

    def describe(self) -> str:
        inner = ", ".join(f"{name}: {constraint.describe()}" for name, constraint in self.given.items())
        return f"{self.model.sigil}{self.model.name}" + (f"<{inner}>" if inner else "")

    def irdl(self, emitter: IrdlEmitter) -> str:
        if not emitter.owns(self.model.name):
            return emitter.less(self)
        symbol = f"@{self.model.dialect}::@{_quoted(self.model.local_name)}"
        if not self.given:
            return emitter.emit(f"irdl.base {symbol}")
        given = (self.given.get(parameter.name) for parameter in self.model.parameters)
        with emitter.among_attributes():
            names = [emitter.emit("irdl.any") if each is None else each.irdl(emitter) for each in given]
        return emitter.emit(f"irdl.parametric {symbol}<{', '.join(names)}>")

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | ir.Attribute | None:
        values: list[Any] = []
        for parameter in self.model.parameters:
            constraint = self.given.get(parameter.name, parameter.constraint)
            value = constraint.infer(scope, context)
            if value is None:
                return None
            values.append(value)
        from ireekit.dialect.parameters import make_entity

        try:
            return make_entity(self.model, values, context)
        except BuildError:
            return None

    @property
    def children(self) -> tuple[Constraint, ...]:
        return tuple(self.given.values())

    @property
    def unique(self) -> bool:
        return all(self.given.get(row.name, row.constraint).unique for row in self.model.parameters)

    @property
    def python(self) -> str:
        return "ir.Type" if self.domain == "type" else str(self.definition.__name__)

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        return super().to_attribute(value, context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        value = super().to_python(attribute)
        return value if self.domain == "type" else self.definition.view(value)


class Named(Constraint):
    """Any type or attribute of another dialect by its full name with sigil, e.g. ``"#iree_codegen.lowering_config"``.

    Checked by its text, so that dialects without Python bindings can be named.
    """

    def __init__(self, name: str) -> None:
        sigil, full = name[:1], name[1:]
        if sigil not in {"!", "#"} or "." not in full or full.startswith("builtin."):
            raise DefinitionError(
                f"Named({name!r}): expected e.g. '!hal.buffer_view' or '#iree_codegen.lowering_config'",
                remedy="builtin types and attributes have constraints of their own" * full.startswith("builtin."),
            )
        self.name = full
        self.sigil = sigil
        self.domain: Domain = "type" if sigil == "!" else "attribute"

    def check(self, value: Any, scope: Scope) -> str | None:
        from ireekit.dialect.parameters import entity_name

        if isinstance(value, ir_of(value).Type) != (self.domain == "type") or entity_name(value) != self.name:
            return self.mismatch(value)
        return None

    def describe(self) -> str:
        return f"{self.sigil}{self.name}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        # `irdl.base` by name needs that dialect loaded wherever the text is read.
        return emitter.less(self)


class EnumOf(Constraint):
    """A member of an enum class; stored as ``i32`` or as a string, see :class:`ireekit.dialect.EnumAttr`."""

    converts = True

    def __init__(self, definition: Any) -> None:
        self.definition = definition

    def check(self, value: Any, scope: Scope) -> str | None:
        module = ir_of(value)
        if self.definition.model.storage == "string":
            fits = isinstance(value, module.StringAttr) and value.value in self._values
        else:
            fits = isinstance(value, module.IntegerAttr) and str(value.type) == "i32" and value.value in self._values
        return None if fits else self.mismatch(value)

    def describe(self) -> str:
        members = ", ".join(self.definition.model.members)
        return f"{self.definition.model.name} ({members})"

    def irdl(self, emitter: IrdlEmitter) -> str:
        names = [emitter.emit(f"irdl.is {self._text(value)}") for value in self._values]
        return emitter.emit(f"irdl.any_of({', '.join(names)})") if len(names) > 1 else names[0]

    @property
    def python(self) -> str:
        return str(self.definition.__name__)

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        named = isinstance(value, str) and value in self.definition.model.members
        member: Any = self.definition[value] if named else value
        if isinstance(member, self.definition):
            return ir_of(context).Attribute.parse(self._text(member.value), context=context)
        return super().to_attribute(value, context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        value: Any = super().to_python(attribute)
        return self.definition(value.value)

    @property
    def _values(self) -> list[Any]:
        return list(self.definition.model.members.values())

    def _text(self, value: int | str) -> str:
        return f"{value} : i32" if isinstance(value, int) else f'"{value}"'


def _quoted(name: str) -> str:
    return name if name.replace("_", "a").isalnum() else f'"{name}"'
