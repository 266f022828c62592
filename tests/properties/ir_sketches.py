"""Random dialect definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ir_specs as specs
from hypothesis import strategies as st
from ir_entities import BUILTIN_TYPES, SCALARS

ARITIES = ("single", "optional", "variadic")


@dataclass(frozen=True)
class TypeSketch:
    """A type of the dialect: its name and what its parameters must satisfy."""

    name: str
    parameters: tuple[tuple[str, specs.Spec], ...]


@dataclass(frozen=True)
class FieldSketch:
    """An operand, result or attribute; ``arity`` of an attribute: ``"single"`` or ``"optional"``."""

    name: str
    spec: specs.Spec
    arity: str


@dataclass(frozen=True)
class RegionSketch:
    name: str
    blocks: int | None


@dataclass(frozen=True)
class OpSketch:
    """An operation of the dialect; ``same``: operands and results whose values all have one type, if any."""

    name: str
    operands: tuple[FieldSketch, ...]
    results: tuple[FieldSketch, ...]
    attributes: tuple[FieldSketch, ...]
    regions: tuple[RegionSketch, ...]
    same: tuple[str, ...] = ()


@dataclass(frozen=True)
class DialectSketch:
    """A definition, from which ireekit's classes are made and which the oracle reads."""

    name: str
    types: tuple[TypeSketch, ...]
    ops: tuple[OpSketch, ...]


def needs_segments(fields: tuple[FieldSketch, ...]) -> bool:
    return sum(each.arity != "single" for each in fields) > 1


# Specs of types.

_widths = st.lists(st.sampled_from((1, 8, 32, 64)), max_size=2, unique=True).map(tuple)
_float_names = st.lists(st.sampled_from(("f16", "bf16", "f32", "f64")), max_size=2, unique=True).map(tuple)

SCALAR_SPECS: st.SearchStrategy[specs.Spec] = st.one_of(
    st.builds(specs.Integers, _widths, st.sampled_from(("signless", "signed", "unsigned", None))),
    st.builds(specs.Floats, _float_names),
    st.just(specs.Index()),
)


def shaped_specs() -> st.SearchStrategy[specs.Spec]:
    patterns = st.sampled_from((None, None, (4,), ("?", 4), (2, 3), ("?", "?"), ()))

    def build(kind: str, element: specs.Spec | None, pattern: Any, rank: int | None, static: bool) -> specs.Spec:
        return specs.Shaped(kind, element, None if pattern is not None else rank, pattern, static)

    ranks = st.sampled_from((None, None, 0, 1, 2))
    kinds = st.sampled_from(("tensor", "tensor", "vector", "memref"))
    return st.builds(build, kinds, st.none() | SCALAR_SPECS, patterns, ranks, st.booleans())


def type_specs(own: tuple[TypeSketch, ...]) -> st.SearchStrategy[specs.Spec]:
    leaves = [
        SCALAR_SPECS,
        st.just(specs.AnyType()),
        st.builds(specs.Exactly, st.sampled_from(BUILTIN_TYPES)),
        shaped_specs(),
        *(own_specs(each) for each in own),
    ]
    leaf = st.one_of(leaves)
    pairs = st.lists(leaf, min_size=2, max_size=2).map(tuple)
    return st.one_of(
        leaf,
        st.builds(specs.Either, pairs),
        st.builds(specs.Both, st.tuples(leaf, leaf)),
        st.builds(specs.Both, st.tuples(leaf, st.just(specs.EvenText()))),
    )


def own_specs(sketch: TypeSketch) -> st.SearchStrategy[specs.Spec]:
    """The type with any parameters, or with its first one fixed."""
    plain: st.SearchStrategy[specs.Spec] = st.just(specs.Own(sketch.name))
    if not sketch.parameters:
        return plain
    rest = tuple(spec for _, spec in sketch.parameters[1:])
    first = st.sampled_from(SCALARS).map(specs.Exactly)
    return plain | first.map(lambda spec: specs.Own(sketch.name, (spec, *rest)))


ATTRIBUTE_SPECS: st.SearchStrategy[specs.Spec] = st.one_of(
    st.builds(
        specs.IntegerAttr,
        st.none() | st.just(specs.Integers((32,), "signless")) | st.just(specs.Index()),
        st.sampled_from((None, 0, 1)),
        st.sampled_from((None, 7, 100)),
    ),
    st.builds(specs.FloatAttr, st.none() | st.just(specs.Floats(("f32",)))),
    st.builds(specs.TypeAttr, SCALAR_SPECS),
    st.builds(specs.AttributeKind, st.sampled_from(("string attribute", "unit attribute", "symbol attribute", "any"))),
)


# Definitions.


@st.composite
def dialects(draw: st.DrawFn, name: str) -> DialectSketch:
    """A dialect of up to two types and three operations."""
    types = tuple(
        TypeSketch(f"t{number}", tuple((f"p{index}", spec) for index, spec in enumerate(parameters)))
        for number, parameters in enumerate(draw(st.lists(_parameters(), max_size=2)))
    )
    variables = {f"V{number}": draw(type_specs(types)) for number in range(draw(st.integers(0, 2)))}
    count = draw(st.integers(1, 3))
    return DialectSketch(name, types, tuple(draw(_ops(f"op{number}", types, variables)) for number in range(count)))


def _parameters() -> st.SearchStrategy[list[specs.Spec]]:
    first = SCALAR_SPECS
    other = st.builds(specs.IntegerAttr, st.just(specs.Integers((64,), "signless")), st.just(0), st.just(100))
    return st.one_of(st.just([]), st.tuples(first).map(list), st.tuples(first, other).map(list))


@st.composite
def _ops(draw: st.DrawFn, name: str, types: tuple[TypeSketch, ...], variables: Mapping[str, specs.Spec]) -> OpSketch:
    same = [specs.Same(variable, spec) for variable, spec in variables.items()]
    values = st.one_of(type_specs(types), *(st.just(each) for each in same))

    def fields(prefix: str, most: int) -> tuple[FieldSketch, ...]:
        count = draw(st.integers(0, most))
        arity = st.sampled_from(("single", "single", "optional", "variadic"))
        return tuple(FieldSketch(f"{prefix}{number}", draw(values), draw(arity)) for number in range(count))

    attributes = tuple(
        FieldSketch(f"a{number}", draw(ATTRIBUTE_SPECS), draw(st.sampled_from(("single", "optional"))))
        for number in range(draw(st.integers(0, 2)))
    )
    regions = tuple(
        RegionSketch(f"g{number}", draw(st.sampled_from((None, 1)))) for number in range(draw(st.integers(0, 1)))
    )
    operands, results = fields("i", 3), fields("o", 2)
    names = [each.name for each in (*operands, *results)]
    same = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)) if len(names) > 1 else []
    same = same if draw(st.integers(0, 3)) == 0 else []
    return OpSketch(name, operands, results, attributes, regions, tuple(same))
