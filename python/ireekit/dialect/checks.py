"""What a definition must satisfy as a whole, checked when its class is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

from ireekit.dialect.constraints import Constraint, Predicate, Relation, Var, walk
from ireekit.dialect.constraints.logic import Anything
from ireekit.dialect.errors import DefinitionError
from ireekit.dialect.fields import check_default
from ireekit.dialect.model import OpModel, ParameterField, TypeModel
from ireekit.dialect.names import nearest
from ireekit.dialect.traits import Trait


def check_model(model: OpModel) -> None:
    """Refuse an operation that does not make sense.

    Raises:
      DefinitionError: the first thing that is wrong.
    """
    owner = model.cls.__name__
    check_variables(constraints_of(model), owner)
    for field in model.attributes:
        check_default(field, f"{owner}.{field.name}")
    for group, noun in ((model.regions, "region"), (model.successors, "successor")):
        if any(row.variadic for row in group[:-1]):
            raise DefinitionError(f"{owner}: only the last {noun} can be variadic")
    _check_relations(model, owner)
    _check_traits(model, owner)
    _check_inference(model, owner)
    check_assembly(model)


def check_assembly(model: OpModel | TypeModel) -> None:
    """Refuse a wrong ``assembly_format``.

    Raises:
      FormatError: saying at which column.
    """
    if model.assembly_format is None:
        return
    from ireekit.dialect.assembly import check_format

    check_format(model)


def check_variables(constraints: Iterator[Constraint], owner: str) -> None:
    """Refuse a ``Var`` that is constrained in two ways.

    Raises:
      DefinitionError: naming it.
    """
    seen: dict[str, Constraint] = {}
    for constraint in constraints:
        for part in walk(constraint):
            if not isinstance(part, Var) or part.constraint is Anything:
                continue
            first = seen.setdefault(part.name, part.constraint)
            if first is not part.constraint and first.describe() != part.constraint.describe():
                raise DefinitionError(
                    f"{owner}: Var({part.name!r}) is both {first.describe()} and {part.constraint.describe()}",
                    remedy="constrain it at one of its uses only",
                )


def parameter_constraints(parameters: tuple[ParameterField, ...]) -> Iterator[Constraint]:
    return (parameter.constraint for parameter in parameters)


def constraints_of(model: OpModel | TypeModel) -> Iterator[Constraint]:
    """The constraints of all fields."""
    if not isinstance(model, OpModel):
        yield from parameter_constraints(model.parameters)
        return
    for field in (*model.operands, *model.results, *model.attributes):
        yield field.constraint
    for region in model.regions:
        yield from region.arguments or ()


def _check_relations(model: OpModel, owner: str) -> None:
    values = {field.name for field in (*model.operands, *model.results)}
    known = values | {field.name for field in model.attributes}
    for relation in cast("tuple[object, ...]", model.relations):
        if isinstance(relation, Predicate):
            continue
        if not isinstance(relation, Relation):
            raise DefinitionError(f"{owner}: {relation!r} is no relation between fields")
        for name in relation.fields:
            if name not in known:
                raise DefinitionError(
                    f"{owner}: {relation.describe()!r} speaks of {name!r}, which is no operand, result or attribute",
                    remedy=nearest(name, known),
                )
            if name not in values and type(relation).__name__ != "ShapeRelation":
                raise DefinitionError(f"{owner}: {relation.describe()!r}: {name!r} is an attribute and has no shape")


def _check_traits(model: OpModel, owner: str) -> None:
    seen: set[str] = set()
    for trait in cast("tuple[object, ...]", model.traits):
        if not isinstance(trait, Trait):
            raise DefinitionError(f"{owner}: {trait!r} is no trait", remedy="use ireekit.dialect.traits")
        if trait.name in seen:
            raise DefinitionError(f"{owner}: the trait {trait.name} is given twice")
        seen.add(trait.name)
        problem = _DEMANDS.get(trait.name, _nothing)(model, trait)
        if problem is not None:
            raise DefinitionError(f"{owner}: {trait.name} needs {problem}")
    if model.successors and "Terminator" not in seen:
        raise DefinitionError(f"{owner} has successors", remedy="only terminators have: add the trait Terminator")
    if {"Pure", "NoMemoryEffect"} & seen and "MemoryEffects" in seen:
        raise DefinitionError(f"{owner}: an operation without effects has no MemoryEffects")


def _check_inference(model: OpModel, owner: str) -> None:
    static = inspect.getattr_static(model.cls, "infer", None)
    if static is None:
        return
    if not isinstance(static, classmethod):
        raise DefinitionError(f"{owner}: infer is no class method", remedy="write @classmethod above it")
    known = {field.name for field in (*model.operands, *model.attributes)}
    for name, parameter in inspect.signature(cast("Any", model.cls).infer).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD and name not in known:
            raise DefinitionError(
                f"{owner}: infer asks for {name!r}, which is no operand or attribute", remedy=nearest(name, known)
            )


def _nothing(_model: OpModel, _trait: Trait) -> str | None:
    return None


def _single_values(model: OpModel, operands: tuple[int, ...]) -> bool:
    simple = all(field.arity == "single" for field in (*model.operands, *model.results))
    return simple and len(model.operands) in operands and len(model.results) == 1


def _unary(model: OpModel, _trait: Trait) -> str | None:
    return None if _single_values(model, (1,)) else "one operand and one result"


def _unary_or_binary(model: OpModel, _trait: Trait) -> str | None:
    return None if _single_values(model, (1, 2)) else "one or two operands and one result"


def _several_operands(model: OpModel, _trait: Trait) -> str | None:
    enough = len(model.operands) > 1 or any(field.arity == "variadic" for field in model.operands)
    return None if enough else "at least two operands"


def _operands(model: OpModel, _trait: Trait) -> str | None:
    return None if model.operands else "operands"


def _operands_and_results(model: OpModel, _trait: Trait) -> str | None:
    return None if model.operands and model.results else "operands and results"


def _regions(model: OpModel, _trait: Trait) -> str | None:
    return None if model.regions else "regions"


def _one_region(model: OpModel, _trait: Trait) -> str | None:
    return None if len(model.regions) == 1 and not model.regions[0].variadic else "exactly one region"


def _symbol(model: OpModel, _trait: Trait) -> str | None:
    named = any(field.name == "sym_name" for field in model.attributes)
    return None if named else "an attribute field sym_name: str = attribute(StringAttr())"


def _constant(model: OpModel, trait: Trait) -> str | None:
    (name,) = trait.parameters
    held = any(field.name == name and field.required for field in model.attributes)
    fits = held and not model.operands and len(model.results) == 1 and model.results[0].arity == "single"
    return None if fits else f"no operands, one result and the attribute {name!r}"


def _effects(model: OpModel, trait: Trait) -> str | None:
    values = {field.name for field in (*model.operands, *model.results)}
    for effect in trait.parameters:
        name = effect.partition(":")[2]
        if name and name not in values:
            return f"an operand or result {name!r} to access"
    return None


_DEMANDS: dict[str, Callable[[OpModel, Trait], str | None]] = {
    "Commutative": _several_operands,
    "Idempotent": _unary_or_binary,
    "Involution": _unary,
    "ConstantLike": _constant,
    "NoTerminator": _regions,
    "IsolatedFromAbove": _regions,
    "SingleBlock": _regions,
    "NoRegionArguments": _regions,
    "SymbolTable": _one_region,
    "Symbol": _symbol,
    "MemoryEffects": _effects,
    "SameTypeOperands": _operands,
    "SameOperandsElementType": _operands,
    "SameOperandsShape": _operands,
    "SameOperandsAndResultType": _operands_and_results,
    "SameOperandsAndResultElementType": _operands_and_results,
    "SameOperandsAndResultShape": _operands_and_results,
    "SameOperandsAndResultRank": _operands_and_results,
}
"""What each trait needs of an operation; others need nothing."""
