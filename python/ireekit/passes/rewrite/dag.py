"""Expressions of declarative rules: operations, their operands, results, attributes and types as unknowns.

The same expressions describe what is matched and what is created. Nothing here touches IR.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ireekit.errors import PassError
from ireekit.passes.rewrite.roots import Root, root_name

if TYPE_CHECKING:
    from ireekit.dialect.model import AttributeField, OpModel


class Node:
    """An unknown of a rule. Equal only to itself."""

    __slots__ = ()
    kind: str


class Type(Node):
    """A type. As a parameter of a rule: any type, the same wherever the name is used."""

    __slots__ = ("computed", "merged", "name", "text")
    kind = "type"

    def __init__(self, name: str, text: str | None = None, computed: Computed | None = None) -> None:
        self.name = name
        self.text = text
        self.computed = computed
        self.merged: Type | None = None

    def find(self) -> Type:
        """What stands for all types that must be equal to this one."""
        return self if self.merged is None else self.merged.find()

    def unify(self, other: Type) -> bool:
        """Demand that both are equal; false where they are different constants."""
        one, two = self.find(), other.find()
        if one is two:
            return True
        if one.text is not None and two.text is not None and one.text != two.text:
            return False
        two.text = two.text if two.text is not None else one.text
        one.merged = two
        return True


class Types(Node):
    """The types of any number of values."""

    __slots__ = ("name",)
    kind = "types"

    def __init__(self, name: str) -> None:
        self.name = name


class Value(Node):
    """An operand. As a parameter of a rule: any value, the same one wherever the name is used."""

    __slots__ = ("name", "type")
    kind = "value"

    def __init__(self, name: str, type: Type | None = None) -> None:  # noqa: A002 (the field's own term)
        self.name = name
        self.type = type or Type(f"type of {name}")

    def of(self, type: Type | str) -> Value:  # noqa: A002
        """The same value, demanded to be of ``type``: an unknown, the type of something else, or text."""
        wanted = Type("", type) if isinstance(type, str) else type
        if not self.type.unify(wanted):
            raise PassError(f"{self.name} cannot be both a {self.type.find().text} and a {wanted.find().text}")
        return self


class Values(Node):
    """As a parameter of a rule: any number of operands, all the remaining ones of an operation or of a field."""

    __slots__ = ("name", "types")
    kind = "values"

    def __init__(self, name: str) -> None:
        self.name = name
        self.types = Types(f"types of {name}")


class Attr(Node):
    """An attribute. As a parameter of a rule: any attribute, the same wherever the name is used."""

    __slots__ = ("name", "text")
    kind = "attribute"

    def __init__(self, name: str, text: str | None = None) -> None:
        self.name = name
        self.text = text


@dataclass(frozen=True, eq=False)
class Constant(Node):
    """An attribute given as a Python value; ``constraint`` of the op's definition turns it into an attribute."""

    value: Any
    constraint: Any
    where: str
    kind = "attribute"


@dataclass(frozen=True, eq=False)
class Computed(Node):
    """What a Python function makes of matched things when the rule applies."""

    kind: Literal["attribute", "type", "value"]  # pyright: ignore[reportIncompatibleVariableOverride]
    function: Callable[..., Any]
    arguments: tuple[Node, ...]


class OpNode(Node):
    """An operation; used as a value it stands for its only result.

    Attributes:
      results: one :class:`Type` each, or one :class:`Types` for any number of them; ``None``: the types of what it
        replaces.
    """

    kind = "operation"

    def __init__(
        self,
        name: str,
        operands: tuple[Node, ...],
        attributes: Mapping[str, Node],
        results: tuple[Type, ...] | Types | None,
        model: OpModel | None,
        regions: bool,
    ) -> None:
        self.name = name
        self.operands = operands
        self.attributes = dict(attributes)
        self.given = results is not None
        self._results = results
        self.model = model
        self.regions = regions

    @property
    def results(self) -> tuple[Type, ...] | Types:
        if self._results is None:
            count = 1 if self.model is None else len(self.model.results)
            self._results = tuple(Type(f"type of result {index} of {self.name}") for index in range(count))
        return self._results

    @property
    def type(self) -> Type:
        """The type of its only result."""
        return self[0].type

    def __getitem__(self, index: int) -> Result:
        if isinstance(self.results, Types):
            raise PassError(f"{self.name} has any number of results here, which cannot be told apart")
        if not 0 <= index < len(self.results):
            raise PassError(f"{self.name} has {len(self.results)} results here, and no result {index}")
        return Result(self, index)

    def __iter__(self) -> Iterator[Result]:
        return iter([self[index] for index in range(0 if isinstance(self.results, Types) else len(self.results))])

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True)
class Result(Node):
    """One result of an operation."""

    op: OpNode
    index: int
    kind = "value"

    @property
    def type(self) -> Type:
        results = self.op.results
        if isinstance(results, Types):
            raise PassError(f"{self.op.name} has any number of results here, which cannot be told apart")
        return results[self.index]


@dataclass(frozen=True, eq=False)
class Condition:
    """A Python test of matched things."""

    function: Callable[..., Any]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Built:
    """A Python function that makes what replaces the root."""

    function: Callable[..., Any]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Rewrite:
    """What a rule's function returns."""

    root: OpNode
    by: tuple[Node, ...] | Built
    where: tuple[Condition, ...]
    erase: tuple[OpNode, ...] = field(default=())


ResultSpec: TypeAlias = "int | str | Type | Types | Sequence[str | Type] | EllipsisType | None"


def op(
    root: Root,
    /,
    *operands: Any,
    results: ResultSpec = None,
    attributes: Mapping[str, Any] | None = None,
    **fields: Any,
) -> OpNode:
    """An operation of a rule.

    Args:
      root: an op class, the compiler's or ours, or a name.
      operands: values, operations (their only result), :class:`Values`. For our op classes they may be given by
        keyword; an optional operand that is left out is absent.
      results: how many results it has, their types (text such as ``"tensor<4xf32>"``, or unknowns), or ``...`` for
        any number of results. One unless told otherwise, or as many as our op class has.
      attributes: the same as keywords, for attributes whose names are no Python names.
      fields: attributes: :class:`Attr` parameters, ``attr("1 : i64")``, strings and booleans, ``compute`` d ones,
        and for our op classes whatever Python value the field takes. What is left out is not looked at in a match.

    Raises:
      PassError: a field is wrong; names it.
    """
    name = root_name(root)
    model: OpModel | None = None if isinstance(root, str) else getattr(root, "model", None)
    given = {**(attributes or {}), **fields}
    values: tuple[Any, ...] = operands
    if model is not None:
        values, sizes = _fields_in_order(model, operands, given)
        if sizes is not None:
            given["operandSegmentSizes"] = Attr("", f"array<i32: {', '.join(map(str, sizes))}>")
    nodes = tuple(_value(each, f"operand {index} of {name}") for index, each in enumerate(values))
    made = {key: _attribute(key, value, name, model) for key, value in given.items()}
    regions = bool(model.regions) if model is not None else getattr(root, "_ODS_REGIONS", (0, True))[0] > 0
    return OpNode(name, nodes, made, _results(results, name, model), model, regions)


def attr(text: str) -> Attr:
    """A constant attribute, e.g. ``attr("1 : i64")``."""
    return Attr("", text)


def type_(text: str) -> Type:
    """A constant type, e.g. ``type_("tensor<4xf32>")``."""
    return Type("", text)


def _fields_in_order(
    model: OpModel, positional: tuple[Any, ...], given: dict[str, Any]
) -> tuple[tuple[Any, ...], list[int] | None]:
    """Flat operands, taken out of ``given``, and segment sizes where the operation needs them."""
    names = [row.name for row in model.operands]
    if len(positional) > len(names):
        raise PassError(f"{model.name} has {len(names)} operands, and {len(positional)} are given")
    by_name = dict(zip(names, positional, strict=False))
    for key in [key for key in given if key in names]:
        if key in by_name:
            raise PassError(f"operand {key!r} of {model.name} is given twice")
        by_name[key] = given.pop(key)
    known = {row.name for row in model.attributes}
    for key in given:
        if key not in known:
            near = get_close_matches(key, [*names, *known], 1)
            raise PassError(
                f"{model.name} has no operand or attribute {key!r}",
                remedy=f"did you mean {near[0]!r}?" if near else None,
            )
    flat: list[Any] = []
    sizes: list[int] = []
    for row in model.operands:
        value = by_name.get(row.name)
        if value is None and row.arity == "single":
            raise PassError(f"operand {row.name!r} of {model.name} is missing")
        group = [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
        if len(group) != 1 and row.arity == "single":
            raise PassError(f"operand {row.name!r} of {model.name} is one value, not {len(group)}")
        if any(isinstance(each, Values) for each in group):
            if row.arity != "variadic":
                raise PassError(f"operand {row.name!r} of {model.name} is not variadic, and cannot be a Values")
            if model.needs_operand_segments:
                raise PassError(
                    f"operand {row.name!r} of {model.name} is one of several groups, whose sizes a rule must know",
                    remedy="list its values, or write a Python pattern",
                )
        flat += group
        sizes.append(len(group))
    return tuple(flat), sizes if model.needs_operand_segments else None


def _value(given: Any, where: str) -> Node:
    if isinstance(given, OpNode):
        if isinstance(given.results, Types) or len(given.results) != 1:
            raise PassError(f"{where} is {given.name}, which has not one result", remedy=f"choose one: {given.name}[0]")
        return given[0]
    if isinstance(given, Value | Values | Result) or (isinstance(given, Computed) and given.kind == "value"):
        return given
    raise PassError(f"{where} is {given!r}, and not a value", remedy="give a parameter of the rule or an op(...)")


def _attribute(key: str, given: Any, name: str, model: OpModel | None) -> Node:
    where = f"attribute {key!r} of {name}"
    if isinstance(given, Attr | Constant) or (isinstance(given, Computed) and given.kind == "attribute"):
        return given
    if isinstance(given, Node):
        raise PassError(f"{where} is given a {given.kind}")
    row: AttributeField | None = next((row for row in model.attributes if row.name == key), None) if model else None
    if row is not None:
        return Constant(given, row.constraint, where)
    if isinstance(given, bool):
        return Attr("", str(given).lower())
    if isinstance(given, str):
        return Attr("", '"' + given.replace("\\", "\\\\").replace('"', '\\"') + '"')
    raise PassError(f"{where}: {given!r} says too little about its type", remedy='write attr("1 : i64") or the like')


def _results(given: ResultSpec, name: str, model: OpModel | None) -> tuple[Type, ...] | Types | None:
    if given is None:
        if model is not None and any(row.arity != "single" for row in model.results):
            raise PassError(f"{model.name} has optional or variadic results", remedy="give results=, a number or types")
        return None
    if isinstance(given, EllipsisType):
        return Types(f"types of the results of {name}")
    if isinstance(given, int):
        return tuple(Type(f"type of result {index} of {name}") for index in range(given))
    if isinstance(given, Types):
        return given
    each = [given] if isinstance(given, str | Type) else list(given)
    made: list[Type] = []
    for index, one in enumerate(each):
        if isinstance(one, str):
            made.append(type_(one))
        elif isinstance(one, Type):  # pyright: ignore[reportUnnecessaryIsInstance]
            made.append(one)
        else:
            raise PassError(f"the type of result {index} of {name} is {one!r}, and not a type")
    return tuple(made)
