"""Attributes that hold many values: arrays, dense arrays, dictionaries, elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ireekit.dialect.constraints.attributes import as_attribute_constraint
from ireekit.dialect.constraints.base import (
    Constraint,
    Scope,
    as_constraint,
    bare,
    describe_python,
    ir_of,
)
from ireekit.dialect.constraints.emitter import IrdlEmitter
from ireekit.dialect.constraints.logic import AnyAttr
from ireekit.dialect.errors import ConstraintError, DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir

_DENSE = {
    "i1": ("DenseBoolArrayAttr", "bool"),
    "i8": ("DenseI8ArrayAttr", "int"),
    "i16": ("DenseI16ArrayAttr", "int"),
    "i32": ("DenseI32ArrayAttr", "int"),
    "i64": ("DenseI64ArrayAttr", "int"),
    "f32": ("DenseF32ArrayAttr", "float"),
    "f64": ("DenseF64ArrayAttr", "float"),
}


class ArrayAttr(Constraint):
    """A list of attributes: ``element`` holds for each; ``length``, or ``min`` and ``max``, for their number."""

    def __init__(
        self,
        element: object = None,
        *,
        length: int | None = None,
        min: int | None = None,  # noqa: A002
        max: int | None = None,  # noqa: A002
    ) -> None:
        self.element = AnyAttr if element is None else as_attribute_constraint(element, "ArrayAttr")
        self.bounds = (min if length is None else length, max if length is None else length)
        if (self.bounds[0] or 0) < 0 or (self.bounds[1] is not None and self.bounds[1] < (self.bounds[0] or 0)):
            raise DefinitionError(f"ArrayAttr: impossible number of elements {self.bounds}")

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, ir_of(value).ArrayAttr):
            return self.mismatch(value)
        if not _within(len(value), self.bounds):
            return f"expected {self.describe()}, found {len(value)} elements"
        for index, element in enumerate(value):
            problem = self.element.check(bare(element), scope)
            if problem is not None:
                return f"element {index}: {problem}"
        return None

    def describe(self) -> str:
        return f"array of {_count(self.bounds)}{self.element.describe()}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = 'irdl.base "#builtin.array"'
        says_all = self.element is AnyAttr and self.bounds == (None, None)
        return emitter.emit(statement) if says_all else emitter.less(self, statement)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.element,)

    @property
    def python(self) -> str:
        return f"Sequence[{self.element.python}]"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if not _is_sequence(value):
            return super().to_attribute(value, context)
        if not _within(len(value), self.bounds):
            raise ConstraintError(f"expected {self.describe()}, found {len(value)} elements")
        elements = [self.element.to_attribute(element, context) for element in value]
        return ir_of(context).ArrayAttr.get(elements, context=context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        value: Any = bare(attribute)
        return tuple(self.element.to_python(element) for element in value)


class DenseArray(Constraint):
    """``array<i64: 1, 2>``: numbers of one type, ``element`` one of I1, I8, I16, I32, I64, F32, F64."""

    def __init__(
        self,
        element: object,
        *,
        length: int | None = None,
        min: int | None = None,  # noqa: A002
        max: int | None = None,  # noqa: A002
    ) -> None:
        self.element = as_constraint(element, "DenseArray")
        if self.element.describe() not in _DENSE:
            raise DefinitionError(
                f"DenseArray of {self.element.describe()}", remedy=f"the element is one of {', '.join(_DENSE)}"
            )
        self.cls, self._number = _DENSE[self.element.describe()]
        self.bounds = (min if length is None else length, max if length is None else length)

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, getattr(ir_of(value), self.cls)):
            return self.mismatch(value)
        return None if _within(len(value), self.bounds) else f"expected {self.describe()}, found {len(value)} elements"

    def describe(self) -> str:
        return f"dense array of {_count(self.bounds)}{self.element.describe()}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        return emitter.less(self, 'irdl.base "#builtin.dense_array"')

    @property
    def python(self) -> str:
        return f"Sequence[{self._number}]"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if not _is_sequence(value):
            return super().to_attribute(value, context)
        if not _within(len(value), self.bounds):
            raise ConstraintError(f"expected {self.describe()}, found {len(value)} elements")
        try:
            numbers = [{"bool": bool, "int": int, "float": float}[self._number](number) for number in value]
            return getattr(ir_of(context), self.cls).get(numbers, context=context)
        except (TypeError, ValueError, OverflowError) as error:
            raise ConstraintError(f"expected {self.describe()}, found {describe_python(value)}") from error

    def to_python(self, attribute: ir.Attribute) -> Any:
        value: Any = bare(attribute)
        return tuple(value)


class DictAttr(Constraint):
    """A dictionary: constraints of the entries it must hold; ``others``: of every other one, ``None``: none allowed."""

    def __init__(self, entries: Mapping[str, object] | None = None, *, others: object = AnyAttr) -> None:
        self.entries = {
            name: as_attribute_constraint(value, f"entry {name!r}") for name, value in (entries or {}).items()
        }
        self.others = None if others is None else as_attribute_constraint(others, "DictAttr")

    def check(self, value: Any, scope: Scope) -> str | None:
        if not isinstance(value, ir_of(value).DictAttr):
            return self.mismatch(value)
        found: dict[str, Any] = {named.name: bare(named.attr) for named in value}
        missing = [name for name in self.entries if name not in found]
        if missing:
            return f"expected {self.describe()}, found no entry {missing[0]!r}"
        for name, attribute in found.items():
            constraint = self.entries.get(name, self.others)
            if constraint is None:
                return f"unexpected entry {name!r}"
            problem = constraint.check(attribute, scope)
            if problem is not None:
                return f"entry {name!r}: {problem}"
        return None

    def describe(self) -> str:
        inner = ", ".join(f"{name}: {constraint.describe()}" for name, constraint in self.entries.items())
        return f"dictionary {{{inner}}}" if inner else "dictionary"

    def irdl(self, emitter: IrdlEmitter) -> str:
        statement = 'irdl.base "#builtin.dictionary"'
        says_all = not self.entries and self.others is AnyAttr
        return emitter.emit(statement) if says_all else emitter.less(self, statement)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (*self.entries.values(), *(() if self.others is None else (self.others,)))

    @property
    def python(self) -> str:
        return "Mapping[str, Any]"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if not isinstance(value, Mapping):
            return super().to_attribute(value, context)
        made = {
            str(name): self.entries.get(str(name), self.others or AnyAttr).to_attribute(entry, context)
            for name, entry in value.items()
        }
        return ir_of(context).DictAttr.get(made, context=context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        value: Any = bare(attribute)
        return {
            named.name: self.entries.get(named.name, self.others or AnyAttr).to_python(named.attr) for named in value
        }


class ElementsAttr(Constraint):
    """A dense constant (or resource) whose type satisfies ``type``; numpy arrays in Python."""

    def __init__(self, type: object = None) -> None:  # noqa: A002
        from ireekit.dialect.constraints.shaped import Tensor, Vector

        self.type = Tensor() | Vector() if type is None else as_constraint(type, "ElementsAttr")
        self._any = type is None

    def check(self, value: Any, scope: Scope) -> str | None:
        constant = _constant(value)
        if constant is None:
            return self.mismatch(value)
        problem = self.type.check(constant.type, scope)
        return None if problem is None else f"type of the constant: {problem}"

    def describe(self) -> str:
        return "constant" if self._any else f"constant of {self.type.describe()}"

    def irdl(self, emitter: IrdlEmitter) -> str:
        names = [
            emitter.emit(f'irdl.base "#builtin.{name}"')
            for name in ("dense_typed_elements", "dense_resource_elements", "dense_string_elements")
        ]
        statement = f"irdl.any_of({', '.join(names)})"
        return emitter.emit(statement) if self._any else emitter.less(self, statement)

    @property
    def children(self) -> tuple[Constraint, ...]:
        return (self.type,)

    @property
    def python(self) -> str:
        return "np.ndarray"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        if type(value).__module__ != "numpy":
            return super().to_attribute(value, context)
        from ireekit.dialect.constraints.elements import dense_elements

        return dense_elements(value, context)

    def to_python(self, attribute: ir.Attribute) -> Any:
        from ireekit.dialect.constraints.elements import numpy_of

        value: Any = bare(attribute)
        return numpy_of(value) if isinstance(value, ir_of(value).DenseElementsAttr) else value


def _constant(value: Any) -> Any:
    module = ir_of(value)
    if isinstance(value, module.DenseElementsAttr):
        return value
    try:
        # The bindings give resources as plain attributes.
        return module.DenseResourceElementsAttr(value) if type(value) is module.Attribute else None
    except ValueError:
        return None


def _is_sequence(value: object) -> bool:
    array = type(value).__module__ == "numpy" and getattr(value, "ndim", 0) == 1
    return array or (isinstance(value, Sequence) and not isinstance(value, (str, bytes)))


def _within(count: int, bounds: tuple[int | None, int | None]) -> bool:
    low, high = bounds
    return (low is None or count >= low) and (high is None or count <= high)


def _count(bounds: tuple[int | None, int | None]) -> str:
    low, high = bounds
    if low is None and high is None:
        return ""
    if low == high:
        return f"{low} "
    if high is None:
        return f"at least {low} "
    return f"at most {high} " if low is None else f"{low} to {high} "
