"""What goes wrong in a dialect conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.errors import PassError

if TYPE_CHECKING:
    from iree.compiler import ir


class ConversionError(PassError):
    """A dialect conversion failed; the IR is as it was before.

    Attributes:
      failed_ir: what the conversion had made of the operation when it failed, detached; to look at, never to use.
    """

    failed_ir: ir.Operation | None = None

    @classmethod
    def of(cls, error: PassError, **changes: Any) -> ConversionError:
        """The same error as a conversion's."""
        fields: dict[str, Any] = {
            "op": error.op,
            "location": error.location,
            "phase": error.phase,
            "remedy": error.remedy,
            "notes": error.notes,
            "details": error.details,
        }
        return cls(error.cause, **{**fields, **changes})
