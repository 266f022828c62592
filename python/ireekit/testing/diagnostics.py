"""Diagnostics of the compiler and errors of ours, as one kind of message."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.errors import IreekitError

Severity = Literal["error", "warning", "remark", "note"]

SEE_OPERATION = "see current operation: "
"""How the note begins by which the compiler shows the operation that an error is about."""

_EXCERPT = "| "
"""Before the lines of a source in the notes of an error; they are printed from the source itself here."""

_FILE_LINE = re.compile(r'"((?:[^"\\]|\\.)*)":(\d+):(\d+)')
_PLAIN_FILE_LINE = re.compile(r"(?:.*, )?(?P<file>\S.*?):(?P<line>\d+):(?P<column>\d+)")


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
      severity: as MLIR knows it.
      text: may have several lines.
      file: name of the source; ``None`` where the location is unknown.
      line: from 1; 0 where unknown.
      column: from 1; 0 where unknown.
      notes: messages attached to this one.
      hints: what to do about it; printed, but never compared with what a test expects.
    """

    severity: Severity
    text: str
    file: str | None = None
    line: int = 0
    column: int = 0
    notes: tuple[Message, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether it belongs to a line of a source."""
        return self.file is not None and self.line > 0

    def render(self, source_line: Callable[[str, int], str | None] | None = None) -> str:
        """As tools of MLIR print it: ``file:line:column: error: text``, the source line and a caret below.

        Args:
          source_line: gives the line of a file by its number, or ``None``.
        """
        place = f"{self.file}:{self.line}:{self.column}" if self.known else "<unknown>:0"
        lines = [f"{place}: {self.severity}: {self.text}"]
        source = source_line(self.file, self.line) if source_line and self.file and self.known else None
        if source is not None:
            indent = re.sub(r"[^\t]", " ", source[: max(self.column - 1, 0)])
            lines += [source, f"{indent}^"]
        lines += [note.render(source_line) for note in self.notes]
        return "\n".join([*lines, *(f"{place}: note: {hint}" for hint in self.hints)])


def message_of(diagnostic: Any) -> Message:
    """An ``ir.Diagnostic`` or ``ir.DiagnosticInfo``, which is read at once."""
    severity: Any = str(diagnostic.severity).rpartition(".")[2].lower()
    file, line, column = place_of(diagnostic.location)
    return Message(severity, diagnostic.message, file, line, column, tuple(map(message_of, diagnostic.notes)))


def message_of_captured(message: Any) -> Message:
    """A message of :func:`ireekit.bindings.pass_manager.captured_messages`."""
    file, line, column = place_of(message.location)
    notes = tuple(map(message_of_captured, message.notes))
    return Message(message.severity, message.text, file, line, column, notes)


def messages_of(error: ir.MLIRError) -> tuple[Message, ...]:
    """What the compiler said when it raised ``error``."""
    found: Any = error.error_diagnostics
    return tuple(map(message_of, found)) or (Message("error", error.message),)


def messages_of_error(error: IreekitError) -> tuple[Message, ...]:
    """An error of ours: the compiler's diagnostics where it carries them, else itself, its further lines as hints."""
    carried: Any = getattr(error, "diagnostics", ())
    if carried:
        return tuple(map(_carried, carried))
    where = getattr(error, "where", None)
    if where is not None:
        # As the compiler words what breaks the definition of an operation.
        cause = error.cause.removeprefix(f"{error.op}: ")
        text = f"'{error.op}' op {cause}" if error.op else cause
        hints = (*error.notes, *([f"remedy: {error.remedy}"] if error.remedy else []))
        return (Message("error", text, *place_of(where), hints=hints),)
    match = _PLAIN_FILE_LINE.fullmatch(error.location) if error.location else None
    file, line, column = (match["file"], int(match["line"]), int(match["column"])) if match else (None, 0, 0)
    text = error.cause if match or not error.location else f"{error.cause} (at {error.location})"
    hints = [note for note in error.notes if not note.startswith(_EXCERPT)]
    hints += [f"{label}: {value}" for label, value in (("in", error.phase), ("remedy", error.remedy)) if value]
    return (Message("error", text, file, line, column, hints=tuple(hints)),)


def _carried(diagnostic: Any) -> Message:
    """A diagnostic of :class:`ireekit.dialect.assembly.AssemblyError`."""
    d = diagnostic
    return Message(d.severity, d.message, d.file, d.line or 0, d.column or 0, tuple(map(_carried, d.notes)))


def place_of(location: object) -> tuple[str | None, int, int]:
    """File, line and column of an ``ir.Location``: those of the innermost callee, of the first of fused ones."""
    match = _FILE_LINE.search(str(location))
    if match is None or match[2] == "0":
        return None, 0, 0
    return match[1], int(match[2]), int(match[3])


@contextlib.contextmanager
def forwarded(context: ir.Context, sink: Callable[[Message], None]) -> Generator[None]:
    """Within, diagnostics of ``context`` that nothing else takes go to ``sink``, one after another."""

    from ireekit.bindings.pass_manager import captured_messages

    def forward(message: Any) -> bool:
        sink(message_of_captured(message))
        return True

    with captured_messages(context, forward):
        yield


@contextlib.contextmanager
def collected(context: ir.Context) -> Generator[list[Message]]:
    """Within, diagnostics of ``context`` that nothing else takes are put into the list it gives."""
    messages: list[Message] = []
    with forwarded(context, messages.append):
        yield messages
