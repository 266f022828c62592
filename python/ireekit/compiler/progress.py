"""What is told while a program compiles: a line in a terminal, timings, IR in a folder."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ireekit.errors import CompileError
from ireekit.files import write_atomically

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect import Dialect


class ModuleSource(Protocol):
    """Gives the live program."""

    def export_module(self) -> ir.Operation: ...


class Timings:
    """Seconds by name, in order of occurrence; a name met again adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, name: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - started)

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


class ProgressLine:
    """Names the phase at work on standard error: one changing line in a terminal, a line each elsewhere.

    Args:
      title: what is being done.
      wanted: ``None`` for only in a terminal.
    """

    def __init__(self, title: str, wanted: bool | None) -> None:
        self._title = title
        self._status: Any = None
        self._prints = bool(wanted) and not sys.stderr.isatty()
        if wanted is False or not sys.stderr.isatty():
            return
        from rich.console import Console

        self._status = Console(stderr=True).status(title)

    def __enter__(self) -> ProgressLine:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, phase: str) -> None:
        if self._status is not None:
            self._status.update(f"{self._title}: {phase}")
        elif self._prints:
            sys.stderr.write(f"{self._title}: {phase}\n")


class Dump:
    """Writes the IR after each phase and pass into a folder, numbered in order.

    Args:
      folder: made where it does not exist; ``None`` for nothing.
      dialects: printed in their own assembly.
    """

    def __init__(self, folder: Path | None, dialects: Sequence[Dialect] = ()) -> None:
        self._folder = folder
        self._dialects = tuple(dialects)
        self._count = 0
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CompileError(f"cannot write IR into {folder}: {error.strerror or error}") from None

    def write(self, name: str, program: ModuleSource) -> None:
        if self._folder is None:
            return
        text = self._text(program.export_module())
        path = self._folder / f"{self._count:02}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)[:60].strip('-')}.mlir"
        self._count += 1
        try:
            write_atomically(path, text.encode())
        except OSError as error:
            raise CompileError(f"cannot write {path}: {error.strerror or error}") from None

    def _text(self, module: ir.Operation) -> str:
        if not self._dialects:
            return str(module.get_asm(large_elements_limit=16, large_resource_limit=64))
        from ireekit.dialect.assembly import print_op

        return print_op(module, self._dialects, elide_elements=16, elide_resources=64)
