"""Parsing and printing of ``ireekit opt``: contexts, dialects, custom assembly, bytecode."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ireekit.cli.opt_arguments import OptArguments
from ireekit.cli.opt_input import decode, is_bytecode, read_input
from ireekit.errors import CompileError, DialectError, ModelImportError
from ireekit.testing.diagnostics import Message, messages_of_error

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect import Dialect

_NAMESPACE = re.compile(rb"[!#\"\s(,=<]([A-Za-z_][\w$]*)\.[A-Za-z_]")


@dataclass(frozen=True)
class Printing:
    """How operations are printed; the fields are the options of the command line."""

    generic: bool = False
    debug_info: bool = False
    pretty_debug_info: bool = False
    local_scope: bool = False
    skip_regions: bool = False
    elide_elements: int | None = None
    elide_resources: int | None = None

    @classmethod
    def of(cls, arguments: OptArguments) -> Printing:
        pretty = arguments.flag("mlir-pretty-debuginfo")
        return cls(
            generic=arguments.flag("mlir-print-op-generic"),
            debug_info=arguments.flag("mlir-print-debuginfo") or pretty,
            pretty_debug_info=pretty,
            local_scope=arguments.flag("mlir-print-local-scope"),
            skip_regions=arguments.flag("mlir-print-skip-regions"),
            elide_elements=arguments.number("mlir-elide-elementsattrs-if-larger"),
            elide_resources=arguments.number("mlir-elide-resource-strings-if-larger"),
        )


def mentioned_namespaces(data: bytes) -> frozenset[str]:
    """What may be names of dialects in text or bytecode; a few too many at times."""
    if is_bytecode(data):
        # Names of dialects stand in its string section, each ended by a NUL byte.
        return frozenset(word.decode() for word in re.findall(rb"[A-Za-z_][\w$]*", data))
    return frozenset(word.decode() for word in _NAMESPACE.findall(b" " + data))


def parse(
    data: bytes | str, context: ir.Context, dialects: Sequence[Dialect], *, file: str, implicit_module: bool
) -> ir.Operation:
    """Load the dialects, parse text or bytecode and verify it natively.

    Raises:
      ir.MLIRError: carries the diagnostics.
      IreekitError: of custom assembly, or because a dialect cannot be loaded.
    """
    from iree.compiler import ir

    for dialect in dialects:
        dialect.load(context)
    if isinstance(data, bytes):
        if not dialects:
            return ir.Module.parse(data, context=context).operation
        from ireekit.dialect import parse_module

        return parse_module(data, context, dialects, filename=file).operation
    if dialects and implicit_module:
        from ireekit.dialect import parse_module

        return parse_module(data, context, dialects, filename=file).operation
    if implicit_module:
        return _parse_text(data, context, file)
    if not dialects:
        return ir.Operation.parse(data, source_name=file, context=context).operation
    from ireekit.dialect.assembly.api import refusal
    from ireekit.dialect.assembly.locations import mend_locations
    from ireekit.dialect.assembly.prepared import prepare

    prepared = prepare(data, dialects, context, file)
    try:
        op = ir.Operation.parse(prepared.text, source_name=file, context=context).operation
    except ir.MLIRError as error:
        raise refusal(error, prepared.text, context, prepared, dialects, file, file) from None
    mend_locations(op, prepared, file, file)
    return op


def _parse_text(text: str, context: ir.Context, file: str) -> ir.Operation:
    from iree.compiler import ir

    from ireekit.bindings.parsing import can_name_sources, parse_named

    if not can_name_sources():
        return ir.Module.parse(text, context=context).operation
    op = parse_named(text, context, file)
    if op is None:
        raise ModelImportError(f"{file} does not parse")  # told already
    return op


def verify(op: ir.Operation, dialects: Sequence[Dialect], take: Callable[[Message], None]) -> None:
    """The Python part of verification; every operation that breaks its definition is told.

    Raises:
      VerificationError: there is one at least.
    """
    if not dialects:
        return
    from ireekit.dialect import problems

    found = list(problems(op, dialects))
    for problem in found:
        for message in messages_of_error(problem):
            take(message)
    if found:
        raise found[0]


def load_irdl_files(files: Sequence[str], context: ir.Context) -> None:
    """Register the dialects that files in IRDL define.

    Raises:
      DialectError: a file is no IRDL, or defines a dialect that is there already.
      CapabilityError: this build of the compiler cannot.
      ModelImportError: a file cannot be read.
    """
    if not files:
        return
    from ireekit.bindings.irdl import load_irdl

    for file in files:
        try:
            load_irdl(decode(read_input(file), file), context)
        except DialectError as error:
            error.location = error.location or file
            raise


def check_roundtrip(op: ir.Operation, dialects: Sequence[Dialect], new_context: Callable[[], ir.Context]) -> None:
    """Print ``op``, parse that, and compare: in custom assembly, in the generic form, and as bytecode.

    Args:
      op: of a context that ``new_context`` made.
      dialects: of the text.
      new_context: makes one for each form; in one context resources would be renamed.

    Raises:
      CompileError: what comes back differs.
      ir.MLIRError: what was printed does not parse.
      IreekitError: so too, in custom assembly.
    """
    wanted = print_text(op, (), _COMPARED)
    forms: dict[str, bytes | str] = {
        "assembly": print_text(op, dialects, Printing()),
        "generic assembly": print_text(op, dialects, Printing(generic=True)),
        "bytecode": print_bytecode(op),
    }
    for form, printed in forms.items():
        root = parse(printed, new_context(), dialects, file=f"<{form}>", implicit_module=True)
        # Where a module was put around it, that has to live on meanwhile.
        again = root if root.name == op.name else root.regions[0].blocks[0].operations[0].operation
        found = print_text(again, (), _COMPARED)
        if found != wanted:
            lines = zip(wanted.splitlines(), found.splitlines(), strict=False)
            first = next(((one, other) for one, other in lines if one != other), ("", ""))
            raise CompileError(
                f"the program differs after a round trip through {form}",
                notes=(f"before: {first[0].strip()}", f"after:  {first[1].strip()}"),
            )


_COMPARED = Printing(generic=True, local_scope=True)


def print_text(op: ir.Operation, dialects: Sequence[Dialect], printing: Printing) -> str:
    """``op`` as text that ends with one line feed; in the generic form where it is invalid."""
    if dialects:
        from ireekit.dialect import print_op

        return print_op(op, dialects, **asdict(printing)).rstrip("\n") + "\n"
    text: Any = op.get_asm(
        large_elements_limit=printing.elide_elements,
        large_resource_limit=printing.elide_resources,
        enable_debug_info=printing.debug_info,
        pretty_debug_info=printing.pretty_debug_info,
        print_generic_op_form=printing.generic,
        use_local_scope=printing.local_scope,
        skip_regions=printing.skip_regions,
    )
    return text.rstrip("\n") + "\n"


def print_bytecode(op: ir.Operation) -> bytes:
    buffer = io.BytesIO()
    op.write_bytecode(buffer)
    return buffer.getvalue()
