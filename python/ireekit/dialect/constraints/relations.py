"""What must hold between the fields of an operation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ireekit.dialect.constraints.base import ir_of, text_of
from ireekit.dialect.constraints.shaped import extents
from ireekit.dialect.constraints.shapes import UNKNOWN, ShapeText
from ireekit.dialect.errors import DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir

FieldTypes: TypeAlias = "Mapping[str, Sequence[ir.Type]]"
"""The types of the values of each operand and result field; no entry: unknown, or not there."""


class Relation(ABC):
    """Something that holds between fields; checked by us, after each field's own constraint."""

    @property
    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """The fields it speaks of; a definition that lacks one of them is refused."""

    @abstractmethod
    def check(
        self, types: FieldTypes, attributes: Mapping[str, Any], variadic: Collection[str] = frozenset()
    ) -> str | None:
        """``None`` where it holds, or cannot be told; else what is wrong.

        Args:
          types: the types of the values of each operand and result field.
          attributes: the Python values of the attributes, absent ones as ``None``.
          variadic: the fields that are variadic.
        """

    @abstractmethod
    def describe(self) -> str:
        """For people, e.g. ``"lhs and out have the same element type"``."""

    def infer(self, name: str, types: FieldTypes) -> ir.Type | None:
        """The type of the values of field ``name`` if it follows from ``types`` alone."""
        return None


class _Same(Relation):
    noun: ClassVar[str]

    def __init__(self, *fields: str) -> None:
        if len(fields) < 2:
            raise DefinitionError(f"{type(self).__name__} needs the names of at least two fields")
        self._fields = fields

    @property
    def fields(self) -> tuple[str, ...]:
        return self._fields

    def describe(self) -> str:
        return f"{', '.join(self._fields[:-1])} and {self._fields[-1]} have the same {self.noun}"

    def check(
        self, types: FieldTypes, attributes: Mapping[str, Any], variadic: Collection[str] = frozenset()
    ) -> str | None:
        first: tuple[str, Any, Any] | None = None
        for name, kind in _flatten(self._fields, types):
            quality = self._quality(kind)
            if quality is UNKNOWN:
                continue
            if first is None:
                first = (name, kind, quality)
            elif not self._agree(first[2], quality):
                return f"{self.describe()}: {first[0]} has {text_of(first[1])}, {name} has {text_of(kind)}"
        return None

    def _agree(self, one: Any, other: Any) -> bool:
        return one == other

    @abstractmethod
    def _quality(self, kind: Any) -> Any: ...


class SameType(_Same):
    """The values of the fields have one type."""

    noun = "type"

    def _quality(self, kind: Any) -> Any:
        return kind

    def infer(self, name: str, types: FieldTypes) -> ir.Type | None:
        if name not in self._fields:
            return None
        return next((kind for other, kind in _flatten(self._fields, types) if other != name), None)


class SameElementType(_Same):
    """The values of the fields have one element type; a type without elements counts as its own."""

    noun = "element type"

    def _quality(self, kind: Any) -> Any:
        return kind.element_type if isinstance(kind, ir_of(kind).ShapedType) else kind


class SameShape(_Same):
    """The values of the fields have one shape; a dynamic extent agrees with any."""

    noun = "shape"

    def _quality(self, kind: Any) -> Any:
        return _shape(kind)

    def _agree(self, one: Any, other: Any) -> bool:
        return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


class SameRank(_Same):
    """The values of the fields have one rank; a type without dimensions has rank 0."""

    noun = "rank"

    def _quality(self, kind: Any) -> Any:
        if not isinstance(kind, ir_of(kind).ShapedType):
            return 0
        return kind.rank if kind.has_rank else UNKNOWN


class ShapeRelation(Relation):
    """An expression over shapes, e.g. ``ShapeRelation("lhs[1] == rhs[0]")``.

    Integers, ``+ - * // %``, comparisons, ``and``, ``or``, ``not``; ``x[i]``: an extent of a field's shape (of the
    ``n``-th value of a variadic one: ``parts[n][i]``); ``rank(x)``, ``elements(x)``, ``len(parts)``, ``min``, ``max``;
    the name of an integer or boolean attribute. What depends on a dynamic extent, or on an absent field, holds.

    Raises:
      DefinitionError: the text is no such expression.
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self._parsed = ShapeText(self.text)

    @property
    def fields(self) -> tuple[str, ...]:
        return self._parsed.names

    def describe(self) -> str:
        return self.text

    def check(
        self, types: FieldTypes, attributes: Mapping[str, Any], variadic: Collection[str] = frozenset()
    ) -> str | None:
        shapes: dict[str, Any] = {}
        for name, kinds in types.items():
            found = [_shape(kind) for kind in kinds]
            shapes[name] = found if name in variadic else (found[0] if found else UNKNOWN)
        outcome = self._parsed.evaluate(shapes, attributes)
        if isinstance(outcome, str):
            return f"{self.text}: {outcome}"
        if outcome is UNKNOWN or outcome:
            return None
        found = ", ".join(f"{name}: {text_of(kind)}" for name, kind in _flatten(self.fields, types))
        return f"expected {self.text}, found {found}"


def _shape(kind: Any) -> Any:
    """The extents of a type, none for one without dimensions; ``UNKNOWN`` for an unranked one."""
    if not isinstance(kind, ir_of(kind).ShapedType):
        return ()
    return extents(kind) if kind.has_rank else UNKNOWN


def _flatten(names: Sequence[str], types: FieldTypes) -> Iterator[tuple[str, Any]]:
    for name in names:
        kinds = types.get(name, ())
        for index, kind in enumerate(kinds):
            yield (name if len(kinds) == 1 else f"{name}[{index}]"), kind
