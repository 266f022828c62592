"""What a definition says, as plain data: read by the emitters, printers, parsers, verifiers and generators.

Reached as ``MyOp.model``, ``MyType.model``, ``MyEnum.model`` and ``my_dialect.models``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from ireekit.dialect.constraints import Constraint, Predicate, Relation
    from ireekit.dialect.traits import Trait

Arity: TypeAlias = Literal["single", "optional", "variadic"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Any = _Missing()
"""The default of an attribute that has none."""

OPERAND_SEGMENTS = "operandSegmentSizes"
RESULT_SEGMENTS = "resultSegmentSizes"


@dataclass(frozen=True)
class ValueField:
    """An operand or a result, or a group of them.

    ``constraint`` holds for the type of each value of the group.
    """

    name: str
    kind: Literal["operand", "result"]
    arity: Arity
    constraint: Constraint
    doc: str = ""


@dataclass(frozen=True)
class AttributeField:
    """An attribute of an operation.

    Attributes:
      optional: it may be absent, and reads as ``None`` then.
      default: the Python value that absence stands for; ``MISSING`` where there is none.
    """

    name: str
    constraint: Constraint
    optional: bool = False
    default: Any = MISSING
    doc: str = ""

    @property
    def has_default(self) -> bool:
        return self.default is not MISSING

    @property
    def required(self) -> bool:
        """Whether verified IR must hold it."""
        return not self.optional and not self.has_default


@dataclass(frozen=True)
class RegionField:
    """A region, or (``variadic``) the last regions of an operation.

    Attributes:
      blocks: how many blocks it has; ``None``: any number.
      arguments: constraints of the entry block's arguments; ``None``: any.
    """

    name: str
    variadic: bool = False
    blocks: int | None = None
    arguments: tuple[Constraint, ...] | None = None
    doc: str = ""


@dataclass(frozen=True)
class SuccessorField:
    """A block the operation may branch to, or (``variadic``) the last of them."""

    name: str
    variadic: bool = False
    doc: str = ""


@dataclass(frozen=True)
class ParameterField:
    """A parameter of a type or attribute."""

    name: str
    constraint: Constraint
    doc: str = ""


@dataclass(frozen=True)
class OpModel:
    """One operation. ``name`` is the full one, e.g. ``"acme.matmul"``.

    Attributes:
      relations: what must hold between its fields.
      assembly_format: as in ODS; ``None``: the generic form.
      order: the names of all fields in the order they are written, for ``match``.
      cls: the class it was written as.
    """

    name: str
    summary: str
    description: str
    operands: tuple[ValueField, ...]
    results: tuple[ValueField, ...]
    attributes: tuple[AttributeField, ...]
    regions: tuple[RegionField, ...]
    successors: tuple[SuccessorField, ...]
    traits: tuple[Trait, ...]
    relations: tuple[Relation | Predicate, ...]
    assembly_format: str | None
    order: tuple[str, ...]
    cls: type = field(repr=False)

    @property
    def dialect(self) -> str:
        return self.name.partition(".")[0]

    @property
    def local_name(self) -> str:
        """Its name without the dialect's."""
        return self.name.partition(".")[2]

    @functools.cached_property
    def needs_operand_segments(self) -> bool:
        """More than one optional or variadic operand: ``operandSegmentSizes`` tells them apart."""
        return _needs_segments(self.operands)

    @functools.cached_property
    def needs_result_segments(self) -> bool:
        """More than one optional or variadic result: ``resultSegmentSizes`` tells them apart."""
        return _needs_segments(self.results)

    @functools.cached_property
    def fixed_operands(self) -> Mapping[str, slice] | None:
        """The place of each operand where every field takes exactly one."""
        return _fixed(self.operands)

    @functools.cached_property
    def fixed_results(self) -> Mapping[str, slice] | None:
        """The place of each result where every field gives exactly one."""
        return _fixed(self.results)

    @functools.cached_property
    def fields(self) -> Mapping[str, ValueField | AttributeField | RegionField | SuccessorField]:
        """Every field by its name, in the order they are written."""
        rows = (*self.operands, *self.results, *self.attributes, *self.regions, *self.successors)
        by_name = {row.name: row for row in rows}
        return {name: by_name[name] for name in self.order}

    def trait(self, name: str) -> Trait | None:
        """The trait of that name, if the operation has it."""
        return next((trait for trait in self.traits if trait.name == name), None)

    def has_trait(self, name: str) -> bool:
        return self.trait(name) is not None


@dataclass(frozen=True)
class TypeModel:
    """One type; ``assembly_format`` ``None``: ``!name<parameter, ...>``."""

    name: str
    summary: str
    description: str
    parameters: tuple[ParameterField, ...]
    assembly_format: str | None
    verify: Callable[[Any], None] | None = field(repr=False)
    cls: type = field(repr=False)

    @property
    def dialect(self) -> str:
        return self.name.partition(".")[0]

    @property
    def local_name(self) -> str:
        return self.name.partition(".")[2]

    @property
    def sigil(self) -> str:
        return "!"


@dataclass(frozen=True)
class AttrModel(TypeModel):
    """One attribute; ``assembly_format`` ``None``: ``#name<parameter, ...>``."""

    @property
    def sigil(self) -> str:
        return "#"


@dataclass(frozen=True)
class EnumModel:
    """One enum: its members' values are all integers (stored as ``i32``) or all strings (stored as strings)."""

    name: str
    summary: str
    description: str
    members: Mapping[str, int | str]
    cls: type = field(repr=False)

    @property
    def dialect(self) -> str:
        return self.name.partition(".")[0]

    @property
    def local_name(self) -> str:
        return self.name.partition(".")[2]

    @property
    def storage(self) -> Literal["i32", "string"]:
        return "i32" if all(isinstance(value, int) for value in self.members.values()) else "string"


@dataclass(frozen=True)
class DialectModel:
    """A whole dialect, each part by its full name."""

    name: str
    summary: str
    description: str
    ops: Mapping[str, OpModel]
    types: Mapping[str, TypeModel]
    attributes: Mapping[str, AttrModel]
    enums: Mapping[str, EnumModel]


def _fixed(fields: tuple[ValueField, ...]) -> Mapping[str, slice] | None:
    if any(field.arity != "single" for field in fields):
        return None
    return {field.name: slice(index, index + 1) for index, field in enumerate(fields)}


def _needs_segments(fields: tuple[ValueField, ...]) -> bool:
    return sum(value.arity != "single" for value in fields) > 1
