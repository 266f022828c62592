"""Fields of a view as attributes of its instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints import UnitAttr
from ireekit.dialect.constraints.base import attribute_of
from ireekit.dialect.errors import BuildError, ConstraintError, VerificationError
from ireekit.dialect.model import AttributeField, OpModel, RegionField, SuccessorField, ValueField
from ireekit.dialect.segments import SegmentError, group_slices, operand_slices, result_slices

if TYPE_CHECKING:
    from ireekit.dialect.op import Op


class FieldDescriptor:
    """One field; ``MyOp.lhs.field`` on the class, its value on an instance."""

    def __init__(self, field: Any) -> None:
        self.field = field
        self.__doc__ = field.doc

    def __get__(self, view: Op | None, owner: type | None = None) -> Any:
        if view is None:
            return self
        try:
            return self._read(view.model, view.operation)
        except SegmentError as error:
            raise _invalid(view, str(error), self.field.name) from error

    def __set__(self, view: Op, value: Any) -> None:
        raise AttributeError(f"{self.field.name!r} of {view.model.name} cannot be assigned")

    def __repr__(self) -> str:
        return f"<field {self.field.name!r}>"

    def _read(self, model: OpModel, operation: Any) -> Any:
        raise NotImplementedError


class _Operand(FieldDescriptor):
    field: ValueField

    def _read(self, model: OpModel, operation: Any) -> Any:
        return _values(self.field, operation.operands, operand_slices(model, operation))

    def __set__(self, view: Op, value: Any) -> None:
        """Replace the operand; a variadic one by as many values."""
        from ireekit.dialect.build import as_values

        where = operand_slices(view.model, view.operation)[self.field.name]
        values = as_values(self.field, value)
        if len(values) != where.stop - where.start:
            raise BuildError(
                f"{view.model.name}: {self.field.name!r} has {where.stop - where.start} values, not {len(values)}",
                remedy="build a new operation to change their number",
            )
        for index, operand in enumerate(values, where.start):
            view.operation.operands[index] = operand


class _Result(FieldDescriptor):
    field: ValueField

    def _read(self, model: OpModel, operation: Any) -> Any:
        return _values(self.field, operation.results, result_slices(model, operation))


class _Attribute(FieldDescriptor):
    field: AttributeField

    def _read(self, model: OpModel, operation: Any) -> Any:
        field = self.field
        if field.name in operation.attributes:
            attribute = attribute_of(operation, field.name)
            if attribute is None:
                raise BuildError(f"{model.name}: the bindings cannot represent the attribute {field.name!r}")
            try:
                return field.constraint.to_python(attribute)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                # Not verified yet: the attribute is not what the definition says.
                raise SegmentError(
                    f"attribute {field.name!r}: expected {field.constraint.describe()}, found {attribute}"
                ) from error
        if field.has_default:
            return field.default
        if isinstance(field.constraint, UnitAttr):
            return False
        if field.optional:
            return None
        raise SegmentError(f"the attribute {field.name!r} is missing")

    def __set__(self, view: Op, value: Any) -> None:
        """Set the attribute from a Python value or attribute; ``None`` (``False`` for a flag) removes it."""
        absent = value is None or (value is False and isinstance(self.field.constraint, UnitAttr))
        if absent:
            self.__delete__(view)
            return
        try:
            attribute = self.field.constraint.to_attribute(value, view.operation.context)
            self.field.constraint.verify(attribute)
        except ConstraintError as error:
            raise BuildError(f"{view.model.name}: attribute {self.field.name!r}: {error.cause}") from error
        view.operation.attributes[self.field.name] = attribute

    def __delete__(self, view: Op) -> None:
        if self.field.required:
            raise BuildError(f"{view.model.name}: the attribute {self.field.name!r} is not optional")
        if self.field.name in view.operation.attributes:
            del view.operation.attributes[self.field.name]


class _Region(FieldDescriptor):
    field: RegionField

    def _read(self, model: OpModel, operation: Any) -> Any:
        regions = list(operation.regions)
        found = regions[group_slices(model.regions, len(regions), "region")[self.field.name]]
        return tuple(found) if self.field.variadic else found[0]


class _Successor(FieldDescriptor):
    field: SuccessorField

    def _read(self, model: OpModel, operation: Any) -> Any:
        blocks = list(operation.successors)
        found = blocks[group_slices(model.successors, len(blocks), "successor")[self.field.name]]
        return tuple(found) if self.field.variadic else found[0]


_DESCRIPTORS: dict[object, type[FieldDescriptor]] = {
    "operand": _Operand,
    "result": _Result,
    AttributeField: _Attribute,
    RegionField: _Region,
    SuccessorField: _Successor,
}


def descriptor(field: Any) -> FieldDescriptor:
    """The descriptor of a field of an operation."""
    return _DESCRIPTORS[field.kind if isinstance(field, ValueField) else type(field)](field)


def _values(field: ValueField, values: Any, slices: Mapping[str, slice]) -> Any:
    where = slices[field.name]
    if field.arity == "single":
        return values[where.start]
    found = tuple(values[index] for index in range(where.start, where.stop))
    if field.arity == "variadic":
        return found
    return found[0] if found else None


def _invalid(view: Op, cause: str, name: str) -> VerificationError:
    return VerificationError(
        f"{view.model.name}: {cause}", field=name, op=view.model.name, where=view.operation.location
    )
