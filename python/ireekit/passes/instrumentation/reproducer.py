"""Files that replay a failing pass: ``ireekit opt FILE --run-reproducer``."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ireekit.errors import IreekitError, PipelineError
from ireekit.passes.execution import Execution
from ireekit.passes.instrumentation.base import Instrumentation
from ireekit.passes.instrumentation.printing import Printer, print_operation

if TYPE_CHECKING:
    from iree.compiler import ir

_METADATA_START = "\n{-#\n"
_BLOCK = re.compile(r"mlir_reproducer\s*:\s*\{(?P<body>(?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}")
_STRING = re.compile(r'pipeline\s*:\s*"((?:[^"\\]|\\.)*)"')
_FLAG = re.compile(r"(disable_threading|verify_each)\s*:\s*(true|false)")
_ESCAPE = re.compile(rb'\\([0-9A-Fa-f]{2}|[nt"\\])')
_SHORT = {b"n": b"\n", b"t": b"\t", b'"': b'"', b"\\": b"\\"}
_LOAD = "// load: "


@dataclass(frozen=True)
class Reproduction:
    """A reproducer file that was read.

    Attributes:
      pipeline: text of the passes to run.
      verify_each: verify after every pass.
      disable_threading: run on one thread.
      loads: Python files that define the passes and dialects, as given with ``--load``.
    """

    pipeline: str
    verify_each: bool
    disable_threading: bool
    loads: tuple[str, ...]


class Reproducer(Instrumentation):
    """Writes a file when a pass fails: the IR before that pass, the pass, and how to run it again.

    A copy of the IR is made before every pass.

    Args:
      path: of the file; written whole or not at all, over one that is there.
      command: the command line of this process, for the file's head.
      loads: Python files to load for a replay.
      printer: of the IR; MLIR's assembly where ``None``.
      eager: write it before every pass, and remove it when the pass ended: it is there even if the process dies.

    Attributes:
      written: the file was written for a pass that failed.
    """

    def __init__(
        self,
        path: Path,
        *,
        command: Sequence[str] = (),
        loads: Sequence[str] = (),
        printer: Printer | None = None,
        eager: bool = False,
    ) -> None:
        super().__init__()
        self.written = False
        self._path = path
        self._command = tuple(command)
        self._loads = tuple(str(Path(each).resolve()) for each in loads)
        self._printer = printer
        self._eager = eager
        self._copy: ir.Operation | None = None

    def before_pass(self, execution: Execution) -> None:
        self._copy = execution.root.clone().operation
        if self._eager:
            self._write(self._copy, execution, "the process died")

    def after_pass(self, execution: Execution) -> None:
        self._copy = None
        if self._eager:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def pass_failed(self, execution: Execution, error: IreekitError) -> None:
        if self._copy is not None:
            self._write(self._copy, execution, error.cause)
        self._copy = None
        self.written = True
        error.details = error.details or self._path
        error.remedy = error.remedy or f"replay it: ireekit opt {shlex.quote(str(self._path))} --run-reproducer"

    def _write(self, root: ir.Operation, execution: Execution, cause: str) -> None:
        head = [
            f"pass {execution.step} on {execution.label}: {cause.splitlines()[0]}",
            f"replay: ireekit opt {shlex.quote(str(self._path))} --run-reproducer",
        ]
        if self._command:
            head.append(f"command: {shlex.join(self._command)}")
        text = reproducer_text(print_operation(root, self._printer), execution.text, head, self._loads)
        try:
            _write_whole(self._path, text)
        except OSError as error:
            raise IreekitError(
                f"the reproducer cannot be written: {error.strerror or error}", location=str(self._path)
            ) from error


def reproducer_text(module: str, pipeline: str, head: Sequence[str] = (), loads: Sequence[str] = ()) -> str:
    """A file that runs ``pipeline`` on ``module`` when replayed, here or by ``mlir-opt --run-reproducer``."""
    comments = [f"// {line}" for line in head] + [f"{_LOAD}{file}" for file in loads]
    block = "\n".join(
        (
            "  external_resources: {",
            "    mlir_reproducer: {",
            f'      pipeline: "{_escaped(pipeline)}",',
            "      disable_threading: true,",
            "      verify_each: true",
            "    }",
            "  }",
        )
    )
    body = module.rstrip("\n")
    start = body.rfind(_METADATA_START)
    if start < 0 or not body.endswith("#-}"):
        return "\n".join((*comments, body, "", "{-#", block, "#-}", ""))
    # A file has one such section: the module's own, with the contents of its constants.
    at = start + len(_METADATA_START)
    return "\n".join((*comments, body[:at] + block + ",", body[at:], ""))


def read_reproducer(text: str) -> Reproduction:
    """What the file with ``text`` asks to run.

    Raises:
      PipelineError: it is no reproducer.
    """
    block = _BLOCK.search(text)
    pipeline = _STRING.search(block["body"]) if block else None
    if block is None or pipeline is None:
        raise PipelineError(
            "the file holds no reproducer", remedy="give one that a crash reproducer wrote, or --pass-pipeline=..."
        )
    flags = {name: value == "true" for name, value in _FLAG.findall(block["body"])}
    head = text[: block.start()].splitlines()
    return Reproduction(
        _unescaped(pipeline[1]),
        flags.get("verify_each", True),
        flags.get("disable_threading", False),
        tuple(line.removeprefix(_LOAD) for line in head if line.startswith(_LOAD)),
    )


def _escaped(text: str) -> str:
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:02X}" for byte in text.encode()
    )


def _unescaped(text: str) -> str:
    def replace(match: re.Match[bytes]) -> bytes:
        return _SHORT[match[1]] if match[1] in _SHORT else bytes.fromhex(match[1].decode())

    return _ESCAPE.sub(replace, text.encode()).decode(errors="replace")


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
