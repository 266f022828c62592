"""A text made ready for the native parser, and the way back from its places to the text as it was written."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ireekit.dialect.assembly.faults import AssemblyError, Diagnostic, Fault, line_and_column
from ireekit.dialect.assembly.formats import Formats
from ireekit.dialect.assembly.inference import TypeSolver
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.parser import OpRewriter
from ireekit.dialect.assembly.positions import Piece, Rewritten
from ireekit.dialect.assembly.type_format import TypeRewriter
from ireekit.dialect.errors import ConstraintError

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect.dialect import Dialect

_ALIAS = re.compile(r"^[ \t]*([!#][A-Za-z_][\w$-]*)[ \t]*=", re.MULTILINE | re.ASCII)
_ALIAS_USE = re.compile(r'"(?:[^"\\\n]|\\.)*"|[!#][A-Za-z_][\w$.-]*', re.ASCII)
# What may hold the location of an operation or block argument behind a rewritten type.
_LOCATED = re.compile(r'[^\n]*[A-Za-z%"{^]')


class Prepared:
    """A text in the generic form, and where its places were in the text it comes from.

    Attributes:
      source: the text as it was written.
      text: the text in the generic form; ``source`` itself where nothing had to be rewritten.
      moved: lines (1-based) on which columns differ between the two.
      lines_moved: lines differ too.
    """

    def __init__(self, source: str, stages: Sequence[Rewritten] = (), moved: frozenset[int] = frozenset()) -> None:
        self.source = source
        self.text = stages[-1].text if stages else source
        self.moved = moved
        self.lines_moved = False
        self._stages = stages
        self._starts: list[int] | None = None

    def source_place(self, line: int, column: int) -> tuple[int, int]:
        """Line and column in the source of a line and column (in bytes) of the generic text, all 1-based."""
        if not self._stages or line < 1:
            return line, column
        if self._starts is None:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        start = self._starts[min(line, len(self._starts)) - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        content = self.text[start:end]
        offset = start + (
            column - 1 if content.isascii() else len(content.encode()[: column - 1].decode(errors="ignore"))
        )
        for stage in reversed(self._stages):
            offset = stage.old_offset(offset)
        return line_and_column(self.source, offset)


def prepare(source: str, dialects: Sequence[Dialect], context: ir.Context, filename: str = "-") -> Prepared:
    """Rewrite every operation, type and attribute in custom assembly to the generic form.

    Raises:
      AssemblyError: one does not follow its format.
    """
    formats = Formats.of(dialects)
    if not formats.concerns(source):
        return Prepared(source)
    try:
        return _prepare(source, formats, context, filename)
    except RecursionError:
        raise _error(source, filename, Fault(0, "types or regions are nested too deeply"), None) from None


def _prepare(source: str, formats: Formats, context: ir.Context, filename: str) -> Prepared:
    types = TypeRewriter(formats.entities, to_custom=False)
    replaced: list[tuple[int, int, str]] = []
    try:
        text = types.rewrite(source, lambda start, end, new: replaced.append((start, end, new)))
    except Fault as fault:
        raise _error(source, filename, fault, None) from None
    stages: list[Rewritten] = []
    if replaced:
        stages.append(Rewritten(source, _pieces(source, replaced)))
    moved = _moved_lines(source, replaced)
    rewriter = OpRewriter(text, formats, TypeSolver(context, Aliases(text).expand))
    try:
        pieces = rewriter.rewrite() if formats.ops or formats.generic_ops else []
    except Fault as fault:
        position = stages[0].old_offset(fault.position) if stages else fault.position
        raise _error(source, filename, Fault(position, fault.cause, fault.remedy), rewriter.op) from None
    except ConstraintError as error:
        raise _error(source, filename, Fault(0, error.cause), rewriter.op) from None
    if any(piece.new is not None for piece in pieces):
        stages.append(Rewritten(text, pieces))
    if not stages:
        return Prepared(source)
    prepared = Prepared(source, stages, frozenset(moved | rewriter.moved))
    prepared.lines_moved = rewriter.lines_moved
    return prepared


def _pieces(text: str, replaced: Sequence[tuple[int, int, str]]) -> list[Piece]:
    pieces: list[Piece] = []
    done = 0
    for start, end, new in replaced:
        pieces += (Piece(done, start), Piece(start, end, new))
        done = end
    return [*pieces, Piece(done, len(text))]


def _moved_lines(text: str, replaced: Sequence[tuple[int, int, str]]) -> set[int]:
    if not replaced:
        return set()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return {bisect.bisect_right(starts, end - 1) for _, end, _ in replaced if _LOCATED.match(text, end)}


def _error(text: str, filename: str, fault: Fault, op: str | None) -> AssemblyError:
    line, column = line_and_column(text, fault.position)
    return AssemblyError((Diagnostic("error", fault.cause, filename, line, column),), text=text, op=op)


class Aliases:
    """The type and attribute aliases of a text, ``!t = ...`` and ``#a = ...``; found when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, str] | None = None

    def expand(self, text: str) -> str:
        """``text`` with every alias replaced by what it stands for."""
        if self._found is None:
            self._found = {}
            for match in _ALIAS.finditer(self._text):
                self._found.setdefault(match[1], self._definition(match.end()))
        # An alias is defined before it is used, so that each holds only such as were expanded before it.
        return self._replace(text)

    def _definition(self, position: int) -> str:
        cursor = Cursor(self._text, position)
        try:
            text = cursor.type() or cursor.attribute() or ""
        except Fault:
            return ""  # The native parser will say what is wrong with it.
        return self._replace(text)

    def _replace(self, text: str) -> str:
        known = self._found or {}
        return _ALIAS_USE.sub(lambda match: known.get(match[0]) or match[0], text)
