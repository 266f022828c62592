"""Types and attributes as classes: the class is the definition, an instance holds one type or attribute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, dataclass_transform

from ireekit.dialect.annotations import FieldNamespace, read_specifiers
from ireekit.dialect.checks import check_assembly, check_variables, parameter_constraints
from ireekit.dialect.constraints import Constraint, Parametric, bare
from ireekit.dialect.errors import BuildError, ConstraintError, DefinitionError, VerificationError
from ireekit.dialect.fields import parameter
from ireekit.dialect.model import AttrModel, ParameterField, TypeModel
from ireekit.dialect.names import check_field_name, check_full_name, documentation
from ireekit.dialect.parameters import check_parameters, entity_name, make_entity, parameters_of

if TYPE_CHECKING:
    from typing import Self

    from iree.compiler import ir


class _EntityType(type):
    @classmethod
    def __prepare__(metacls, name: str, bases: tuple[type, ...], **options: Any) -> Any:  # noqa: N804
        return FieldNamespace(name) if bases else {}


def _builder_option() -> Any:
    return None


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(parameter,))
class _EntityBase(metaclass=_EntityType):
    if not TYPE_CHECKING:

        def __init__(self, *, context: Any = None, **parameters: Any) -> None:
            object.__setattr__(self, "_ireekit_wrapped", type(self)._make(context, parameters))


class _Entity(_EntityBase):
    """What types and attributes share."""

    if TYPE_CHECKING:
        context: ir.Context | None = _builder_option()

    name: ClassVar[str]
    assembly_format: ClassVar[str | None] = None
    model: ClassVar[Any]
    _ireekit_wrapped: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__name__ in {"TypeDef", "AttrDef"} and cls.__module__ == __name__:
            return
        if any("model" in base.__dict__ for base in cls.__mro__[1:]):
            raise DefinitionError(f"{cls.__name__}: types and attributes cannot be derived from")
        specifiers = read_specifiers(cls, frozenset({"parameter"}))
        for name in specifiers:
            check_field_name(name, RESERVED, cls.__name__)
        if "name" not in cls.__dict__:
            raise DefinitionError(f"{cls.__name__} has no name", remedy='write name = "dialect.name"')
        summary, description = documentation(cls)
        parameters: Any = tuple(specifier.named(name, cls.__name__) for name, specifier in specifiers.items())
        check_variables(parameter_constraints(parameters), cls.__name__)
        kind = TypeModel if issubclass(cls, TypeDef) else AttrModel
        cls.model = kind(
            name=check_full_name(cls.name, cls.__name__),
            summary=summary,
            description=description,
            parameters=parameters,
            assembly_format=cls.assembly_format,
            verify=cls.verify if "verify" in cls.__dict__ else None,
            cls=cls,
        )
        check_assembly(cls.model)
        for index, field in enumerate(parameters):
            setattr(cls, field.name, _Parameter(index, field))
        cls.__match_args__ = tuple(field.name for field in parameters)

    def verify(self) -> None:
        """What the parameters' constraints do not say; does nothing unless overridden.

        Raises:
          VerificationError: the type or attribute breaks its definition.
        """

    def error(self, cause: str) -> NoReturn:
        """Raise a :class:`VerificationError` of this type or attribute."""
        raise VerificationError(f"{self}: {cause}")

    @classmethod
    def as_constraint(cls) -> Constraint:
        """The constraint that the class alone stands for: any parameters."""
        return Parametric(cls)

    @classmethod
    def matches(cls, value: object) -> bool:
        """Whether ``value`` is a type or attribute of this class."""
        try:
            found = bare(value)
            return entity_name(found) == cls.model.name
        except (AttributeError, ImportError):
            return False

    @classmethod
    def _make(cls, context: Any, parameters: Mapping[str, Any]) -> Any:
        from ireekit.dialect.build import find_context

        model = cls.model
        known = [field.name for field in model.parameters]
        for name in parameters:
            if name not in known:
                raise BuildError(
                    f"{model.name} has no parameter {name!r}", remedy=f"it has {', '.join(known) or 'none'}"
                )
        missing = [name for name in known if name not in parameters]
        if missing:
            raise BuildError(f"{model.name}: the parameter {missing[0]!r} is missing")
        home = find_context(parameters.values()) if context is None else context
        values: list[Any] = []
        for field in model.parameters:
            try:
                values.append(field.constraint.to_attribute(parameters[field.name], home))
            except ConstraintError as error:
                raise BuildError(f"{model.name}: parameter {field.name!r}: {error.cause}") from error
        made = make_entity(model, values, home)
        if model.verify is not None:
            cls._wrap(made).verify()
        return made

    @classmethod
    def _wrap(cls, value: Any) -> Self:
        made = cls.__new__(cls)
        object.__setattr__(made, "_ireekit_wrapped", value)
        return made

    @classmethod
    def _view(cls, value: Any) -> Self:
        found = bare(getattr(value, "_ireekit_wrapped", value))
        if entity_name(found) != cls.model.name:
            raise TypeError(f"{found} is no {cls.model.sigil}{cls.model.name}")
        return cls._wrap(found)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        wrapped = other._ireekit_wrapped if isinstance(other, _Entity) else other
        return bool(self._ireekit_wrapped == wrapped)

    def __hash__(self) -> int:
        return hash(self._ireekit_wrapped)

    def __str__(self) -> str:
        return str(self._ireekit_wrapped)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


class TypeDef(_Entity):
    """Base of types.

    Calling a subclass makes a type from Python values of its parameters; ``.type`` is the ``ir.Type``.

    Class attributes, written by the definition:
      name: the full name, e.g. ``"acme.tile"``.
      assembly_format: as in ODS; ``None``: ``!acme.tile<parameter, ...>``.

    Raises:
      DefinitionError: the class does not make sense.
      BuildError: a parameter does not fit.
    """

    model: ClassVar[TypeModel]

    if not TYPE_CHECKING:

        @property
        def type(self) -> Any:
            """The type itself."""
            return self._ireekit_wrapped
    else:
        type: ClassVar[ir.Type]  # noqa: A001

    @classmethod
    def get(cls, *, context: ir.Context | None = None, **parameters: Any) -> ir.Type:
        """The ``ir.Type`` with these parameters, given as Python values, types or attributes.

        Raises:
          BuildError: a parameter does not fit, or there is no context that has the dialect.
        """
        return cls._make(context, parameters)

    @classmethod
    def view(cls, value: ir.Type | TypeDef) -> Self:
        """Look at a type of this class.

        Raises:
          TypeError: it is another type.
        """
        return cls._view(value)


class AttrDef(_Entity):
    """Base of attributes.

    Calling a subclass makes an attribute from Python values of its parameters; ``.attribute`` is the ``ir.Attribute``.

    Class attributes, written by the definition:
      name: the full name, e.g. ``"acme.layout"``.
      assembly_format: as in ODS; ``None``: ``#acme.layout<parameter, ...>``.

    Raises:
      DefinitionError: the class does not make sense.
      BuildError: a parameter does not fit.
    """

    model: ClassVar[AttrModel]

    if not TYPE_CHECKING:

        @property
        def attribute(self) -> Any:
            """The attribute itself."""
            return self._ireekit_wrapped
    else:
        attribute: ClassVar[ir.Attribute]

    @classmethod
    def get(cls, *, context: ir.Context | None = None, **parameters: Any) -> ir.Attribute:
        """The ``ir.Attribute`` with these parameters, given as Python values, types or attributes.

        Raises:
          BuildError: a parameter does not fit, or there is no context that has the dialect.
        """
        return cls._make(context, parameters)

    @classmethod
    def view(cls, value: ir.Attribute | AttrDef) -> Self:
        """Look at an attribute of this class.

        Raises:
          TypeError: it is another attribute.
        """
        return cls._view(value)


class _Parameter:
    def __init__(self, index: int, field: ParameterField) -> None:
        self.index = index
        self.field = field
        self.__doc__ = field.doc

    def __get__(self, view: Any, owner: type | None = None) -> Any:
        if view is None:
            return self
        found = parameters_of(view._ireekit_wrapped)
        if self.index >= len(found):
            raise BuildError(f"{view}: the parameter {self.field.name!r} is missing")
        value = found[self.index]
        return self.field.constraint.to_python(value)


RESERVED = frozenset(dir(TypeDef)) | frozenset(dir(AttrDef)) | {"context"}
"""Names that parameters cannot have."""

__all__ = ["AttrDef", "TypeDef", "check_parameters"]
