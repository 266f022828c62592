"""What a pass is, and how one is run over a live module."""

from __future__ import annotations

import hashlib
import inspect
import re
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ireekit.bindings.erasure import address, forget_erased, is_erased
from ireekit.errors import PassError
from ireekit.locations import describe_location

if TYPE_CHECKING:
    from iree.compiler import ir

_TRACEBACK_LINE = re.compile(r'\s*File "(.*)", line (\d+)')

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
    forget_erased()
    # An operation made before its dialect is loaded stays unregistered, and kills the process later.
    module.context.load_all_available_dialects()
    # A list first: the pass may erase what an iteration would stand on.
    for op, addresses in list(_anchored(module, step.anchor, ())):
        if is_erased(addresses):
            continue
        location = describe_location(op.location)
        try:
            step.run(op)
        except PassError:
            raise
        except (Exception, SystemExit) as error:
            cause, raised_at = _explain(error, _source_file(type(step)))
            raise PassError(
                cause,
                op=step.anchor,
                location=raised_at or location,
                phase=f"pass {step.name}",
            ) from error
    _verify(module, step)


def _anchored(
    op: ir.Operation, anchor: str, parents: tuple[int, ...]
) -> Iterator[tuple[ir.Operation, tuple[int, ...]]]:
    """Operations called ``anchor``, outermost ones only, with the addresses of their parents and their own."""
    addresses = (*parents, address(op))
    if op.name == anchor:
        yield op, addresses
        return
    for region in op.regions:
        for block in region:
            for child in block:
                yield from _anchored(child.operation, anchor, addresses)


def _verify(module: ir.Operation, step: Pass) -> None:
    from iree.compiler.ir import MLIRError

    try:
        module.verify()
    except MLIRError as error:
        first = error.error_diagnostics[0] if error.error_diagnostics else None
        raise PassError(
            f"left invalid IR behind: {first.message if first else error}",
            location=describe_location(first.location) if first else None,
            phase=f"pass {step.name}",
        ) from error


def _explain(error: BaseException, source: str | None) -> tuple[str, str | None]:
    """What was raised, and where: the innermost line of the file ``source``, else the innermost of all."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if lines and "Traceback (most recent call last)" in lines[0]:
        # The bindings give what a callback of `walk` raised as a printed traceback.
        places = [match for line in lines if (match := _TRACEBACK_LINE.match(line))]
        return lines[-1], _innermost([(place[1], int(place[2])) for place in places], source)
    frames = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}", _innermost(frames, source)


def _innermost(frames: Sequence[tuple[str, int]], source: str | None) -> str | None:
    own = [frame for frame in frames if frame[0] == source] or frames
    return f"{own[-1][0]}:{own[-1][1]}" if own else None


def _option_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(_option_text, value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)


def _source_digest(cls: type) -> str:
    file = _source_file(cls)
    try:
        source = Path(file).read_bytes() if file else repr(cls).encode()
    except OSError:
        source = repr(cls).encode()
    return hashlib.sha256(source).hexdigest()[:16]


def _source_file(cls: type) -> str | None:
    try:
        return inspect.getfile(cls)
    except (OSError, TypeError):  # defined at a prompt
        return None
