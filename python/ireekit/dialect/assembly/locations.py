"""Locations of parsed operations, put back to where they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ireekit.bindings.dialect_modules import COMPILER_DIALECTS, announce_dialects
from ireekit.dialect.assembly.prepared import Prepared
from ireekit.dialect.constraints.base import ir_of

if TYPE_CHECKING:
    from iree.compiler import ir

NATIVE_NAME = "-"
"""What the native parser calls a text without a file name."""


def mend_locations(root: ir.Operation, prepared: Prepared, read_as: str, filename: str) -> None:
    """Correct the locations of everything in ``root`` that the rewriting, or a parser that knows no file name, moved.

    Args:
      read_as: the file name the native parser was given.
      filename: the one that locations are to have.
    """
    renamed = read_as != filename
    if not (renamed or prepared.moved or prepared.lines_moved):
        return
    ir = ir_of(root)
    announce_dialects(COMPILER_DIALECTS)
    made: dict[tuple[int, int], ir.Location] = {}

    def corrected(location: Any) -> ir.Location | None:
        if type(location) is not ir.FileLineColLoc or location.filename != read_as:
            return None
        line, column = location.start_line, location.start_col
        moved = prepared.lines_moved or line in prepared.moved
        if not moved and not renamed:
            return None
        if (line, column) not in made:
            place = prepared.source_place(line, column) if moved else (line, column)
            made[line, column] = ir.Location.file(filename, *place, context=root.context)
        return made[line, column]

    def visit(operation: ir.Operation) -> ir.WalkResult:
        new = corrected(operation.location)
        if new is not None:
            operation.location = new
        for region in operation.regions:
            for block in region:
                for argument in block.arguments:
                    new = corrected(argument.location)
                    if new is not None:
                        argument.set_location(new)
        return ir.WalkResult.ADVANCE

    root.walk(visit)
