"""What a pass is, and how one is run over a live module."""

from __future__ import annotations

import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ireekit.errors import PassError

if TYPE_CHECKING:
    from iree.compiler import ir

NativeRunner: TypeAlias = Callable[[str], bool]
"""Runs a textual pass pipeline over the module at hand; ``False`` where it failed."""


@dataclass(frozen=True)
class Pass(ABC):
    """A pass written in Python: a frozen dataclass whose fields are its options.

    Class attributes:
      name: of the pass in pipeline texts, e.g. ``"acme-fuse"``.
      anchor: the operation it runs on: ``"builtin.module"``, or the name of operations nested in it, each of
        which it is then given in turn.

    Example::

        @dataclass(frozen=True)
        class FuseScale(Pass):
            name = "acme-fuse-scale"
            max_ops: int = 4

            def run(self, op: ir.Operation) -> None: ...
    """

    name: ClassVar[str]
    anchor: ClassVar[str] = "builtin.module"

    @abstractmethod
    def run(self, op: ir.Operation) -> None:
        """Change ``op`` in place. Raise to signal failure."""

    def __str__(self) -> str:
        changed = [
            f"{option.name.replace('_', '-')}={_option_text(getattr(self, option.name))}"
            for option in fields(self)
            if option.default is MISSING or getattr(self, option.name) != option.default
        ]
        return f"{self.name}{{{' '.join(changed)}}}" if changed else self.name

    def fingerprint(self) -> str:
        """Changes with the pass's name, its options and the source of the file that defines it."""
        return f"{type(self).__module__}.{self}@{_source_digest(type(self))}"


@dataclass(frozen=True)
class NativePasses:
    """Passes of the compiler itself, under a name.

    Attributes:
      name: in reports, dumps and errors.
      text: a pipeline text anchored on the module.

    Example::

        NativePasses("tidy", "builtin.module(util.func(canonicalize,cse))")
    """

    name: str
    text: str

    def __str__(self) -> str:
        return self.name

    def fingerprint(self) -> str:
        return f"{self.name}={self.text}"


def run_pass(step: Pass | NativePasses, module: ir.Operation, run_native: NativeRunner) -> None:
    """Run ``step`` over ``module`` and verify what it leaves.

    Raises:
      PassError: the pass failed or left invalid IR; names the pass, and the operation's location if known.
    """
    if isinstance(step, NativePasses):
        if not run_native(step.text):
            raise PassError(f"the compiler refused or failed {step.text}", phase=f"pass {step.name}")
        return
    for op in _anchored(module, step.anchor):
        location = str(op.location)
        try:
            step.run(op)
        except PassError:
            raise
        except Exception as error:
            raise PassError(
                f"{type(error).__name__}: {_first_line(error)}",
                op=step.anchor,
                location=_raised_at(error) or location,
                phase=f"pass {step.name}",
            ) from error
    _verify(module, step)


def _anchored(module: ir.Operation, anchor: str) -> Iterator[ir.Operation]:
    if module.name == anchor:
        yield module
        return
    # A list first: the pass may erase what the iteration stands on.
    pending = [op for region in module.regions for block in region for op in block]
    for op in pending:
        yield from _anchored(op.operation, anchor)


def _verify(module: ir.Operation, step: Pass) -> None:
    from iree.compiler.ir import MLIRError

    try:
        module.verify()
    except MLIRError as error:
        first = error.error_diagnostics[0] if error.error_diagnostics else None
        raise PassError(
            f"left invalid IR behind: {first.message if first else error}",
            location=str(first.location) if first else None,
            phase=f"pass {step.name}",
        ) from error


def _raised_at(error: Exception) -> str | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return None
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "no message")


def _option_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(_option_text, value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)


def _source_digest(cls: type) -> str:
    try:
        source = Path(inspect.getfile(cls)).read_bytes()
    except (OSError, TypeError):
        source = repr(cls).encode()
    return hashlib.sha256(source).hexdigest()[:16]
