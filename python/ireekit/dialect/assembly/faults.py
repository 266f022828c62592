"""Errors of custom assembly, told as the native parser tells its own: file, line, column, source line and caret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ireekit.dialect.errors import DefinitionError
from ireekit.errors import ModelImportError

_WINDOW = 110
"""Characters of a long source line that are shown around the caret."""


class FormatError(DefinitionError):
    """An ``assembly_format`` is wrong; raised when the class that holds it is created.

    Attributes:
      column: 1-based column of the format text that is concerned.
    """

    def __init__(self, cause: str, *, owner: str, text: str, position: int, remedy: str | None = None) -> None:
        line, column = line_and_column(text, position)
        where = f"line {line}, column {column}" if "\n" in text else f"column {column}"
        super().__init__(
            cause,
            op=owner,
            location=f"{where} of the assembly format",
            notes=excerpt(text, position),
            remedy=remedy,
        )
        self.column = column


@dataclass(frozen=True)
class Diagnostic:
    """One message about a text.

    Attributes:
      line: 1-based line of the text.
      column: 1-based column, in bytes of UTF-8 as the native parser counts.
      notes: messages that belong to it.
    """

    severity: Literal["error", "warning", "remark", "note"]
    message: str
    file: str
    line: int
    column: int
    notes: tuple[Diagnostic, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


class AssemblyError(ModelImportError):
    """A text is no valid assembly; its location is ``file:line:column``.

    Args:
      diagnostics: what is wrong, the first one first; at least one.
      text: the text, to quote the line from.
      op: the operation whose syntax is broken, where known.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], *, text: str, op: str | None = None) -> None:
        first = diagnostics[0]
        super().__init__(
            first.message,
            op=op,
            location=f"{first.file}:{first.line}:{first.column}",
            notes=(
                *excerpt(text, offset_of(text, first.line, first.column)),
                *(str(note) for note in first.notes),
                *(str(other) for other in diagnostics[1:]),
            ),
        )
        self.diagnostics = diagnostics

    @property
    def line(self) -> int:
        """1-based line of the first diagnostic."""
        return self.diagnostics[0].line

    @property
    def column(self) -> int:
        """1-based column of the first diagnostic, in bytes of UTF-8."""
        return self.diagnostics[0].column


class Fault(Exception):  # noqa: N818 - internal, always turned into one of the errors above
    """What is wrong at an offset of the text at hand, before anybody knows file and line."""

    def __init__(self, position: int, cause: str, remedy: str | None = None) -> None:
        super().__init__(cause)
        self.position = position
        self.cause = cause
        self.remedy = remedy


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """1-based line and column of an offset; the column counts bytes of UTF-8, like the native parser's."""
    start = text.rfind("\n", 0, position) + 1
    return text.count("\n", 0, start) + 1, len(text[start:position].encode(errors="replace")) + 1


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a 1-based line and byte column; the nearest one where the text has no such place."""
    start = 0
    for _ in range(line - 1):
        following = text.find("\n", start)
        if following < 0:
            return len(text)
        start = following + 1
    end = text.find("\n", start)
    content = text[start : len(text) if end < 0 else end]
    if content.isascii():
        return start + min(max(column - 1, 0), len(content))
    return start + len(content.encode(errors="replace")[: max(column - 1, 0)].decode(errors="ignore"))


def excerpt(text: str, position: int) -> tuple[str, str]:
    """The line of ``position`` and a caret below it; of a long line, the part around the caret."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : len(text) if end < 0 else end].rstrip()
    caret = position - start
    cut = max(0, min(caret - _WINDOW // 2, len(line) - _WINDOW))
    line, caret = line[cut : cut + _WINDOW], caret - cut
    # A tab stays a tab below itself, so that the caret stands right whatever its width.
    blank = "".join("\t" if char == "\t" else " " for char in line[:caret].ljust(caret))
    return f"| {line}", f"| {blank}^"
