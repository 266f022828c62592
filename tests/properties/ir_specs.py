"""Constraints as the tests see them: one reading as ireekit's constraint, one as the oracle's own predicate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ir_entities import Entity

from ireekit.dialect import constraints as ik

Bound: TypeAlias = "dict[str, Entity]"

_INTEGER_WIDTHS = {"i1": 1, "i8": 8, "i32": 32, "i64": 64, "si8": 8, "ui8": 8}


class Spec(ABC):
    """What a field must satisfy."""

    @abstractmethod
    def constraint(self, own: dict[str, Any]) -> Any:
        """As ireekit's; ``own``: the type classes of the dialect under test."""

    @abstractmethod
    def holds(self, entity: Entity, bound: Bound) -> bool:
        """Whether ``entity`` satisfies it, given what the variables are bound to; binds new ones."""


@dataclass(frozen=True)
class AnyType(Spec):
    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.AnyType

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return True


@dataclass(frozen=True)
class Integers(Spec):
    """Integers of some widths, of one sign or any."""

    widths: tuple[int, ...]
    sign: str | None

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.Integer(*self.widths, sign=self.sign)  # pyright: ignore[reportArgumentType]

    def holds(self, entity: Entity, bound: Bound) -> bool:
        sign = {"s": "signed", "u": "unsigned"}.get(entity.name[:1], "signless")
        fits = not self.widths or _INTEGER_WIDTHS.get(entity.name) in self.widths
        return entity.kind == "integer" and fits and self.sign in (None, sign)


@dataclass(frozen=True)
class Floats(Spec):
    names: tuple[str, ...]

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.Float(*self.names)

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return entity.kind == "float" and (not self.names or entity.name in self.names)


@dataclass(frozen=True)
class Index(Spec):
    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.Index

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return entity.kind == "index"


@dataclass(frozen=True)
class Exactly(Spec):
    entity: Entity

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.Is(self.entity.text)

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return entity == self.entity


@dataclass(frozen=True)
class Shaped(Spec):
    """Tensors, vectors or memrefs."""

    kind: str
    element: Spec | None = None
    rank: int | None = None
    pattern: tuple[int | str, ...] | None = None
    static: bool = False

    def constraint(self, own: dict[str, Any]) -> Any:
        cls = {"tensor": ik.Tensor, "vector": ik.Vector, "memref": ik.MemRef}[self.kind]
        element = None if self.element is None else self.element.constraint(own)
        return cls(element, rank=self.rank, shape=self.pattern, static=self.static)

    def holds(self, entity: Entity, bound: Bound) -> bool:
        if entity.kind != self.kind or entity.shape is None or entity.element is None:
            return False
        if self.element is not None and not self.element.holds(entity.element, bound):
            return False
        if self.rank is not None and len(entity.shape) != self.rank:
            return False
        if self.static and None in entity.shape:
            return False
        return self.pattern is None or self._matches(entity.shape)

    def _matches(self, shape: tuple[int | None, ...]) -> bool:
        assert self.pattern is not None
        if len(shape) != len(self.pattern):
            return False
        return all(want in ("?", have) for want, have in zip(self.pattern, shape, strict=True))


@dataclass(frozen=True)
class Own(Spec):
    """A type of the dialect under test, its parameters constrained further or not."""

    name: str
    parameters: tuple[Spec, ...] | None = None

    def constraint(self, own: dict[str, Any]) -> Any:
        cls = own[self.name]
        if self.parameters is None:
            return cls
        return ik.Parametric(cls, *(each.constraint(own) for each in self.parameters))

    def holds(self, entity: Entity, bound: Bound) -> bool:
        if entity.kind != "own" or entity.name != self.name:
            return False
        wanted = self.parameters
        return wanted is None or all(
            spec.holds(parameter, bound) for spec, parameter in zip(wanted, entity.parameters, strict=True)
        )


@dataclass(frozen=True)
class Either(Spec):
    options: tuple[Spec, ...]

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.AnyOf(*(each.constraint(own) for each in self.options))

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return any(each.holds(entity, bound) for each in self.options)


@dataclass(frozen=True)
class Both(Spec):
    options: tuple[Spec, ...]

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.AllOf(*(each.constraint(own) for each in self.options))

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return all(each.holds(entity, bound) for each in self.options)


@dataclass(frozen=True)
class Same(Spec):
    """Equality between all fields that name the variable."""

    name: str
    spec: Spec

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.Var(self.name, self.spec.constraint(own))

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return self.spec.holds(entity, bound) and bound.setdefault(self.name, entity) == entity


@dataclass(frozen=True)
class EvenText(Spec):
    """A Python predicate, which IRDL knows nothing of: the text of the type has an even length."""

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.Predicate(lambda value: len(str(value)) % 2 == 0, "type whose text has an even length")

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return len(entity.text) % 2 == 0


@dataclass(frozen=True)
class IntegerAttr(Spec):
    type: Spec | None = None
    low: int | None = None
    high: int | None = None

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.IntegerAttr(None if self.type is None else self.type.constraint(own), min=self.low, max=self.high)

    def holds(self, entity: Entity, bound: Bound) -> bool:
        if entity.kind != "integer attribute" or entity.element is None or entity.number is None:
            return False
        typed = self.type is None or self.type.holds(entity.element, bound)
        return (
            typed
            and (self.low is None or entity.number >= self.low)
            and (self.high is None or entity.number <= self.high)
        )


@dataclass(frozen=True)
class FloatAttr(Spec):
    type: Spec | None = None

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.FloatAttr(None if self.type is None else self.type.constraint(own))

    def holds(self, entity: Entity, bound: Bound) -> bool:
        if entity.kind != "float attribute" or entity.element is None:
            return False
        return self.type is None or self.type.holds(entity.element, bound)


@dataclass(frozen=True)
class TypeAttr(Spec):
    type: Spec

    def constraint(self, own: dict[str, Any]) -> Any:
        return ik.TypeAttr(self.type.constraint(own))

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return entity.kind == "type attribute" and self.type.holds(_type_of(entity), bound)


@dataclass(frozen=True)
class AttributeKind(Spec):
    """Any attribute of one kind."""

    kind: str

    def constraint(self, own: dict[str, Any]) -> Any:
        return {
            "string attribute": ik.StringAttr(),
            "unit attribute": ik.UnitAttr(),
            "symbol attribute": ik.SymbolRef(),
            "any": ik.AnyAttr,
        }[self.kind]

    def holds(self, entity: Entity, bound: Bound) -> bool:
        return self.kind in ("any", entity.kind)


def _type_of(attribute: Entity) -> Entity:
    assert attribute.element is not None
    return replace(attribute.element)
