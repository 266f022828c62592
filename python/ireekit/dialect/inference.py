"""Types that follow from other types: equality between fields, constants, relations and traits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints import Relation, SameType, Scope, Var, bare, walk
from ireekit.dialect.model import OpModel, ValueField

if TYPE_CHECKING:
    from iree.compiler import ir

# Which fields a trait makes equal: (operands, results).
_EQUAL = {
    "SameTypeOperands": (True, False),
    "SameOperandsAndResultType": (True, True),
    "Idempotent": (True, True),
    "Involution": (True, True),
}


def infer_types(
    model: OpModel,
    known: Mapping[str, Sequence[ir.Type]],
    attributes: Mapping[str, ir.Attribute],
    context: ir.Context,
) -> dict[str, tuple[ir.Type, ...]]:
    """The types of further operand and result fields, as far as they follow.

    Args:
      model: the operation.
      known: the types of the values of fields; a field with no entry is to be inferred.
      attributes: the attributes there are, by name.
      context: where types are made.

    Returns:
      For each single field of ``model`` without an entry in ``known`` whose type follows, that type (one element).
    """
    plan = _plan(model)
    scope = Scope()
    if plan.binds:
        _bind(model, known, attributes, scope)
    types: dict[str, Sequence[Any]] = dict(known)
    found: dict[str, tuple[Any, ...]] = {}
    progress = True
    while progress:
        progress = False
        for field in plan.fields:
            if field.name in types:
                continue
            kind = _infer(field, scope, types, plan.relations, context)
            if kind is None:
                continue
            if plan.binds:
                field.constraint.check(bare(kind), scope)
            types[field.name] = found[field.name] = (kind,)
            progress = True
    return found


@dataclass(frozen=True)
class _Plan:
    """What inference needs of a definition.

    Attributes:
      fields: those whose type can be inferred at all.
      relations: those that say a type.
      binds: some of the fields depend on what variables are bound to.
    """

    fields: tuple[ValueField, ...]
    relations: tuple[Relation, ...]
    binds: bool


def _plan(model: OpModel) -> _Plan:
    # Kept with the model itself, which is immutable.
    plan = model.__dict__.get("_inference_plan")
    if plan is None:
        fields = tuple(field for field in (*model.operands, *model.results) if field.arity == "single")
        relations = (*_trait_relations(model), *(row for row in model.relations if isinstance(row, Relation)))
        parts = (part for field in fields if field.constraint.unique for part in walk(field.constraint))
        plan = _Plan(fields, relations, any(isinstance(part, Var) for part in parts))
        model.__dict__["_inference_plan"] = plan
    return plan


def _bind(model: OpModel, known: Mapping[str, Sequence[Any]], attributes: Mapping[str, Any], scope: Scope) -> None:
    for field in (*model.operands, *model.results):
        for kind in known.get(field.name, ()):
            field.constraint.check(bare(kind), scope)
    for attribute in model.attributes:
        if attribute.name in attributes:
            attribute.constraint.check(bare(attributes[attribute.name]), scope)


def _infer(
    field: ValueField, scope: Scope, types: Mapping[str, Sequence[Any]], relations: Sequence[Relation], context: Any
) -> Any:
    kind = field.constraint.infer(scope, context) if field.constraint.unique else None
    if kind is not None:
        return kind
    for relation in relations:
        kind = relation.infer(field.name, types)
        if kind is not None:
            return kind
    return None


def _trait_relations(model: OpModel) -> Iterator[Relation]:
    for trait in model.traits:
        operands, results = _EQUAL.get(trait.name, (False, False))
        names = [field.name for field in model.operands] * operands + [field.name for field in model.results] * results
        if len(names) > 1:
            yield SameType(*names)
