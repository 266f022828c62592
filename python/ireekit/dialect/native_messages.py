"""What the native verifier says of operations of dialects, in the words of their definitions.

The native verifier of IRDL says ``expected 'i32' but got 'f32'``; the Python part of verification also names the
operand, result, attribute or region. Where both refuse an operation, the second message is the one to show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ireekit.dialect.errors import VerificationError
from ireekit.dialect.verify import problems

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.pass_manager import Message
    from ireekit.dialect.dialect import Dialect

_OP = re.compile(r"'(?P<op>[A-Za-z_]\w*\.[\w.$]+)' op ")
_SEE_OPERATION = "see the operation"
"""The note at an operation whose region an error is about; the error itself is at the region."""

_SHOWN_OP = re.compile(r'see current operation: (?:%[^"]* = )?"(?P<op>[^"]+)"')


def reworded(
    messages: Sequence[Message], dialects: Sequence[Dialect], read: Callable[[], ir.Operation | None]
) -> tuple[Message, ...]:
    """``messages`` of a failed verification, those about operations of ``dialects`` in our words where we have some.

    Args:
      messages: as the native verifier, or the parser that verifies, gave them.
      dialects: loaded in the context.
      read: gives what was verified, ``None`` where it cannot be had; called only if a message may be reworded.
    """
    if not any(_concerns(message, dialects) for message in messages):
        return tuple(messages)
    operation = read()
    if operation is None:
        return tuple(messages)
    found = list(problems(operation, dialects))
    return tuple(_reworded(message, found) if _concerns(message, dialects) else message for message in messages)


def _concerns(message: Message, dialects: Sequence[Dialect]) -> bool:
    if message.severity != "error":
        return False
    name = _op_of(message)
    return name is None or any(name.startswith(f"{dialect.name}.") for dialect in dialects)


def _op_of(message: Message) -> str | None:
    match = _OP.match(message.text)
    shown = (_SHOWN_OP.match(note.text) for note in message.notes)
    match = match or next((each for each in shown if each), None)
    return match["op"] if match else None


def _reworded(message: Message, found: list[VerificationError]) -> Message:
    name = _op_of(message)
    places = {message.location, *(note.location for note in message.notes if note.text == _SEE_OPERATION)}
    for index, problem in enumerate(found):
        if str(problem.where) in places and name in (None, problem.op):
            # The next message about this place is about another operation.
            del found[index]
            return replace(message, text=f"'{problem.op}' op {problem.cause.removeprefix(f'{problem.op}: ')}")
    return message
