"""Parsing and printing of text with custom assembly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ireekit.bindings.dialect_modules import COMPILER_DIALECTS, announce_dialects
from ireekit.dialect.assembly.faults import AssemblyError, Diagnostic, line_and_column, offset_of
from ireekit.dialect.assembly.formats import Formats
from ireekit.dialect.assembly.inference import TypeSolver
from ireekit.dialect.assembly.locations import NATIVE_NAME, mend_locations
from ireekit.dialect.assembly.parameter_faults import parameter_fault
from ireekit.dialect.assembly.prepared import Prepared, prepare
from ireekit.dialect.assembly.printer import OpPrinter
from ireekit.dialect.assembly.type_format import TypeRewriter
from ireekit.dialect.constraints.base import ir_of
from ireekit.dialect.native_messages import reworded

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.pass_manager import Message
    from ireekit.dialect.dialect import Dialect

_FILE_LINE = re.compile(r'"((?:[^"\\]|\\.)*)":(\d+):(\d+)')
_EXPLICIT_MODULE = re.compile(r'^[ \t]*(?:builtin\.)?module\b|^[ \t]*"builtin\.module"', re.MULTILINE)
_MOVED = " (columns moved)"
_NOT_SINGLE = "source must contain a single top-level operation"
_BYTECODE = b"ML\xefR"


def preparse(text: str, dialects: Sequence[Dialect], context: ir.Context, filename: str = "-") -> str:
    """``text`` with everything in custom assembly rewritten to the generic form, for MLIR's own parser.

    Lines stay lines, and an operation that starts a line stays where it is, so that MLIR's locations are right for
    it. Text without custom assembly of ``dialects`` is returned as it is.

    Raises:
      AssemblyError: something does not follow its format; with file, line, column and the source line.
    """
    return prepare(text, dialects, context, filename).text


def parse_module(
    text: str | bytes, context: ir.Context, dialects: Sequence[Dialect] = (), filename: str = "-"
) -> ir.Module:
    """Parse MLIR text, custom assembly and generic form mixed at will, or bytecode.

    The dialects are loaded into ``context`` first. Locations are ``filename:line:column`` of ``text``.

    Raises:
      AssemblyError: the text does not parse or does not verify; ``diagnostics`` has every message.
    """
    for dialect in dialects:
        dialect.load(context)
    if isinstance(text, bytes):
        if text.startswith(_BYTECODE):
            return _parse_native(text, context, Prepared(""), filename, dialects)[0]
        text = _decoded(text, filename)
    _check_encodable(text, filename)
    prepared = prepare(text, dialects, context, filename)
    module, read_as = _parse_native(prepared.text, context, prepared, filename, dialects)
    mend_locations(module.operation, prepared, read_as, filename)
    return module


def print_op(
    op: Any,
    dialects: Sequence[Dialect] = (),
    *,
    generic: bool = False,
    debug_info: bool = False,
    pretty_debug_info: bool = False,
    local_scope: bool = False,
    elide_elements: int | None = None,
    elide_resources: int | None = None,
    skip_regions: bool = False,
    assume_verified: bool = False,
) -> str:
    """The text of an operation or module; operations and types of ``dialects`` in custom assembly.

    An operation that would not read back as it is (it lacks an attribute that its format shows, say) is printed in the
    generic form.

    Args:
      op: an operation, a view of one, or a module.
      generic: everything in the generic form.
      debug_info: with locations.
      pretty_debug_info: locations for people; such text does not parse.
      local_scope: no aliases.
      elide_elements: constants of more elements are replaced by a placeholder.
      elide_resources: resources of more characters are left out.
      skip_regions: without the insides of regions.
      assume_verified: skip the verification before printing; what is not valid may then print as nonsense.
    """
    operation: Any = getattr(op, "operation", op)
    # Where it is not asked for it is not ruled out: a hook prints beside threads that change the rest of the program.
    scope = {"use_local_scope": True} if local_scope else {}
    text = operation.get_asm(
        print_generic_op_form=generic,
        enable_debug_info=debug_info or pretty_debug_info,
        pretty_debug_info=pretty_debug_info,
        **scope,
        large_elements_limit=elide_elements,
        large_resource_limit=elide_resources,
        skip_regions=skip_regions,
        assume_verified=assume_verified,
    )
    return text if generic else customise(text, dialects, operation.context)


def customise(text: str, dialects: Sequence[Dialect], context: ir.Context) -> str:
    """Text as MLIR's own printer writes it, rewritten to custom assembly."""
    formats = Formats.of(dialects)
    if not formats.concerns(text):
        return text
    if formats.ops:
        text = OpPrinter(formats.ops, TypeSolver(context)).rewrite(text)
    return TypeRewriter(formats.entities, to_custom=True).rewrite(text)


def _decoded(text: bytes, filename: str) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = error.start - text.rfind(b"\n", 0, error.start)
        first = Diagnostic("error", "the text is no valid UTF-8", filename, line, column)
        raise AssemblyError((first,), text=text.decode(errors="replace")) from None


def _check_encodable(text: str, filename: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line, column = line_and_column(text, error.start)
        first = Diagnostic("error", "the text holds a surrogate, which UTF-8 cannot", filename, line, column)
        raise AssemblyError((first,), text=text.encode(errors="replace").decode()) from None


def _parse_native(
    text: str | bytes, context: ir.Context, prepared: Prepared, filename: str, dialects: Sequence[Dialect]
) -> tuple[ir.Module, str]:
    """The module, and the file name that its locations have."""
    ir = ir_of(context)
    name = _reading_name(prepared, filename)
    read_as = name
    try:
        if isinstance(text, str) and name != NATIVE_NAME and _EXPLICIT_MODULE.search(text):
            module = _parse_named(text, context, name)
            if module is not None:
                return module, name
        read_as = NATIVE_NAME
        return ir.Module.parse(text, context=context), NATIVE_NAME
    except ir.MLIRError as error:
        # `from None`: the bindings' own traceback says nothing that is not in the diagnostics.
        raise refusal(error, text, context, prepared, dialects, read_as, filename) from None


def _reading_name(prepared: Prepared, filename: str) -> str:
    """The file name to parse under: where columns move, one that tells them from locations given in the text."""
    moves = prepared.moved or prepared.lines_moved
    return f"{filename}{_MOVED}" if moves and "loc(" in prepared.source else filename


def _parse_named(text: str, context: ir.Context, filename: str) -> ir.Module | None:
    """Parse a text that is one module; ``None`` where it holds more. ``ir.Module.parse`` knows no file names."""
    ir = ir_of(context)
    try:
        parsed: Any = ir.Operation.parse(text, source_name=filename, context=context)
    except ir.MLIRError as error:
        found: Any = error.error_diagnostics
        if found and found[0].message.startswith(_NOT_SINGLE):
            return None
        raise
    if parsed.operation.name != "builtin.module":
        return None
    announce_dialects(COMPILER_DIALECTS)
    module = ir.Module.create(parsed.operation.location)
    for name in parsed.operation.attributes:
        module.operation.attributes[name] = parsed.operation.attributes[name]
    for child in list(parsed.operation.regions[0].blocks[0].operations):
        module.body.append(child)
    return module


def refusal(
    error: ir.MLIRError,
    text: str | bytes,
    context: ir.Context,
    prepared: Prepared,
    dialects: Sequence[Dialect],
    read_as: str,
    filename: str,
) -> AssemblyError:
    """The error for a text that the native parser refused, told at the places of its source.

    Args:
      text: as the native parser was given it.
      prepared: has the source.
      dialects: loaded; their Python part of verification words what it knows more about.
      read_as: the file name the native parser was given.
      filename: of the source.
    """
    from ireekit.bindings.parsing import parse_unverified
    from ireekit.bindings.pass_manager import messages_of

    # Read once more only now: most texts are valid.
    messages = reworded(messages_of(error), dialects, lambda: parse_unverified(text, context, read_as))
    if isinstance(text, str):
        messages = tuple(_with_parameter(row, text, dialects, context, read_as) for row in messages)
    found = tuple(_diagnostic(row, prepared, filename, "error") for row in messages)
    return AssemblyError(found or (Diagnostic("error", error.message, filename, 1, 1),), text=prepared.source)


def _with_parameter(row: Message, text: str, dialects: Sequence[Dialect], context: ir.Context, read_as: str) -> Message:
    match = _FILE_LINE.search(row.location)
    # Where an operation is shown it is not about a type.
    if match is None or match[1] != read_as or row.notes:
        return row
    fault = parameter_fault(text, offset_of(text, int(match[2]), int(match[3])), dialects, context)
    return row if fault is None else replace(row, text=fault)


def _diagnostic(row: Message, prepared: Prepared, filename: str, severity: Any) -> Diagnostic:
    file, line, column = _place(row.location, prepared, filename)
    notes = tuple(_diagnostic(note, prepared, filename, "note") for note in row.notes)
    return Diagnostic(severity, row.text.strip(), file, line, column, notes)


def _place(location: str, prepared: Prepared, filename: str) -> tuple[str, int, int]:
    match = _FILE_LINE.search(location)
    if match is None:
        return filename, 1, 1
    file, line, column = match[1], int(match[2]), int(match[3])
    if file not in {NATIVE_NAME, _reading_name(prepared, filename)}:
        return file, line, column
    return filename, *prepared.source_place(line, column)
