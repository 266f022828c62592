"""``ireekit opt``: an ``mlir-opt`` for dialects and passes in Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ireekit.cli.opt_arguments import OptArguments, help_text, parse_words
from ireekit.cli.opt_available import Available
from ireekit.cli.opt_chunk import Reporting, Work, process_chunk
from ireekit.cli.opt_input import decode, is_bytecode, read_input
from ireekit.cli.opt_ir import (
    Printing,
    check_roundtrip,
    load_irdl_files,
    parse,
    print_bytecode,
    print_text,
    verify,
)
from ireekit.errors import ArtifactError, PipelineError
from ireekit.testing.diagnostics import Message, forwarded
from ireekit.testing.split import MARKER, Chunk, split_input

if TYPE_CHECKING:
    from iree.compiler import ir


def run_words(words: Sequence[str]) -> int:
    """Run the command with the words after ``ireekit opt``; gives 0, or 1 where anything failed.

    Raises:
      IreekitError: the command line is wrong, or a file cannot be read or written.
    """
    arguments = parse_words(words)
    if arguments.help:
        print(help_text())
        return 0
    if arguments.flag("list-passes") or arguments.flag("show-dialects"):
        _list(arguments)
        return 0
    job = _Job(arguments, read_input(arguments.file))
    outputs: list[str | bytes] = []
    succeeded = True
    for chunk, work in job.chunks():
        fine, output = process_chunk(chunk, work, job.reporting)
        succeeded &= fine
        if output is not None:
            outputs.append(output)
    _write(arguments, outputs, succeeded)
    return 0 if succeeded else 1


class _Job:
    """What is the same for every chunk of the input."""

    def __init__(self, arguments: OptArguments, data: bytes) -> None:
        strictness: Any = arguments.text("verify-diagnostics")
        self.arguments = arguments
        self.data = data
        self.file = "<stdin>" if arguments.file == "-" else arguments.file
        self.reporting = Reporting(self.file, strictness, arguments.flag("mlir-print-op-on-diagnostic"))
        self.printing = Printing.of(arguments)
        self.available = Available(arguments)
        if not arguments.flag("run-reproducer"):
            # A wrong name is told once, and before anything else.
            self.available.passes("")

    def chunks(self) -> Iterator[tuple[Chunk, Work]]:
        """Each part of the input with the work to be done for it."""
        if is_bytecode(self.data):
            yield Chunk("", 1), lambda _chunk, take: self._transformed(self.data, take)
            return
        text = decode(self.data, self.file)
        for chunk in split_input(text, self.arguments.text("split-input-file") or ""):
            yield chunk, lambda chunk, take: self._transformed(chunk.padded, take)

    def _new_context(self) -> ir.Context:
        from iree.compiler import ir

        context = ir.Context()
        context.enable_multithreading(not self.arguments.flag("mlir-disable-threading"))
        context.allow_unregistered_dialects = self.arguments.flag("allow-unregistered-dialect")
        load_irdl_files(self.arguments.texts("irdl-file"), context)
        return context

    def _transformed(self, source: str | bytes, take: Callable[[Message], None]) -> str | bytes:
        arguments = self.arguments
        pipeline = self.available.passes(source)
        context = self._new_context()
        dialects = self.available.dialects(source, pipeline, context)
        with forwarded(context, take):
            implicit_module = not arguments.flag("no-implicit-module")
            op = parse(source, context, dialects, file=self.file, implicit_module=implicit_module)
            verify(op, dialects, take)
            if arguments.flag("verify-roundtrip"):
                check_roundtrip(op, dialects, self._new_context)
            if pipeline is not None:
                from ireekit.cli.opt_passes import run_pipeline

                run_pipeline(
                    pipeline, op, arguments, dialects, lambda each: print_text(each, dialects, self.printing), take
                )
            if arguments.flag("emit-bytecode"):
                return print_bytecode(op)
            return print_text(op, dialects, self.printing)


def _list(arguments: OptArguments) -> None:
    from ireekit.cli.opt_listing import dialects_text, passes_text

    available = Available(arguments)
    if arguments.flag("list-passes"):
        print(passes_text(available.registry))
    if arguments.flag("show-dialects"):
        print(dialects_text(available.given_dialects))


def _write(arguments: OptArguments, outputs: Sequence[str | bytes], succeeded: bool) -> None:
    """To standard output what there is, to a file only what is whole."""
    marker = arguments.text("output-split-marker") or MARKER
    if any(isinstance(output, bytes) for output in outputs):
        if len(outputs) > 1:
            raise PipelineError("bytecode holds one module: --emit-bytecode does not go with several parts of an input")
        data = b"".join(output for output in outputs if isinstance(output, bytes))
    else:
        data = f"{marker}\n".join(output for output in outputs if isinstance(output, str)).encode()
    path = arguments.text("o")
    if path is None or path == "-":
        _print(data)
        return
    if not succeeded:
        return
    from ireekit.files import write_atomically

    try:
        write_atomically(Path(path), data)
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}") from None


def _print(data: bytes) -> None:
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # someone collects text
        sys.stdout.write(data.decode(errors="replace"))
        return
    binary.write(data)
    binary.flush()
