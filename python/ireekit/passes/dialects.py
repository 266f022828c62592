"""Loading the dialects that passes make operations of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ireekit.errors import IreekitError, PassError, PipelineError
from ireekit.passes.base import Pass

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.pass_manager import Message
    from ireekit.dialect import Dialect


def load_dependent_dialects(step: Pass, context: ir.Context) -> tuple[Dialect, ...]:
    """Load the dialects ``step`` depends on; gives those of ireekit.

    Raises:
      PassError: there is no such dialect, or it cannot be loaded.
    """
    loaded: list[Dialect] = []
    for each in step.dependent_dialects:
        dialect = _find(each, step, context)
        if dialect is not None:
            dialect.load(context)
            loaded.append(dialect)
    return tuple(loaded)


def _find(each: Dialect | str, step: Pass, context: ir.Context) -> Dialect | None:
    if not isinstance(each, str):
        return each
    # Those of the compiler are all loaded before any pass runs.
    if _is_native(each, context):
        return None
    from ireekit.dialect import find_dialect

    try:
        return find_dialect(each)
    except PipelineError as error:
        raise PassError(
            f"pass {step.name} depends on dialect {each!r}, which there is not",
            phase=f"pass {step.name}",
            remedy=error.remedy,
        ) from error


def _is_native(name: str, context: ir.Context) -> bool:
    try:
        context.dialects[name]
    except (IndexError, KeyError, ValueError):
        return False
    return True


def verify_dialects(op: ir.Operation, dialects: Iterable[Dialect]) -> None:
    """Verify by the Python part of ``dialects``, what the compiler's verifier does not know of them.

    Args:
      op: with all that is in it.
      dialects: loaded in its context.

    Raises:
      VerificationError: an operation is invalid.
    """
    chosen = tuple(dict.fromkeys(dialects))
    if not chosen:
        return
    from ireekit.dialect import verify

    verify(op, chosen)


def in_our_words(messages: Sequence[Message], op: ir.Operation, dialects: Iterable[Dialect]) -> Sequence[Message]:
    """What the compiler's verifier said of ``op``, worded by the Python part of ``dialects`` where that knows more."""
    chosen = tuple(dict.fromkeys(dialects))
    if not chosen:
        return messages
    from ireekit.dialect.native_messages import reworded

    return reworded(messages, chosen, lambda: op)


def verify_after(op: ir.Operation, dialects: Iterable[Dialect], phase: str) -> None:
    """:func:`verify_dialects`, to the blame of a pass.

    Args:
      phase: what left ``op`` so, for the error.

    Raises:
      PassError: an operation is invalid.
    """
    try:
        verify_dialects(op, dialects)
    except IreekitError as error:
        raise PassError(
            f"left invalid IR behind: {error.cause}",
            op=error.op,
            location=error.location,
            phase=phase,
            notes=error.notes,
            remedy=error.remedy,
        ) from error
