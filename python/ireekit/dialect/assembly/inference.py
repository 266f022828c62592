"""Types that a format leaves out: from constraints that allow one type, from equal fields, traits and ``infer``.

Equality is settled on texts; only what needs the types themselves (a shape, the parameters of a type, ``infer``) is
parsed, and remembered, since a module repeats its types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ireekit.dialect.assembly.attribute_choice import fixed_text, variable_name
from ireekit.dialect.assembly.instance import Instance
from ireekit.dialect.build import own_inference
from ireekit.dialect.constraints import AllOf, Constraint, SameType, Scope, Var, bare, walk
from ireekit.dialect.constraints.base import ir_of
from ireekit.dialect.errors import ConstraintError
from ireekit.dialect.inference import infer_types
from ireekit.dialect.model import OpModel, ValueField
from ireekit.errors import IreekitError

if TYPE_CHECKING:
    from iree.compiler import ir

_SAME_TYPE_TRAITS = {
    "SameTypeOperands": ("operand",),
    "SameOperandsAndResultType": ("operand", "result"),
    "Idempotent": ("operand", "result"),
    "Involution": ("operand", "result"),
}


class InferenceError(Exception):
    """A type does not follow from what the operation says; the text says why."""


@dataclass(frozen=True)
class Rule:
    """Where the types of one field come from.

    Attributes:
      text: the only type it can have.
      same_as: the field whose type it has.
      by_class: ``infer`` of the operation's class says it. With none of the three, its constraint does.
    """

    field: ValueField
    text: str | None = None
    same_as: str | None = None
    by_class: bool = False


def plan(model: OpModel, given: frozenset[str]) -> tuple[tuple[Rule, ...], tuple[ValueField, ...]]:
    """How to find the types that a format does not give, in an order that works, and the fields that cannot be found.

    Args:
      given: the fields whose types the format gives.
    """
    known = {row.name: row for row in (*model.operands, *model.results) if row.name in given}
    open_fields = [row for row in (*model.operands, *model.results) if row.name not in given]
    rules: list[Rule] = []
    while open_fields:
        found = next((rule for row in open_fields if (rule := _rule(model, row, known))), None)
        if found is None:
            break
        rules.append(found)
        known[found.field.name] = found.field
        open_fields.remove(found.field)
    if open_fields and _has_infer(model) and all(row.kind == "result" for row in open_fields):
        rules += [Rule(row, by_class=True) for row in open_fields]
        open_fields = []
    return tuple(rules), tuple(open_fields)


def _rule(model: OpModel, row: ValueField, known: Mapping[str, ValueField]) -> Rule | None:
    if row.kind == "result" and row.arity != "single":
        return None  # The text does not say how many there are.
    text = fixed_text(row.constraint)
    if text is not None:
        return Rule(row, text=text)
    source = next((name for name in _equals(model, row) if name in known and known[name].arity == "single"), None)
    if source is not None:
        return Rule(row, same_as=source)
    return Rule(row) if _determined(row.constraint, _bound(model, known)) else None


def _equals(model: OpModel, row: ValueField) -> Iterator[str]:
    """The fields whose type is that of ``row``."""
    variable = variable_name(row.constraint)
    for other in (*model.operands, *model.results):
        if other is row:
            continue
        if variable is not None and variable_name(other.constraint) == variable:
            yield other.name
        for trait, kinds in _SAME_TYPE_TRAITS.items():
            if model.has_trait(trait) and row.kind in kinds and other.kind in kinds:
                yield other.name
    for relation in model.relations:
        if isinstance(relation, SameType) and row.name in relation.fields:
            yield from relation.fields


def _bound(model: OpModel, known: Mapping[str, ValueField]) -> set[str]:
    """The variables that are bound once the types of ``known`` are."""
    rows = [row.constraint for row in known.values() if row.arity == "single"]
    rows += [row.constraint for row in model.attributes if row.required]
    return {name for constraint in rows for name in _binds(constraint)}


def _binds(constraint: Constraint) -> Iterator[str]:
    if isinstance(constraint, Var):
        yield constraint.name
    for child in constraint.children:
        # Of a union, it is not known which option binds.
        if type(constraint).__name__ != "AnyOf":
            yield from _binds(child)


def _determined(constraint: Constraint, bound: set[str]) -> bool:
    if isinstance(constraint, AllOf):
        return any(_determined(option, bound) for option in constraint.options)
    if isinstance(constraint, Var):
        return constraint.name in bound or _determined(constraint.constraint, bound)
    if not constraint.unique:
        return False
    variables = (part for part in walk(constraint) if isinstance(part, Var))
    return all(part.name in bound or _determined(part.constraint, bound) for part in variables)


def _has_infer(model: OpModel) -> bool:
    return "infer" in {
        name for cls in model.cls.__mro__ if cls.__module__ != "ireekit.dialect.op" for name in vars(cls)
    }


class TypeSolver:
    """Finds types by the plan of a format, in one context.

    Args:
      expand: a text with aliases replaced by what they stand for.
    """

    def __init__(self, context: ir.Context, expand: Any = None) -> None:
        self.context = context
        self._expand = expand
        self._types: dict[str, Any] = {}
        self._attributes: dict[str, Any] = {}
        self._solved: dict[tuple[object, ...], Mapping[str, Sequence[str]]] = {}

    def complete(self, model: OpModel, rules: Sequence[Rule], instance: Instance) -> None:
        """Fill in the types that ``instance`` lacks.

        Raises:
          InferenceError: a type does not follow after all.
        """
        for rule in rules:
            name = rule.field.name
            if rule.text is not None:
                instance.types[name] = [rule.text] * self._count(rule.field, instance)
            elif rule.same_as is not None:
                instance.types[name] = instance.types[rule.same_as] * self._count(rule.field, instance)
            elif rule.by_class:
                instance.types.update({name: list(self._by_class(model, instance)[name])})
            else:
                instance.types[name] = [self._by_constraint(model, rule.field, instance)] * self._count(
                    rule.field, instance
                )

    def _count(self, row: ValueField, instance: Instance) -> int:
        return len(instance.values[row.name]) if row.kind == "operand" else 1

    def _by_constraint(self, model: OpModel, row: ValueField, instance: Instance) -> str:
        key = (model.name, row.name, *_key(model, instance))
        if key not in self._solved:
            self._solved[key] = {row.name: [self._solve(model, row, instance)]}
        return self._solved[key][row.name][0]

    def _solve(self, model: OpModel, row: ValueField, instance: Instance) -> str:
        known = self._known_types(model, instance)
        attributes = {name: self.attribute(text) for name, text in instance.attributes.items()}
        try:
            found = infer_types(model, known, attributes, self.context).get(row.name)
        except ConstraintError as error:
            raise InferenceError(error.cause) from None
        if not found:
            raise InferenceError(self._reason(model, known) or f"the type of '{row.name}' does not follow")
        return str(found[0])

    def _known_types(self, model: OpModel, instance: Instance) -> dict[str, list[Any]]:
        texts = {row.name: instance.types.get(row.name, ()) for row in (*model.operands, *model.results)}
        return {name: [self.type(text) for text in found] for name, found in texts.items() if found}

    def _reason(self, model: OpModel, known: Mapping[str, Sequence[Any]]) -> str | None:
        """Why nothing follows: the first type that breaks its constraint."""
        scope = Scope()
        for row in (*model.operands, *model.results):
            for kind in known.get(row.name, ()):
                problem = row.constraint.check(kind, scope)
                if problem is not None:
                    return f"{row.kind} '{row.name}': {problem}"
        return None

    def _by_class(self, model: OpModel, instance: Instance) -> Mapping[str, Sequence[str]]:
        key = (model.name, *_key(model, instance))
        if key not in self._solved:
            self._solved[key] = self._call_infer(model, instance)
        return self._solved[key]

    def _call_infer(self, model: OpModel, instance: Instance) -> Mapping[str, Sequence[str]]:
        # Values do not exist yet: stand-ins that know their types.
        operands = {
            row.name: [SimpleNamespace(type=self.type(text)) for text in instance.types[row.name]]
            for row in model.operands
        }
        rows = (row for row in model.attributes if row.name in instance.attributes)
        fields = {row.name: row.constraint.to_python(self.attribute(instance.attributes[row.name])) for row in rows}
        ir = ir_of(self.context)
        try:
            with self.context, ir.Location.unknown(self.context):
                found = own_inference(model.cls, model, operands, fields, {})
        except IreekitError as error:
            raise InferenceError(error.cause) from None
        except Exception as error:
            raise InferenceError(f"infer raised {type(error).__name__}: {error}") from error
        missing = next((row.name for row in model.results if row.name not in found), None)
        if missing is not None:
            raise InferenceError(f"infer gives no type of '{missing}'")
        return {name: [str(kind) for kind in kinds] for name, kinds in found.items()}

    def type(self, text: str) -> Any:
        """The type that ``text`` stands for, aliases included."""
        if text not in self._types:
            ir = ir_of(self.context)
            try:
                self._types[text] = bare(ir.Type.parse(self._expanded(text), context=self.context))
            except ir.MLIRError as error:
                raise InferenceError(f"'{text}' is no type: {_first_message(error)}") from None
        return self._types[text]

    def attribute(self, text: str) -> Any:
        """The attribute that ``text`` stands for, aliases included."""
        if text not in self._attributes:
            ir = ir_of(self.context)
            try:
                self._attributes[text] = ir.Attribute.parse(self._expanded(text), context=self.context)
            except ir.MLIRError as error:
                raise InferenceError(f"'{text}' is no attribute: {_first_message(error)}") from None
        return self._attributes[text]

    def _expanded(self, text: str) -> str:
        return text if self._expand is None or ("!" not in text and "#" not in text) else self._expand(text)


def _key(model: OpModel, instance: Instance) -> tuple[object, ...]:
    types = tuple(tuple(instance.types.get(row.name, ())) for row in (*model.operands, *model.results))
    return types, tuple(instance.attributes.items())


def _first_message(error: Any) -> str:
    return error.error_diagnostics[0].message.strip() if error.error_diagnostics else "it does not parse"
