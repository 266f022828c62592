"""Running the steps of a pipeline: at phase boundaries on the program, around passes on the pass's operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ireekit.bindings.collector import Collected, collected_messages, location_at
from ireekit.bindings.pass_manager import Message, NativePassManager, verify_operation
from ireekit.errors import PassError, PipelineError
from ireekit.passes import NativePasses, run_pass
from ireekit.passes.dialects import in_our_words, verify_after, verify_dialects
from ireekit.passes.faults import invalid_error, native_error
from ireekit.passes.instrumentation import Instrumentation
from ireekit.passes.runner import Runner
from ireekit.passes.stages import PythonStage
from ireekit.pipeline import Action, Step

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.dialect import Dialect

_SEVERITIES = ("note", "warning", "error", "remark")


class Program(Protocol):
    """What holds the whole program: an :class:`Invocation`, or whatever stands in for one."""

    def export_module(self) -> ir.Operation: ...

    def run_passes(self, pipeline: str) -> bool: ...


class StepRunner:
    """Runs steps for one compilation.

    Args:
      dialects: of the pipeline, loaded in its context; verified after each step.
      instrumentation: told of each step.

    Attributes:
      dialect_names: of ``dialects``.
    """

    def __init__(self, dialects: Sequence[Dialect] = (), instrumentation: Instrumentation | None = None) -> None:
        self._dialects = tuple(dialects)
        self._instrumentation = instrumentation
        self.dialect_names = frozenset(dialect.name for dialect in self._dialects)

    def at_phase(self, step: Step, invocation: Program) -> None:
        """Run a step over the whole program.

        Raises:
          PassError: it failed or left invalid IR.
        """
        module = invocation.export_module()
        run_pass(step.action, module, invocation.run_passes, self._instrumentation, self._dialects)
        if isinstance(step.action, NativePasses):
            verify_after(invocation.export_module(), self._dialects, f"pass {step.action.name}")

    def at_pass(self, step: Step, op: ir.Operation) -> int:
        """Run a step over the operation that a pass of the compiler runs on, on that pass's thread.

        Raises:
          PassError: it failed or left invalid IR.
        """
        try:
            return self._at_pass(step.action, op)
        except PassError as error:
            error.notes = (*error.notes, f"which runs {step.point}")
            raise

    def _at_pass(self, action: Action, op: ir.Operation) -> int:
        # Diagnostic handlers in Python are no good here: other threads of the compiler would wait for this one.
        with collected_messages(op.context) as collector:
            if isinstance(action, NativePasses):

                def run_native(text: str) -> bool:
                    if not _manager(action.name, text, op).run(op):
                        raise native_error(_messages(collector.take()), f"pass {action.name}", op.name)
                    return True

                run_pass(action, op, run_native, self._instrumentation)
                count = 1
            else:
                runner = Runner(op, instrumentation=self._instrumentation, verify=False)
                count = runner.run(f"{op.name}({action})", (PythonStage((), action),)).executions
            if count and not verify_operation(op):
                found = in_our_words(_messages(collector.take()), op, self._dialects)
                raise invalid_error(found, f"pass {action.name}")
        if count:
            verify_after(op, self._dialects, f"pass {action.name}")
        return count

    def verify(self, op: ir.Operation) -> None:
        """Verify operations of the pipeline's dialects in ``op`` by their Python part.

        Raises:
          VerificationError: one is invalid.
        """
        verify_dialects(op, self._dialects)


def _manager(name: str, given: str, op: ir.Operation) -> NativePassManager:
    text = given.strip()
    anchor, parenthesis, _ = text.partition("(")
    anchored = bool(parenthesis) and text.endswith(")") and "." in anchor and "," not in anchor
    if anchored and anchor == "builtin.module" and op.name != anchor:
        raise PipelineError(
            f"{name} is a pipeline for {anchor}, and runs here on {op.name}",
            remedy=f"write it for {op.name}, or leave the anchor away",
        )
    try:
        return NativePassManager(text if anchored and anchor == op.name else f"{op.name}({text})", op.context)
    except ValueError as error:
        raise PipelineError(f"not a pass pipeline: {error}", op=given) from None


def _messages(collected: Sequence[Collected]) -> list[Message]:
    return [Message(_SEVERITIES[each.severity], each.text, str(location_at(each.location))) for each in collected]
