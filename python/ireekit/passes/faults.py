"""What went wrong in a pass, as one error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ireekit.errors import IreekitError, PassError
from ireekit.locations import describe_location
from ireekit.passes.base import Pass
from ireekit.passes.explain import explain, source_file

if TYPE_CHECKING:
    from ireekit.bindings.pass_manager import Message

_OP = re.compile(r"'(?P<op>[A-Za-z_]\w*\.[\w.$]+)'")
_SHOWN = 3


def exception_error(step: Pass, error: BaseException, name: str, label: str, location: object) -> PassError:
    """The error for what ``step`` raised.

    Args:
      name: of the operation it ran on.
      label: the same with its symbol.
      location: of that operation.
    """
    where = describe_location(location)
    note = f"while running on {label}" + (f" at {where}" if where else "")
    failure = _exception_error(step, error, name, note, where)
    failure.at = failure.at or str(location)
    return failure


def _exception_error(step: Pass, error: BaseException, name: str, note: str, where: str | None) -> PassError:
    phase = f"pass {step.name}"
    if isinstance(error, PassError):
        # Its own words; only what it left out is filled in.
        error.phase = error.phase or phase
        error.notes = error.notes or (note,)
        return error
    if isinstance(error, IreekitError):
        return PassError(
            error.cause,
            op=error.op or name,
            location=error.location or where,
            phase=phase,
            remedy=error.remedy,
            notes=(*error.notes, note),
            details=error.details,
        )
    cause, raised_at = explain(error, source_file(type(step)))
    return PassError(cause, op=name, location=raised_at or where, phase=phase, notes=(note,))


def native_error(messages: Sequence[Message], phase: str, op: str) -> PassError:
    """The error for a pass of the compiler that failed with these diagnostics."""
    errors = [each for each in messages if each.severity == "error"]
    if not errors:
        return PassError("the compiler's pass failed without saying why", op=op, phase=phase)
    cause = headline(errors[0].text)
    match = _OP.search(cause)
    others = dict.fromkeys(headline(each.text) for each in errors[1:])
    error = PassError(
        cause,
        op=match["op"] if match else op,
        location=describe_location(errors[0].location),
        phase=phase,
        notes=tuple(f"also: {line}" for line in others if line != cause)[:_SHOWN],
    )
    error.at = errors[0].location
    return error


def invalid_error(messages: Sequence[Message], phase: str) -> PassError:
    """The error for a pass that left what the verifier refuses with these diagnostics."""
    error = native_error(messages, phase, "")
    error.op = error.op or None
    error.cause = f"left invalid IR behind: {error.cause}"
    error.args = (error.cause,)
    return error


def headline(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "the compiler gave no message")
