"""What a pattern matches on: our op classes, the compiler's own, or operation names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ireekit.bindings.dialect_modules import announce_dialects
from ireekit.errors import PassError

if TYPE_CHECKING:
    from iree.compiler import ir

Root: TypeAlias = "str | type[Any]"
"""``"linalg.matmul"``, a class of ``iree.compiler.dialects``, or a subclass of :class:`ireekit.dialect.Op`."""

View: TypeAlias = "Callable[[ir.Operation], Any]"


def root_name(root: Root) -> str:
    """The operation name that ``root`` stands for.

    Raises:
      PassError: it stands for none.
    """
    name = root if isinstance(root, str) else getattr(root, "OPERATION_NAME", None) or getattr(root, "name", None)
    if not isinstance(name, str) or "." not in name.strip("."):
        raise PassError(
            f"{root!r} is not an operation",
            remedy="give its name with the dialect, \"linalg.matmul\", or its class, ireekit's or iree.compiler's",
        )
    return name


def root_view(root: Root) -> View | None:
    """Makes the typed view of a matched operation for our own op classes; ``None``: the bindings' view will do."""
    if isinstance(root, str) or hasattr(root, "OPERATION_NAME"):
        return None
    view: View | None = getattr(root, "view", None)
    return view


def check_registered(name: str, context: ir.Context) -> None:
    """Refuse an operation name that its own, registered dialect does not know: it could never match.

    Raises:
      PassError: no such operation.
    """
    dialect = name.split(".", 1)[0]
    announce_dialects((dialect,))
    if context.is_registered_operation(name):
        return
    try:
        context.dialects[dialect]
    except (IndexError, KeyError, ValueError):
        return  # an unregistered dialect
    if context.is_registered_operation(name):  # its dialect was loaded only now
        return
    raise PassError(
        f"there is no operation {name}: the dialect {dialect!r} is registered, and has none of that name",
        remedy="correct the name in the pattern",
    )


def operation_of(op: Any) -> ir.Operation:
    """The operation itself, of a typed view, an ``OpView`` or an ``Operation``.

    Raises:
      TypeError: ``op`` is none of these.
    """
    try:
        return op.operation
    except AttributeError:
        raise TypeError(f"an operation is needed, not {type(op).__name__}: {op!r}") from None
