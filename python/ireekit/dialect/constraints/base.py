"""What a constraint is: a test of one type or attribute, a text for people, and its statement in IRDL."""

from __future__ import annotations

import functools
import importlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ireekit.dialect.errors import ConstraintError, DefinitionError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.constraints.emitter import IrdlEmitter

    IrEntity: TypeAlias = ir.Type | ir.Attribute

Domain: TypeAlias = Literal["type", "attribute", "any"]

WRAPPED = "_ireekit_wrapped"
"""The attribute of our own types and attributes that holds the bindings' object."""

_MAX_TEXT = 100


@dataclass
class Scope:
    """What the variables of one operation (or type, or attribute) are bound to while it is checked."""

    bound: dict[str, Any] = field(default_factory=dict[str, Any])

    def copy(self) -> Scope:
        return Scope(dict(self.bound))


class Constraint(ABC):
    """A test of one type or attribute.

    A type in an attribute's place (MLIR's ``TypeAttr``) is tested as the type it holds.

    Attributes:
      domain: what it can hold for: types, attributes, or either.
      python: the type of the Python values that views give and builders take, as text for stubs.
      scalar: a type constraint that means, in an attribute's place, a number of that type.
      converts: an attribute that it makes of a Python value satisfies it.
    """

    domain: Domain = "attribute"
    scalar: bool = False
    converts: bool = False

    @abstractmethod
    def check(self, value: Any, scope: Scope) -> str | None:
        """``None`` where ``value`` (type or attribute, see :func:`bare`) satisfies it, else what is wrong with it."""

    @abstractmethod
    def describe(self) -> str:
        """A noun phrase for people, e.g. ``"16-bit float"``."""

    @abstractmethod
    def irdl(self, emitter: IrdlEmitter) -> str:
        """Emit its IRDL statement; the SSA name of the result. Says so (``emitter.inexact``) where IRDL says less."""

    def verify(self, value: ir.Type | ir.Attribute, scope: Scope | None = None) -> None:
        """Test ``value``.

        Raises:
          ConstraintError: what was expected and what was found.
        """
        problem = self.check(bare(value), Scope() if scope is None else scope)
        if problem is not None:
            raise ConstraintError(problem)

    def accepts(self, value: ir.Type | ir.Attribute) -> bool:
        """Whether ``value`` satisfies it on its own."""
        return self.check(bare(value), Scope()) is None

    def infer(self, scope: Scope, context: ir.Context) -> ir.Type | ir.Attribute | None:
        """The one type or attribute that satisfies it under ``scope``; ``None`` where that is not determined."""
        return None

    @property
    def children(self) -> tuple[Constraint, ...]:
        """The constraints it is made of."""
        return ()

    @property
    def unique(self) -> bool:
        """Whether at most one type or attribute satisfies it once all variables are bound."""
        return False

    @property
    def exact_in_irdl(self) -> bool:
        """Whether IRDL states all of it; otherwise the rest is checked by us."""
        from ireekit.dialect.constraints.emitter import IrdlEmitter

        emitter = IrdlEmitter(None)
        self.irdl(emitter)
        return not emitter.inexact

    @property
    def python(self) -> str:
        return "ir.Attribute" if self.domain == "attribute" else "ir.Type"

    def to_attribute(self, value: Any, context: ir.Context) -> ir.Attribute:
        """The attribute for a Python value; attributes and types pass unchanged, unchecked.

        Raises:
          ConstraintError: the value is of the wrong Python type or out of range.
        """
        attribute = as_attribute(value, context)
        if attribute is None:
            raise ConstraintError(f"expected {self.describe()}, found {describe_python(value)}")
        return attribute

    def to_python(self, attribute: ir.Attribute) -> Any:
        """The Python value of an attribute that satisfies it, or the attribute (or type) where there is none."""
        return bare(attribute)

    def mismatch(self, value: Any) -> str:
        """The usual answer of ``check``."""
        return f"expected {self.describe()}, found {text_of(value)}"

    def __or__(self, other: object) -> Constraint:
        from ireekit.dialect.constraints.logic import AnyOf

        return AnyOf(self, other)

    def __and__(self, other: object) -> Constraint:
        from ireekit.dialect.constraints.logic import AllOf

        return AllOf(self, other)

    def __str__(self) -> str:
        return self.describe()


def as_constraint(value: object, what: str = "constraint") -> Constraint:
    """A constraint as such, or a type, attribute or enum class of a dialect as the constraint it stands for.

    Raises:
      DefinitionError: it is neither.
    """
    if isinstance(value, Constraint):
        return value
    own = getattr(value, "as_constraint", None)
    if isinstance(value, type) and callable(own):
        made = own()
        assert isinstance(made, Constraint)
        return made
    if isinstance(value, type) and issubclass(value, Constraint):
        raise DefinitionError(f"{what}: {value.__name__} is a class", remedy=f"write {value.__name__}()")
    raise DefinitionError(
        f"{what}: {value!r} is no constraint",
        remedy="use ireekit.dialect.constraints, or a TypeDef, AttrDef or EnumAttr class; "
        + 'text needs Is("...")' * isinstance(value, str),
    )


def bare(value: Any) -> Any:
    """``value`` as its most derived class of the bindings; the type inside a ``TypeAttr``."""
    downcast = getattr(value, "maybe_downcast", None)
    if downcast is not None:
        value = downcast()
    return bare(value.value) if type(value).__name__ == "TypeAttr" else value


def attribute_of(operation: Any, name: str) -> Any:
    """The attribute of an operation; ``None`` where it has none of the name, or the bindings cannot give it to us.

    They have no class for some constants (of complex numbers, e.g.) and raise ``TypeError``.
    """
    if name not in operation.attributes:
        return None
    try:
        return operation.attributes[name]
    except TypeError:
        return None


def is_type(value: Any) -> bool:
    return isinstance(value, ir_of(value).Type)


def ir_of(value: Any) -> Any:
    """The ``ir`` module (of IREE's bindings, or of another MLIR package's) that ``value`` comes from."""
    return _ir_module(type(value).__module__)


@functools.cache
def _ir_module(module: str) -> ModuleType:
    root = module.partition("._mlir_libs")[0].partition(".dialects")[0].removesuffix(".ir")
    return importlib.import_module(f"{root}.ir")


def as_attribute(value: Any, context: Any) -> Any:
    """An attribute or type of the bindings as an attribute; ``None`` for anything else."""
    wrapped = getattr(value, WRAPPED, None)
    value = value if wrapped is None else wrapped
    module = ir_of(context)
    if isinstance(value, module.Attribute):
        return value
    return module.TypeAttr.get(value, context=context) if isinstance(value, module.Type) else None


def text_of(value: Any) -> str:
    """A type or attribute as short text; big constants as their type."""
    if re.fullmatch(r"Dense\w*ElementsAttr", type(value).__name__):
        return f"a constant of type {value.type}"
    text = " ".join(str(value).split())
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 4] + " ..."


def describe_python(value: object) -> str:
    """A Python value for messages; types and attributes by their text."""
    if "_mlir_libs" in type(value).__module__:
        return text_of(value)
    text = repr(value)
    return f"{text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 4] + ' ...'} ({type(value).__name__})"


def walk(constraint: Constraint) -> Iterator[Constraint]:
    """The constraint and everything it is made of."""
    yield constraint
    for child in constraint.children:
        yield from walk(child)
