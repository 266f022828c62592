"""What traits demand, checked in Python where the compiler's verifier does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ireekit.dialect.constraints import Relation, SameElementType, SameRank, SameShape, SameType
from ireekit.dialect.constraints.base import ir_of
from ireekit.dialect.model import OpModel
from ireekit.dialect.traits import Trait

Check: TypeAlias = Callable[[OpModel, Trait, Any, Mapping[str, Sequence[Any]]], str | None]
"""Definition, trait, operation and the types of its value fields -> what is wrong."""


def _same(relation: type[Any], operands: bool = True, results: bool = True) -> Check:
    def check(model: OpModel, _trait: Trait, _operation: Any, types: Mapping[str, Sequence[Any]]) -> str | None:
        names = [row.name for row in model.operands] * operands + [row.name for row in model.results] * results
        if not names:
            return None
        rule: Relation = relation(*names, *names)
        problem = rule.check(types, {})
        return None if problem is None else problem.rpartition(f"same {relation.noun}: ")[2]

    return check


def _compatible(model: OpModel, trait: Trait, operation: Any, types: Mapping[str, Sequence[Any]]) -> str | None:
    """As the compiler means "same type" here: a dynamic extent agrees with any."""
    return _same(SameElementType)(model, trait, operation, types) or _same(SameShape)(model, trait, operation, types)


def _terminator(_model: OpModel, _trait: Trait, operation: Any, _types: Any) -> str | None:
    if parent_of(operation) is None:
        return None
    last = None
    for last in operation.block.operations:  # noqa: B007 - the last of them is wanted
        pass
    return None if last is not None and last.operation == operation else "it does not end its block"


def _has_parent(_model: OpModel, trait: Trait, operation: Any, _types: Any) -> str | None:
    parent = parent_of(operation)
    name = None if parent is None else parent.name
    if name in trait.parameters:
        return None
    wanted = " or ".join(trait.parameters)
    return f"expected to stand directly in {wanted}, found {'no parent' if name is None else name}"


def _single_block(_model: OpModel, _trait: Trait, operation: Any, _types: Any) -> str | None:
    for index, region in enumerate(operation.regions):
        count = len(list(region.blocks))
        if count > 1:
            return f"region {index} has {count} blocks"
    return None


def _no_region_arguments(_model: OpModel, _trait: Trait, operation: Any, _types: Any) -> str | None:
    for index, region in enumerate(operation.regions):
        blocks = list(region.blocks)
        if blocks and len(blocks[0].arguments):
            return f"the entry block of region {index} has arguments"
    return None


def _isolated(_model: OpModel, _trait: Trait, operation: Any, _types: Any) -> str | None:
    for nested in _inside(operation):
        for value in nested.operands:
            if not _defined_inside(value, operation):
                return f"{nested.name} at {nested.location} uses a value defined outside"
    return None


def _symbol(_model: OpModel, _trait: Trait, operation: Any, _types: Any) -> str | None:
    if "sym_name" not in operation.attributes:
        return "it has no attribute 'sym_name'"
    name = operation.attributes["sym_name"]
    return None if isinstance(name, ir_of(name).StringAttr) else f"'sym_name' is no string but {name}"


def _symbol_table(_model: OpModel, _trait: Trait, operation: Any, _types: Any) -> str | None:
    if len(operation.regions) != 1:
        return f"expected one region, found {len(operation.regions)}"
    blocks = list(operation.regions[0].blocks)
    if len(blocks) > 1:
        return f"expected at most one block, found {len(blocks)}"
    seen: set[str] = set()
    for nested in blocks[0].operations if blocks else ():
        attributes = nested.operation.attributes
        if "sym_name" not in attributes:
            continue
        name = str(attributes["sym_name"])
        if name in seen:
            return f"the symbol {name} is defined twice"
        seen.add(name)
    return None


def _elementwise(model: OpModel, _trait: Trait, _operation: Any, types: Mapping[str, Sequence[Any]]) -> str | None:
    def shaped(fields: Sequence[Any]) -> list[Any]:
        kinds = (kind for field in fields for kind in types.get(field.name, ()))
        return [kind for kind in kinds if isinstance(kind, ir_of(kind).ShapedType)]

    operands, results = shaped(model.operands), shaped(model.results)
    if operands and not results:
        return "an operand has a shape but no result has one"
    if results and not operands:
        return "a result has a shape but no operand has one"
    problem = SameShape("operands", "results").check({"operands": operands, "results": results}, {})
    return None if problem is None else "the shapes differ"


def _constant(_model: OpModel, trait: Trait, operation: Any, _types: Any) -> str | None:
    (name,) = trait.parameters
    return None if name in operation.attributes else f"it has no attribute {name!r}"


TRAIT_CHECKS: dict[str, Check] = {
    "SameTypeOperands": _same(SameType, results=False),
    "SameOperandsElementType": _same(SameElementType, results=False),
    "SameOperandsShape": _same(SameShape, results=False),
    "SameOperandsAndResultType": _compatible,
    "SameOperandsAndResultElementType": _same(SameElementType),
    "SameOperandsAndResultShape": _same(SameShape),
    "SameOperandsAndResultRank": _same(SameRank),
    "Idempotent": _compatible,
    "Involution": _compatible,
    "ConstantLike": _constant,
    "Terminator": _terminator,
    "HasParent": _has_parent,
    "SingleBlock": _single_block,
    "NoRegionArguments": _no_region_arguments,
    "IsolatedFromAbove": _isolated,
    "Symbol": _symbol,
    "SymbolTable": _symbol_table,
    "Elementwise": _elementwise,
    "ElementwiseMappable": _elementwise,
}
"""The demand of each trait that has one."""


def parent_of(operation: Any) -> Any:
    """The operation around it; ``None`` for a detached or outermost one (for which the bindings may raise)."""
    try:
        parent = operation.parent
    except ValueError:
        return None
    return getattr(parent, "operation", parent)


def _inside(operation: Any) -> Iterator[Any]:
    stack = [operation]
    while stack:
        each = stack.pop()
        for region in each.regions:
            for block in region.blocks:
                for nested in block.operations:
                    yield nested.operation
                    stack.append(nested.operation)


def _defined_inside(value: Any, operation: Any) -> bool:
    owner = value.owner
    owner = getattr(owner, "owner", owner)  # a block argument's owner is its block
    owner = getattr(owner, "operation", owner)
    if owner == operation:
        # A block argument of the operation's own regions is inside, its result is not.
        return not isinstance(value, ir_of(value).OpResult)
    while owner is not None and owner != operation:
        owner = parent_of(owner)
    return owner is not None
