"""Operations as classes: the class is the definition, an instance is a typed view of one operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, dataclass_transform

from ireekit.dialect.access import descriptor
from ireekit.dialect.annotations import FieldNamespace, read_specifiers
from ireekit.dialect.checks import check_model
from ireekit.dialect.constraints import Predicate, Relation
from ireekit.dialect.errors import DefinitionError, VerificationError
from ireekit.dialect.fields import Specifier, attribute, operand, successor
from ireekit.dialect.model import OpModel
from ireekit.dialect.names import check_field_name, check_full_name, documentation
from ireekit.dialect.traits import Trait

if TYPE_CHECKING:
    from typing import Self

    from iree.compiler import ir

_KINDS = frozenset({"operand", "result", "attribute", "region", "successor"})
_T = TypeVar("_T")


def _builder_option() -> Any:
    """A keyword of builders that is no field."""
    return None


class _OpType(type):
    @classmethod
    def __prepare__(metacls, name: str, bases: tuple[type, ...], **options: Any) -> Any:  # noqa: N804
        return FieldNamespace(name) if bases else {}


# Optional fields, results and regions are no specifiers to type checkers but plain defaults: they may be left out.
@dataclass_transform(kw_only_default=True, field_specifiers=(operand, attribute, successor))
class _OpBase(metaclass=_OpType):
    if not TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None:
            from ireekit.dialect.build import build

            self.operation = build(type(self), fields)


class Op(_OpBase):
    """Base of operations.

    Calling a subclass builds an operation, all fields by keyword; :meth:`view` looks at one that is there. Attributes
    of an instance are operands, results and regions as the bindings' objects, and attributes as Python values.

    Class attributes, written by the definition:
      name: the full name, e.g. ``"acme.matmul"``. A class without one is a base that others share fields through.
      traits: see :mod:`ireekit.dialect.traits`.
      constraints: relations between fields, see :mod:`ireekit.dialect.constraints`.
      assembly_format: as in ODS.

    A definition may have ``verify(self)``, which raises :class:`VerificationError` or calls :meth:`error`, and a class
    method ``infer(cls, ...)``, which takes any of the operands and attributes by name and returns the result type, or
    a sequence or mapping of them where there are several. It must ask operands for their ``type`` only: when custom
    assembly is parsed there are no values yet.

    Keywords of every builder:
      location: of the operation; otherwise the enclosing ``with ir.Location``, or the line that calls the builder.
      at: an ``ir.InsertionPoint``, a block (at its end) or an operation (before it); otherwise the enclosing
        insertion point.
      result_types: types of all results, in order.
      discardable: further attributes.

    Raises:
      DefinitionError: the class does not make sense.
      BuildError: a builder was given something that does not fit.
    """

    if TYPE_CHECKING:
        location: ir.Location = _builder_option()
        at: ir.InsertionPoint | ir.Block | ir.Operation | ir.OpView | Op | None = _builder_option()
        result_types: Any = _builder_option()
        discardable: Mapping[str, ir.Attribute] | None = _builder_option()

    name: ClassVar[str]
    traits: ClassVar[tuple[Trait, ...]] = ()
    constraints: ClassVar[tuple[Relation | Predicate, ...]] = ()
    assembly_format: ClassVar[str | None] = None
    model: ClassVar[OpModel]
    operation: ClassVar[ir.Operation]
    """The ``ir.Operation`` of a view."""

    _specifiers: ClassVar[dict[str, Specifier]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if any("model" in base.__dict__ for base in cls.__mro__[1:]):
            raise DefinitionError(
                f"{cls.__name__}: operations cannot be derived from", remedy="share fields through a base without name"
            )
        own = read_specifiers(cls, _KINDS)
        inherited = {name: row for base in reversed(cls.__mro__[1:]) for name, row in _specifiers_of(base).items()}
        for name in own:
            check_field_name(name, RESERVED, cls.__name__)
            if name in inherited:
                raise DefinitionError(f"{cls.__name__}: the field {name!r} is defined by a base already")
        cls._specifiers = own
        every = inherited | own
        fields = {name: row.named(name, cls.__name__) for name, row in every.items()}
        for name in own:
            setattr(cls, name, descriptor(fields[name]))
        if "name" not in cls.__dict__:
            return
        cls.model = _model(cls, fields)
        check_model(cls.model)
        cls.__match_args__ = tuple(every)

    @classmethod
    def view(cls, operation: ir.Operation | ir.OpView | Op) -> Self:
        """A typed view of an operation of this class; it is not verified.

        Raises:
          TypeError: it is another operation.
        """
        raw: Any = getattr(operation, "operation", operation)
        if raw.name != cls.model.name:
            raise TypeError(f"{raw.name} is no {cls.model.name}")
        made = cls.__new__(cls)
        object.__setattr__(made, "operation", raw)
        return made

    @classmethod
    def matches(cls, operation: object) -> bool:
        """Whether ``operation`` is one of this class."""
        raw: Any = getattr(operation, "operation", operation)
        return getattr(raw, "name", None) == cls.model.name

    def verify(self) -> None:
        """What the fields, traits and constraints do not say; does nothing unless overridden.

        Raises:
          VerificationError: the operation breaks its definition.
        """

    def error(self, cause: str, *, field: str | None = None, remedy: str | None = None) -> NoReturn:
        """Raise a :class:`VerificationError` of this operation."""
        raise VerificationError(cause, field=field, op=self.model.name, where=self.operation.location, remedy=remedy)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "operation" and not hasattr(getattr(type(self), name, None), "__set__"):
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Op) and self.operation == other.operation

    def __hash__(self) -> int:
        return hash(self.operation)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} view of {self.model.name}>"

    def __str__(self) -> str:
        return str(self.operation)


def _view_location(self: Any) -> Any:
    return self.operation.location


if not TYPE_CHECKING:
    Op.location = property(_view_location, doc="The location of the operation.")

RESERVED = frozenset(dir(Op)) | {
    "name",
    "model",
    "operation",
    "at",
    "result_types",
    "discardable",
    "infer",
    "location",
    "operandSegmentSizes",
    "resultSegmentSizes",
    "operand_segment_sizes",
    "result_segment_sizes",
}
"""Names that fields cannot have."""


def _specifiers_of(cls: type) -> dict[str, Specifier]:
    return cls.__dict__.get("_specifiers", {})


def _model(cls: type[Op], fields: Mapping[str, Any]) -> OpModel:
    summary, description = documentation(cls)
    rows = list(fields.values())
    specifiers = {name: row for base in reversed(cls.__mro__) for name, row in _specifiers_of(base).items()}
    of: Callable[[str], tuple[Any, ...]] = lambda kind: tuple(  # noqa: E731
        row for row in rows if specifiers[row.name].kind == kind
    )
    return OpModel(
        name=check_full_name(cls.name, cls.__name__),
        summary=summary,
        description=description,
        operands=of("operand"),
        results=of("result"),
        attributes=of("attribute"),
        regions=of("region"),
        successors=of("successor"),
        traits=_tuple(cls.traits, cls.__name__, "traits"),
        relations=_tuple(cls.constraints, cls.__name__, "constraints"),
        assembly_format=cls.assembly_format,
        order=tuple(fields),
        cls=cls,
    )


def _tuple(value: Any, owner: str, what: str) -> tuple[Any, ...]:
    if isinstance(value, (tuple, list)):
        return tuple(value)  # pyright: ignore[reportUnknownArgumentType]
    raise DefinitionError(f"{owner}: {what} is a tuple, not {value!r}", remedy=f"write {what} = (...,)")
