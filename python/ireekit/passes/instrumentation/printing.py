"""The IR before and after passes, on a stream or as a tree of files."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from ireekit.errors import IreekitError
from ireekit.passes.execution import Execution
from ireekit.passes.instrumentation.base import Instrumentation

if TYPE_CHECKING:
    from iree.compiler import ir

Names: TypeAlias = "Literal['all'] | Collection[str]"
"""All passes, or those of these names."""

Printer: TypeAlias = "Callable[[ir.Operation], str]"


@dataclass(frozen=True)
class PrintOptions:
    """When and how to print.

    Attributes:
      before, after: passes around which to print.
      changed_only: after a pass only where the text differs from that before it.
      failed: what a failing pass leaves.
      diff: print the difference to the text before the pass instead of the text after it.
      module_scope: the whole of what the pipeline runs on, not only what the pass ran on.
      folder: a tree of files in it, a folder for each operation, instead of a stream.
      stream: standard error where ``None``.
      printer: of operations; MLIR's own assembly where ``None``.
    """

    before: Names = ()
    after: Names = ()
    changed_only: bool = False
    failed: bool = False
    diff: bool = False
    module_scope: bool = False
    folder: Path | None = None
    stream: TextIO | None = None
    printer: Printer | None = None


class IRPrinter(Instrumentation):
    """Prints IR around passes."""

    def __init__(self, options: PrintOptions) -> None:
        super().__init__()
        self._options = options
        self._earlier: dict[int, str] = {}

    def before_pass(self, execution: Execution) -> None:
        wanted = _has(self._options.before, execution.name)
        compared = (self._options.changed_only or self._options.diff) and _has(self._options.after, execution.name)
        if not (wanted or compared):
            return
        text = self._text(execution)
        if wanted:
            self._write(execution, "Before", text)
        if compared:
            self._earlier[execution.number] = text

    def after_pass(self, execution: Execution) -> None:
        if not _has(self._options.after, execution.name):
            return
        earlier = self._earlier.pop(execution.number, "")
        text = self._text(execution)
        if self._options.changed_only and text == earlier:
            return
        self._write(execution, "After", _difference(earlier, text) if self._options.diff else text)

    def pass_failed(self, execution: Execution, error: IreekitError) -> None:
        self._earlier.pop(execution.number, None)
        if self._options.failed:
            self._write(execution, "After Failed", self._text(execution, valid=False))

    def _text(self, execution: Execution, valid: bool = True) -> str:
        op = execution.root if self._options.module_scope else execution.op
        if execution.erased and op is execution.op:
            return "// erased\n"
        text = print_operation(op, self._options.printer if valid else None, valid)
        return text if text.endswith("\n") else text + "\n"

    def _write(self, execution: Execution, when: str, text: str) -> None:
        name, _, symbol = execution.label.partition(" ")
        scope = f" ('{name}' operation{f': {symbol}' if symbol else ''})"
        header = f"// -----// IR Dump {when} {execution.step}{scope} //----- //\n"
        try:
            if self._options.folder is not None:
                self._write_file(self._options.folder, execution, when, header + text)
                return
            stream = self._options.stream or sys.stderr
            stream.write(header + text + "\n")
            stream.flush()
        except OSError as error:
            raise IreekitError(
                f"the IR cannot be printed: {error.strerror or error}", location=str(self._options.folder or "")
            ) from error

    def _write_file(self, folder: Path, execution: Execution, when: str, text: str) -> None:
        place = folder.joinpath(*map(_file_name, (*execution.path, execution.label)))
        place.mkdir(parents=True, exist_ok=True)
        ending = {"Before": "before", "After": "after", "After Failed": "failed"}[when]
        kind = "diff" if self._options.diff and when == "After" else "mlir"
        path = place / f"{execution.number:04d}_{_file_name(execution.name)}.{ending}.{kind}"
        path.write_text(text, encoding="utf-8")


def print_operation(op: ir.Operation, printer: Printer | None = None, valid: bool = True) -> str:
    """Text of ``op`` by ``printer``; in MLIR's generic form where it may be invalid.

    A printer that fails falls back to MLIR's.
    """
    if printer is not None:
        try:
            return printer(op)
        except Exception:  # whatever a printer of somebody else does: a dump must come
            valid = False
    if not valid:
        # The printers of operations are not safe on what a failed pass leaves.
        return str(op.get_asm(print_generic_op_form=True, assume_verified=True))
    return str(op.get_asm(assume_verified=True))


def _has(names: Names, name: str) -> bool:
    return names == "all" or name in names


def _difference(earlier: str, later: str) -> str:
    lines = difflib.unified_diff(earlier.splitlines(), later.splitlines(), "before", "after", lineterm="", n=2)
    return "".join(f"{line}\n" for line in lines)


def _file_name(label: str) -> str:
    return re.sub(r"[^\w.-]+", "_", label)[:100]
