"""One part of the input of ``ireekit opt``: its diagnostics are told, or compared with what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ireekit.cli.guard import tell
from ireekit.errors import IreekitError
from ireekit.testing.diagnostics import SEE_OPERATION, Message, messages_of, messages_of_error
from ireekit.testing.expectations import (
    MalformedExpectationError,
    Strictness,
    check_expectations,
    parse_expectations,
)
from ireekit.testing.split import Chunk

MAX_SHOWN_LINES = 20
"""Of the operation that an error is about."""

_NATIVE_NAME = "-"
"""What the compiler calls a source without a file."""

_RESOURCE_WARNING = "external resources for 'mlir_reproducer'"


@dataclass(frozen=True)
class Reporting:
    """What becomes of diagnostics.

    Attributes:
      file: name of the input in messages.
      strictness: of the comparison with the comments of the input; ``None``: they are printed.
      show_operations: whether to print the notes that show operations.
    """

    file: str
    strictness: Strictness | None = None
    show_operations: bool = True


Work = Callable[[Chunk, Callable[[Message], None]], str | bytes]
"""Gives the output of a chunk; tells diagnostics that are no exceptions."""


def process_chunk(chunk: Chunk, work: Work, reporting: Reporting) -> tuple[bool, str | bytes | None]:
    """Do the work of one chunk; gives whether all went as it should, and the output if there is one."""
    from iree.compiler import ir

    messages: list[Message] = []

    def take(message: Message) -> None:
        message = _named(message, reporting.file)
        if _RESOURCE_WARNING in message.text:
            return
        messages.append(message)
        if reporting.strictness is None:
            _print(message, chunk, reporting)

    output = None
    try:
        output = work(chunk, take)
    except ir.MLIRError as error:
        for message in messages_of(error):
            take(message)
    except IreekitError as error:
        # What the compiler said itself is nearer to the cause.
        if not any(message.severity == "error" for message in messages):
            _take_error(error, take, reporting)
        elif reporting.strictness is None and error.phase and not any(error.phase in each.text for each in messages):
            tell(f"note: in {error.phase}")
    if reporting.strictness is None:
        return output is not None, output
    return _as_expected(chunk, messages, reporting), output


def _take_error(error: IreekitError, take: Callable[[Message], None], reporting: Reporting) -> None:
    messages = messages_of_error(error)
    if reporting.strictness is None and not any(message.known for message in messages):
        tell(f"error: {error}")
        return
    for message in messages:
        take(message)


def _as_expected(chunk: Chunk, messages: list[Message], reporting: Reporting) -> bool:
    assert reporting.strictness is not None
    try:
        expectations = parse_expectations(chunk)
    except MalformedExpectationError as error:
        failures = [Message("error", str(error), reporting.file, error.line, 1)]
    else:
        failures = check_expectations(messages, expectations, reporting.strictness, file=reporting.file)
    for failure in failures:
        _print(failure, chunk, reporting)
    return not failures


def _print(message: Message, chunk: Chunk, reporting: Reporting) -> None:
    def source_line(file: str, line: int) -> str | None:
        return chunk.line(line) if file == reporting.file else None

    notes = tuple(_shortened(note) for note in message.notes if reporting.show_operations or not _shows(note))
    tell(replace(message, notes=notes).render(source_line))


def _shows(note: Message) -> bool:
    return note.text.startswith(SEE_OPERATION)


def _shortened(note: Message) -> Message:
    lines = note.text.splitlines()
    if not _shows(note) or len(lines) <= MAX_SHOWN_LINES:
        return note
    hidden = len(lines) - MAX_SHOWN_LINES
    return replace(note, text="\n".join([*lines[:MAX_SHOWN_LINES], f"... ({hidden} more lines)"]))


def _named(message: Message, file: str) -> Message:
    """The message with the input's name for what the compiler calls ``-``."""
    notes = tuple(_named(note, file) for note in message.notes)
    return replace(message, notes=notes, file=file if message.file == _NATIVE_NAME else message.file)
