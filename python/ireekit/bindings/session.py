"""A compiler session and an invocation of it: the live MLIR context, phases, diagnostics, outputs."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from ireekit.bindings.bytecode import write_aligned
from ireekit.bindings.collector import Collector, has_collector
from ireekit.bindings.context_cache import end_with
from ireekit.bindings.dialect_modules import COMPILER_DIALECTS, announce_dialects, lighten_dialects
from ireekit.bindings.erasure import guard_erasure
from ireekit.bindings.library import DIAGNOSTIC_CALLBACK, library
from ireekit.bindings.models import note_models
from ireekit.errors import CompileError, PipelineError, TargetError

if TYPE_CHECKING:
    from iree.compiler import ir

_ANCHOR = "builtin.module("

Severity = Literal["note", "warning", "error", "remark"]
_SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error", "remark")


@dataclass(frozen=True)
class Diagnostic:
    """One message of the compiler, as it came: ``file:line:col: text`` and possibly printed IR."""

    severity: Severity
    message: str


class CompilerSession:
    """An MLIR context with compiler flags of its own, apart from every other session's.

    Args:
      flags: session flags as ``iree-compile`` takes them.

    Raises:
      TargetError: a flag is unknown or has a bad value.
    """

    def __init__(self, flags: Sequence[str] = ()) -> None:
        from iree.compiler.api import Session

        library()
        guard_erasure()
        note_models()
        announce_dialects(COMPILER_DIALECTS)
        lighten_dialects()
        self._session: Any = Session()
        self.set_flags(flags)
        self.context: ir.Context = self._session.context
        self.context.allow_unregistered_dialects = True
        end_with(self, self.context)
        self._threads: ir.ThreadPool | None = None

    def use_own_threads(self) -> None:
        """Give the context threads of its own, once, before it compiles anything.

        All contexts share their threads otherwise: those that wait in Python code of one session would keep every other
        session from going on, also one that holds Python's global lock meanwhile.
        """
        from iree.compiler import ir

        if self._threads is not None:
            return
        self._threads = ir.ThreadPool()
        self.context.enable_multithreading(False)
        self.context.set_thread_pool(self._threads)

    def set_flags(self, flags: Sequence[str]) -> None:
        """Set further flags, a later value of one replacing the earlier.

        Raises:
          TargetError: a flag is unknown or has a bad value.
        """
        try:
            self._session.set_flags(*flags)
        except ValueError as error:
            reason = " ".join(str(error).removeprefix("Error parsing flags:").split())
            raise TargetError(
                f"the compiler does not take these flags: {reason}",
                remedy="`iree-compile --help` lists flags; those of the whole process cannot be set here",
            ) from None

    def invocation(self) -> Invocation:
        return Invocation(self._session)

    def flags(self, *, changed_only: bool = True) -> tuple[str, ...]:
        """The session's flags with their values, as ``--name=value``."""
        return tuple(self._session.get_flags(changed_only))


class Invocation:
    """One module on its way through the phases. A context manager; closing frees everything native."""

    def __init__(self, session: Any) -> None:
        self._invocation: Any = session.invocation()
        self._diagnostics: list[Diagnostic] = []
        self._collector = Collector() if has_collector() else None
        # ctypes keeps no reference of its own: losing it would leave the compiler a dangling pointer.
        self._callback: Any = DIAGNOSTIC_CALLBACK(self._on_diagnostic)
        data = None
        if self._collector is not None:
            self._callback = ctypes.cast(self._collector.callback, DIAGNOSTIC_CALLBACK)
            data = self._collector.address
        library().ireeCompilerInvocationEnableCallbackDiagnostics(self._handle, 0, self._callback, data)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Every message so far, in order."""
        if self._collector is not None:
            self._diagnostics += [Diagnostic(_SEVERITIES[each.severity], each.text) for each in self._collector.take()]
        return self._diagnostics

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._invocation.close()

    @property
    def _handle(self) -> Any:
        return self._invocation._inv_p

    def _on_diagnostic(self, severity: int, message: int, size: int, _user_data: object) -> None:
        text = ctypes.string_at(message, size).decode(errors="replace")
        self._diagnostics.append(Diagnostic(_SEVERITIES[severity], text))

    def import_module(self, module: ir.Operation) -> None:
        """Take ``module`` (in the session's context) as the program; nothing is copied.

        Raises:
          CompileError: it is not valid IR.
        """
        try:
            self._invocation.import_module(module)
        except RuntimeError:
            raise CompileError("the module does not verify", notes=tuple(d.message for d in self.diagnostics)) from None

    def export_module(self) -> ir.Operation:
        """The live program between two phases. Give it back with :meth:`import_module`."""
        return self._invocation.export_module()

    def verify(self, every_pass: bool) -> None:
        """Whether to verify the IR after each of the compiler's own passes."""
        library().ireeCompilerInvocationSetVerifyIR(self._handle, every_pass)

    def run(self, start: str, stop: str) -> bool:
        """Run the phases after ``start`` up to ``stop``; ``False`` where the compiler refused."""
        native = library()
        native.ireeCompilerInvocationSetCompileFromPhase(self._handle, start.encode())
        native.ireeCompilerInvocationSetCompileToPhase(self._handle, stop.encode())
        return bool(self._invocation.execute())

    def run_passes(self, pipeline: str) -> bool:
        """Run a pipeline text, ``builtin.module(...)`` or what goes inside; ``False`` where a pass failed.

        Raises:
          PipelineError: the text names an unknown pass or option, or does not parse.
        """
        from iree.compiler.passmanager import PassManager

        text = pipeline.strip()
        if text.startswith(_ANCHOR) and text.endswith(")"):
            # The compiler supplies the anchor itself; given again, it would match nothing, silently.
            text = text.removeprefix(_ANCHOR).removesuffix(")")
        try:
            # Only for the reason: the compiler itself would print it to standard error.
            PassManager.parse(f"{_ANCHOR}{text})", self.export_module().context)
        except ValueError as error:
            raise PipelineError(
                f"not a pass pipeline: {_parse_reason(str(error))}",
                op=pipeline,
                remedy="`iree-opt --help` lists the compiler's passes and their options",
            ) from None
        return bool(self._invocation.execute_text_pass_pipeline(text))

    def output_bytecode(self) -> memoryview:
        """The finished program as the bytes of a ``.vmfb``, in memory of the compiler that the view holds."""
        from iree.compiler.api import Output

        output: Any = Output.open_membuffer()
        try:
            self._invocation.output_vm_bytecode(output)
            return memoryview(output.map_memory()).toreadonly().cast("B")
        except ValueError as error:
            output.close()
            raise CompileError(f"the program could not be serialised: {error}") from None

    def output_ir(self) -> bytes:
        """The program as it now stands, as MLIR bytecode."""
        return write_aligned(self.export_module())[:]


def _parse_reason(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    first = lines[0] if lines else "no reason given"
    return first.rpartition("error: ")[2]
