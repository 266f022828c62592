"""From an operation to the view of its class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ireekit.dialect.load import loaded_state
from ireekit.dialect.op import Op
from ireekit.dialect.registry import alive
from ireekit.errors import DialectError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.dialect import Dialect


def view(operation: ir.Operation | ir.OpView | Op, dialects: Iterable[Dialect] | None = None) -> Op | ir.OpView:
    """The typed view of an operation, for ``match``.

    Args:
      operation: any operation.
      dialects: where to look for its class; ``None``: every dialect that exists in this process, the one loaded in the
        operation's context where there are several of one name.

    Returns:
      A view, or what the bindings have (``ir.OpView``) for operations of other dialects.

    Example::

        match view(op):
            case MatMul(lhs=lhs, rhs=rhs): ...
    """
    raw: Any = getattr(operation, "operation", operation)
    name: str = raw.name
    namespace = name.partition(".")[0]
    candidates = alive(namespace) if dialects is None else [each for each in dialects if each.name == namespace]
    if len(candidates) > 1:
        candidates = [each for each in candidates if _is_the_one(each, raw.context)] or candidates[:1]
    for dialect in candidates:
        cls = dialect.op(name)
        if cls is not None:
            return cls.view(raw)
    return raw.opview


def _is_the_one(dialect: Dialect, context: Any) -> bool:
    try:
        return loaded_state(dialect, context)
    except DialectError:
        return False
