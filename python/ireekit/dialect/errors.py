"""What people see when a definition, or IR of it, is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.errors import IreekitError
from ireekit.locations import describe_location

if TYPE_CHECKING:
    from iree.compiler import ir


class DefinitionError(IreekitError):
    """The definition of a dialect, operation, type, attribute or enum is wrong; raised when the class is made."""


class ConstraintError(IreekitError):
    """A value does not satisfy a constraint, or a Python value cannot become the attribute a constraint wants."""


class BuildError(IreekitError):
    """An operation, type or attribute cannot be built from what was given."""


class VerificationError(IreekitError):
    """An operation breaks its definition.

    Raise it from ``verify`` of an operation's class, or call ``self.error(...)``, which fills in operation and
    location.

    Attributes:
      field: the operand, result, attribute, region or trait concerned, where there is one.
      where: MLIR's location of the operation, for diagnostics; ``None`` until known.
    """

    def __init__(
        self,
        cause: str,
        *,
        field: str | None = None,
        where: ir.Location | None = None,
        op: str | None = None,
        **details: Any,
    ) -> None:
        if where is not None and "location" not in details:
            details["location"] = describe_location(where)
        super().__init__(cause, op=op, **details)
        self.field = field
        self.where = where

    def at(self, op_name: str, where: ir.Location) -> VerificationError:
        """The same error with the operation and location filled in where they are missing."""
        self.op = self.op or op_name
        if self.where is None:
            self.where = where
        if self.location is None:
            self.location = describe_location(where)
        return self
