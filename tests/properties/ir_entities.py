"""Types and attributes to draw from, described independently of ireekit: what the oracle reasons about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entity:
    """A type or attribute.

    Attributes:
      text: in MLIR; ``{d}`` stands for the name of the dialect under test.
      kind: ``"integer"``, ``"float"``, ``"tensor"``, ..., ``"own"`` for types of the dialect under test.
      name: of scalars, e.g. ``"si8"``; of own types, without the dialect.
      element: of shaped types.
      shape: of ranked shaped types; ``None`` for a dynamic extent.
      parameters: of own types.
      number: of integer attributes.
      valid: whether the parameters of an own type satisfy its definition.
    """

    text: str
    kind: str
    name: str = ""
    element: Entity | None = None
    shape: tuple[int | None, ...] | None = None
    parameters: tuple[Entity, ...] = ()
    number: int | None = None
    valid: bool = True


def scalar(name: str) -> Entity:
    kind = "float" if "f" in name else "index" if name == "index" else "integer"
    return Entity(name, kind, name)


def shaped(kind: str, element: str, *shape: int | None) -> Entity:
    extents = "".join(f"{'?' if extent is None else extent}x" for extent in shape)
    return Entity(f"{kind}<{extents}{element}>", kind, element=scalar(element), shape=shape)


def integer(number: int, name: str) -> Entity:
    return Entity(f"{number} : {name}", "integer attribute", element=scalar(name), number=number)


SCALARS = tuple(map(scalar, ("i1", "i8", "i32", "i64", "si8", "ui8", "index", "f16", "bf16", "f32", "f64")))

BUILTIN_TYPES = (
    *SCALARS,
    shaped("tensor", "f32", 4),
    shaped("tensor", "f32", None, 4),
    shaped("tensor", "i32", 2, 3),
    shaped("tensor", "f16"),
    shaped("tensor", "i8", 4, 4),
    Entity("tensor<*xf32>", "unranked tensor", element=scalar("f32")),
    shaped("vector", "f32", 4),
    shaped("vector", "i8", 2, 8),
    shaped("memref", "f32", 4),
    shaped("memref", "f64", None),
    Entity("complex<f32>", "complex", element=scalar("f32")),
    Entity("tuple<i32, f32>", "tuple"),
    Entity("none", "none"),
)

ATTRIBUTES = (
    *(integer(number, "i32") for number in (-1, 0, 1, 7)),
    *(integer(number, "i64") for number in (0, 5, 1000)),
    integer(3, "index"),
    Entity("1.5 : f32", "float attribute", element=scalar("f32")),
    Entity("2.0 : f64", "float attribute", element=scalar("f64")),
    Entity('"text"', "string attribute"),
    Entity('""', "string attribute"),
    Entity("unit", "unit attribute"),
    Entity("[1, 2]", "array attribute"),
    Entity("array<i32: 1, 2>", "dense array"),
    Entity("f32", "type attribute", element=scalar("f32")),
    Entity("i8", "type attribute", element=scalar("i8")),
    Entity("@symbol", "symbol attribute"),
)
