"""Random operations of a definition, valid or broken in one place, and their text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import ir_specs as specs
from hypothesis import strategies as st
from ir_entities import ATTRIBUTES, BUILTIN_TYPES, SCALARS, Entity, integer
from ir_sketches import DialectSketch, FieldSketch, OpSketch, needs_segments


@dataclass(frozen=True)
class OpInstance:
    """One operation as it is to be written.

    Attributes:
      operands, results: the types of each group, in the order of the definition.
      segments: whether the sizes of the groups are written where they are needed.
      attributes: by name.
      regions: how many blocks each region has.
    """

    sketch: OpSketch
    operands: tuple[tuple[Entity, ...], ...]
    results: tuple[tuple[Entity, ...], ...]
    attributes: Mapping[str, Entity] = field(default_factory=dict[str, Entity])
    regions: tuple[int, ...] = ()
    segments: bool = True


@st.composite
def instances(draw: st.DrawFn, dialect: DialectSketch) -> OpInstance:
    """An operation of ``dialect``: most draws try to be valid, and are then broken in one place or left alone."""
    sketch = draw(st.sampled_from(dialect.ops))
    pool = types_of(dialect)
    bound: specs.Bound = {}

    def groups(fields: tuple[FieldSketch, ...]) -> tuple[tuple[Entity, ...], ...]:
        return tuple(
            tuple(_fitting(draw, each.spec, pool, bound) for _ in range(draw(_SIZES[each.arity]))) for each in fields
        )

    operands, results = groups(sketch.operands), groups(sketch.results)
    attributes = {
        each.name: _fitting(draw, each.spec, ATTRIBUTES, bound)
        for each in sketch.attributes
        if each.arity == "single" or draw(st.booleans())
    }
    regions = tuple(1 if each.blocks == 1 else draw(st.integers(0, 2)) for each in sketch.regions)
    instance = OpInstance(sketch, operands, results, attributes, regions)
    breaks = _breaks(instance, pool)
    return draw(st.sampled_from(breaks))(draw, instance) if breaks and draw(st.booleans()) else instance


_SIZES = {"single": st.just(1), "optional": st.integers(0, 1), "variadic": st.integers(0, 3)}


def types_of(dialect: DialectSketch) -> tuple[Entity, ...]:
    """Every type an operation is tried with: builtin ones, and of the dialect's own some valid ones and a wrong one."""
    own: list[Entity] = []
    for sketch in dialect.types:
        choices: list[tuple[Entity, ...]] = [()]
        wrong: list[Entity] = []
        for _, spec in sketch.parameters:
            pool = (*SCALARS, *(integer(number, "i64") for number in (0, 3, 1000)))
            fitting = [each for each in pool if spec.holds(each, {})]
            wrong += [each for each in pool if not spec.holds(each, {})][-1:]
            choices = [(*chosen, each) for chosen in choices for each in fitting[:3]]
        own += [own_type(dialect.name, sketch.name, parameters) for parameters in choices]
        if len(wrong) == len(sketch.parameters) > 0:
            own.append(own_type(dialect.name, sketch.name, tuple(wrong), valid=False))
    return (*BUILTIN_TYPES, *own)


def own_type(dialect: str, name: str, parameters: tuple[Entity, ...], *, valid: bool = True) -> Entity:
    inner = ", ".join(each.text for each in parameters)
    text = f"!{dialect}.{name}" + (f"<{inner}>" if parameters else "")
    return Entity(text, "own", name, parameters=parameters, valid=valid)


def _fitting(draw: st.DrawFn, spec: specs.Spec, pool: tuple[Entity, ...], bound: specs.Bound) -> Entity:
    """One that satisfies ``spec``, or any where none does."""
    fitting = [each for each in pool if each.valid and spec.holds(each, dict(bound))]
    chosen = draw(st.sampled_from(fitting or pool))
    spec.holds(chosen, bound)
    return chosen


_Break = Callable[[st.DrawFn, OpInstance], OpInstance]


def _breaks(instance: OpInstance, pool: tuple[Entity, ...]) -> list[_Break]:
    """Ways to spoil ``instance``; some leave it valid by chance."""
    ways: list[_Break] = []
    for kind in ("operands", "results"):
        groups: tuple[tuple[Entity, ...], ...] = getattr(instance, kind)
        for index, group in enumerate(groups):
            if group:
                ways.append(_retype(kind, index, pool))
            ways.append(_resize(kind, index, pool))
    if needs_segments(instance.sketch.operands) or needs_segments(instance.sketch.results):
        ways.append(lambda draw, it: replace(it, segments=False))
    for name in instance.attributes:
        ways.append(_change_attribute(name))
        ways.append(_drop_attribute(name))
    if instance.regions:
        ways.append(lambda draw, it: replace(it, regions=(draw(st.integers(0, 2)),)))
        ways.append(lambda draw, it: replace(it, regions=()))
    ways.append(lambda draw, it: replace(it, regions=(*it.regions, 1)))
    return ways


def _retype(kind: str, index: int, pool: tuple[Entity, ...]) -> _Break:
    def apply(draw: st.DrawFn, instance: OpInstance) -> OpInstance:
        groups = [list(group) for group in getattr(instance, kind)]
        groups[index][draw(st.integers(0, len(groups[index]) - 1))] = draw(st.sampled_from(pool))
        return replace(instance, **{kind: tuple(map(tuple, groups))})

    return apply


def _resize(kind: str, index: int, pool: tuple[Entity, ...]) -> _Break:
    def apply(draw: st.DrawFn, instance: OpInstance) -> OpInstance:
        groups = [tuple(group) for group in getattr(instance, kind)]
        filler = groups[index][0] if groups[index] else draw(st.sampled_from(pool))
        groups[index] = (filler,) * draw(st.integers(0, 3))
        return replace(instance, **{kind: tuple(groups)})

    return apply


def _change_attribute(name: str) -> _Break:
    return lambda draw, it: replace(it, attributes={**it.attributes, name: draw(st.sampled_from(ATTRIBUTES))})


def _drop_attribute(name: str) -> _Break:
    return lambda draw, it: replace(it, attributes={key: each for key, each in it.attributes.items() if key != name})


def module_text(instance: OpInstance, dialect: str) -> str:
    """A module with one function around the operation, in generic form.

    The regions' blocks end with a terminator of another dialect.
    """
    operands = [each for group in instance.operands for each in group]
    results = [each for group in instance.results for each in group]
    attributes = {name: each.text for name, each in instance.attributes.items()}
    for fields, groups, name in (
        (instance.sketch.operands, instance.operands, "operandSegmentSizes"),
        (instance.sketch.results, instance.results, "resultSegmentSizes"),
    ):
        if needs_segments(fields) and instance.segments:
            attributes[name] = f"array<i32: {', '.join(str(len(group)) for group in groups)}>"
    arguments = ", ".join(f"%a{number}: {each.text}" for number, each in enumerate(operands))
    names = ", ".join(f"%a{number}" for number in range(len(operands)))
    inputs = ", ".join(each.text for each in operands)
    outputs = ", ".join(each.text for each in results)
    written = ", ".join(f"{name} = {text}" for name, text in attributes.items())
    left = f"%r:{len(results)} = " if results else ""
    regions = f" ({', '.join(map(_region_text, instance.regions))})" if instance.regions else ""
    return (
        f"func.func private @f({arguments}) {{\n"
        f'  {left}"{dialect}.{instance.sketch.name}"({names}){regions} {{{written}}} : ({inputs}) -> ({outputs})\n'
        "  return\n}\n"
    )


def _region_text(blocks: int) -> str:
    return "{" + "".join(f"\n  ^bb{number}:\n    ub.unreachable" for number in range(blocks)) + "}"
