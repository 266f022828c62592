"""From text with custom assembly to text in the generic form, which the native parser reads.

Lines stay where they are, and an operation starts at the column where it stood, so that the locations the native parser
gives are those of the text as it was written; :mod:`.locations` mends the few columns that move.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

from ireekit.dialect.assembly.dict_elements import one_line
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.format import OpFormat
from ireekit.dialect.assembly.formats import Formats
from ireekit.dialect.assembly.inference import TypeSolver
from ireekit.dialect.assembly.instance import generic_parts
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.positions import Piece
from ireekit.dialect.assembly.statements import Statements
from ireekit.dialect.assembly.templates import Templates, one_line_operation

_MAX_DEPTH = 64
_LOCATION = r'loc\((?:[^()"\n]|"(?:[^"\\\n]|\\.)*"|\((?:[^()"\n]|"(?:[^"\\\n]|\\.)*")*\))*\)'
_NOTHING_MOVES = re.compile(rf"[ \t\r]*(?:{_LOCATION})?[ \t\r}})\],]*(?://[^\n]*)?(?:\n|\Z)")
# A line that cannot be the rest of the operation above it.
_NEW_STATEMENT = re.compile(
    r'\s*(?:\Z|\}|%[\w$.-]+(?::\d+)?(?:\s*,\s*%[\w$.-]+(?::\d+)?)*\s*=|"[\w$.]+"\(|\^[\w$.-]+[:(])', re.ASCII
)
# What cannot begin a statement, nor end the region around an operation.
_NEVER_AFTER = frozenset("{:,=<([-*+?|>]")
_RESOURCES_END = "#-}"


@dataclass(slots=True)
class Region:
    """A region of an operation in custom assembly: ``{`` to ``}`` of the text, its contents rewritten."""

    start: int
    end: int
    pieces: list[Piece] = field(default_factory=list[Piece])


class _OpCursor(Cursor):
    """A cursor that can read a region, operations of ours included."""

    __slots__ = ("_rewriter",)

    def __init__(self, text: str, position: int, rewriter: OpRewriter) -> None:
        super().__init__(text, position)
        self._rewriter = rewriter

    def region(self) -> Region:
        region = self._rewriter.region(self.ahead())
        self.position = region.end
        return region


class OpRewriter:
    """Rewrites every operation in custom assembly, in one pass over a text.

    Args:
      formats: of all dialects concerned.

    Attributes:
      op: the operation being read, for error messages.
      moved: lines (1-based) on which something that follows a rewritten operation is at another column now.
      lines_moved: regions were written in another order than the definition's: lines are others too.
    """

    def __init__(self, text: str, formats: Formats, solver: TypeSolver) -> None:
        self._text = text
        self._formats = formats.ops
        self._generic_ops = formats.generic_ops
        self._solver = solver
        self._statements = Statements(text)
        dialects = "|".join(
            sorted({re.escape(name.partition(".")[0]) for name in (*formats.ops, *formats.generic_ops)})
        )
        names = rf'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*|\{{-#|(?:{dialects})\.[A-Za-z_][\w$.]*'
        self._outside = re.compile(names, re.ASCII)
        self._inside = re.compile(rf"{names}|[{{}}]", re.ASCII)
        self._depth = 0
        self._line_starts: list[int] | None = None
        self._templates = Templates(self._rewrite_line)
        self.op: str | None = None
        self.moved: set[int] = set()
        self.lines_moved = False

    def rewrite(self) -> list[Piece]:
        """The pieces of the new text.

        Raises:
          Fault: an operation does not follow its format.
        """
        return self._scan(0, -1)[0]

    def region(self, brace: int) -> Region:
        """The region whose ``{`` is at ``brace``.

        Raises:
          Fault: it is never closed, or nested too deeply.
        """
        if self._depth >= _MAX_DEPTH:
            raise Fault(brace, f"regions are nested more than {_MAX_DEPTH} deep")
        self._depth += 1
        pieces, end = self._scan(brace + 1, brace)
        self._depth -= 1
        return Region(brace, end, [Piece(brace, brace + 1), *pieces])

    def _scan(self, start: int, region: int) -> tuple[list[Piece], int]:
        """Rewrite from ``start`` to the end, or, in a region, to its ``}``."""
        text = self._text
        search = (self._outside if region < 0 else self._inside).search
        pieces: list[Piece] = []
        done = position = start
        depth = 1
        while (match := search(text, position)) is not None:
            token = match[0]
            position = match.end()
            first = token[0]
            if first == "{" and token != "{":
                found = text.find(_RESOURCES_END, position)
                position = len(text) if found < 0 else found
            elif first == "{":
                depth += 1
            elif first == "}":
                depth -= 1
                if depth == 0:
                    pieces.append(Piece(done, position))
                    return pieces, position
            elif first == "/":
                self._statements.comment(match.start(), position)
            elif first != '"' and self._begins_operation(match, region):
                pieces.append(Piece(done, match.start()))
                done = position = self._operation(match.start(), position, pieces)
        if region >= 0:
            raise Fault(region, "the region is never closed")
        pieces.append(Piece(done, len(text)))
        return pieces, len(text)

    def _begins_operation(self, match: re.Match[str], region: int) -> bool:
        name = match[0]
        generic = name in self._generic_ops
        if not (generic or name in self._formats):
            return False
        if not self._statements.is_statement(match.start(), match.end(), region):
            return False
        if generic:
            raise Fault(match.start(), f"'{name}' has no assembly_format: write \"{name}\"(...), the generic form")
        return True

    def _operation(self, start: int, end: int, pieces: list[Piece]) -> int:
        """Add the generic form of the operation at ``start``; the offset after it."""
        form = self._formats[self._text[start:end]]
        known = self._from_template(form, end)
        if known is not None:
            new, stop = known
            pieces.append(Piece(start, stop, new))
            self._note_moves(stop)
            return stop
        cursor = _OpCursor(self._text, end, self)
        outer, self.op = self.op, form.model.name
        instance = form.parse(cursor, self._solver)
        stop = cursor.position
        self._check_end(cursor)
        self.op = outer
        head, tail = generic_parts(form.model, instance)
        regions = [region for row in form.model.regions for region in instance.regions[row.name]]
        # What is moved must not move what stands below it.
        self._emit(pieces, (start, stop), (one_line(head), one_line(tail)), regions)
        self._note_moves(stop)
        return stop

    def _check_end(self, cursor: Cursor) -> None:
        following = cursor.ahead()
        if self._text[following : following + 1] in _NEVER_AFTER and not self._text.startswith("{-#", following):
            raise cursor.fault("expected the end of the operation")

    def _note_moves(self, stop: int) -> None:
        if _NOTHING_MOVES.match(self._text, stop) is None:
            self.moved.add(self._line(stop))

    def _from_template(self, form: OpFormat, end: int) -> tuple[str, int] | None:
        """The generic form of an operation like one before, and where it ends."""
        line = None if form.model.regions else one_line_operation(self._text, end)
        if line is None:
            return None
        body, stop, located = line
        # An operation may go on below its line.
        if not located and not _NEW_STATEMENT.match(self._text, stop):
            return None
        new = self._templates.apply(form.model.name, body)
        return None if new is None else (new, stop)

    def _rewrite_line(self, name: str, body: str) -> str | None:
        form = self._formats[name]
        cursor = Cursor(body)
        try:
            instance = form.parse(cursor, self._solver)
        except Fault:
            return None  # Told where it stands in the text.
        return "".join(generic_parts(form.model, instance)) if cursor.position == len(body) else None

    def _line(self, offset: int) -> int:
        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        return bisect.bisect_right(self._line_starts, offset)

    def _emit(
        self, pieces: list[Piece], extent: tuple[int, int], parts: tuple[str, str], regions: list[Region | str]
    ) -> None:
        """Write an operation: as many line breaks as it had, each region on the lines where it was."""
        text = self._text
        start, stop = extent
        opening, tail = parts
        opening += " (" if regions else ""
        place = start
        for region in regions:
            if isinstance(region, str):
                opening += f"{region}, "
                continue
            self.lines_moved |= region.start < place
            self._note_moves(region.start + 1)
            before = max(place, region.start)
            pieces.append(Piece(place, before, opening + "\n" * text.count("\n", place, before)))
            pieces += region.pieces
            opening = ", "
            place = region.end
        closing = opening.removesuffix(", ") + ")" * bool(regions) + tail
        pieces.append(Piece(place, stop, closing + "\n" * text.count("\n", place, stop)))
