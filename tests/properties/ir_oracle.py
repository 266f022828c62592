"""The tests' own reading of a definition: what of it is valid, without asking ireekit."""

from __future__ import annotations

from typing import TypeAlias

import ir_specs as specs
from ir_entities import Entity
from ir_instances import OpInstance
from ir_sketches import FieldSketch, needs_segments

Groups: TypeAlias = "tuple[tuple[Entity, ...], ...]"


def is_valid(instance: OpInstance) -> bool:
    """Whether the definition allows the operation, by the tests' own reading of it."""
    sketch = instance.sketch
    bound: specs.Bound = {}
    types: dict[str, tuple[Entity, ...]] = {}
    if not all(each.valid for group in (*instance.operands, *instance.results) for each in group):
        return False
    for fields, written in ((sketch.operands, instance.operands), (sketch.results, instance.results)):
        groups = _groups(fields, written, instance.segments)
        if groups is None:
            return False
        for each, group in zip(fields, groups, strict=True):
            if not all(each.spec.holds(entity, bound) for entity in group):
                return False
            types[each.name] = group
    if len({entity for name in sketch.same for entity in types[name]}) > 1:
        return False
    return _attributes_hold(instance, bound) and _regions_hold(instance)


def _attributes_hold(instance: OpInstance, bound: specs.Bound) -> bool:
    for each in instance.sketch.attributes:
        entity = instance.attributes.get(each.name)
        if entity is None and each.arity == "single":
            return False
        if entity is not None and not each.spec.holds(entity, bound):
            return False
    return True


def _regions_hold(instance: OpInstance) -> bool:
    regions = instance.sketch.regions
    if len(instance.regions) != len(regions):
        return False
    return all(
        each.blocks is None or blocks == each.blocks for each, blocks in zip(regions, instance.regions, strict=True)
    )


def _groups(fields: tuple[FieldSketch, ...], written: Groups, segments: bool) -> Groups | None:
    """The values of each field; ``None`` where their numbers are wrong."""
    groups = written if segments else None
    if not needs_segments(fields):
        # One group of open size at most: what is left over goes there, so its neighbours' sizes do not show.
        groups = _regrouped(fields, [each for group in written for each in group])
    allowed = {"single": (1,), "optional": (0, 1)}
    fits = groups is not None and all(
        each.arity == "variadic" or len(group) in allowed[each.arity]
        for each, group in zip(fields, groups, strict=True)
    )
    return groups if fits else None


def _regrouped(fields: tuple[FieldSketch, ...], values: list[Entity]) -> Groups | None:
    spare = len(values) - sum(each.arity == "single" for each in fields)
    if spare < 0 or (spare > 0 and all(each.arity == "single" for each in fields)):
        return None
    groups: list[tuple[Entity, ...]] = []
    for each in fields:
        size = 1 if each.arity == "single" else spare
        groups.append(tuple(values[:size]))
        values = values[size:]
    return tuple(groups)
