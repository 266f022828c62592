"""Driving a module through the phases, with a pipeline's passes at the boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ireekit.bindings import PHASES, Invocation
from ireekit.compiler.diagnostics import compile_error
from ireekit.compiler.progress import Dump, ProgressLine, Timings
from ireekit.errors import CompileError
from ireekit.locations import describe_location
from ireekit.passes import NativePasses, run_pass, walk
from ireekit.pipeline import Step

if TYPE_CHECKING:
    from iree.compiler import ir

# From here on every operation must be known to the compiler: its later phases die on one that is not.
_LAST_OPEN_PHASE = "preprocessing"
_OPEN_PHASES = PHASES[: PHASES.index(_LAST_OPEN_PHASE)]


class PhaseRunner:
    """Runs phases and steps over one invocation.

    Args:
      invocation: with the module imported.
      steps: to run, each at its phase.
      original: a clone of the module as imported, for error messages.
      timings, progress, dump: told of everything that happens.
    """

    def __init__(
        self,
        invocation: Invocation,
        steps: Sequence[Step],
        original: ir.Operation | None,
        timings: Timings,
        progress: ProgressLine,
        dump: Dump,
    ) -> None:
        self._invocation = invocation
        self._steps = steps
        self._original = original
        self._timings = timings
        self._progress = progress
        self._dump = dump

    def run(self, stop: str = "end") -> None:
        """Run from the imported module up to and including phase ``stop``.

        Raises:
          CompileError: a phase or pass failed.
        """
        self._at("start")
        for previous, phase in pairwise(PHASES):
            if previous == stop:
                return
            self._phase(previous, phase)
            self._at(phase)

    def _phase(self, previous: str, phase: str) -> None:
        self._refuse_unknown_operations(previous)
        self._progress.show(phase)
        with self._timings.measure(phase):
            succeeded = self._invocation.run(previous, phase)
        if not succeeded:
            raise self._error(f"phase {phase}")

    def _at(self, phase: str) -> None:
        self._dump.write(phase, self._invocation)
        for step in self._steps:
            if step.phase != phase:
                continue
            name = step.action.name
            self._progress.show(name)
            with self._timings.measure(name):
                self._step(step, name)
            self._dump.write(name, self._invocation)

    def _step(self, step: Step, name: str) -> None:
        seen = len(self._invocation.diagnostics)
        try:
            run_pass(step.action, self._invocation.export_module(), self._invocation.run_passes)
        except CompileError as error:
            if isinstance(step.action, NativePasses) and len(self._invocation.diagnostics) > seen:
                raise self._error(f"pass {name}") from error
            raise

    def _refuse_unknown_operations(self, phase: str) -> None:
        """Stop before the compiler meets, after ``phase``, operations it does not know."""
        if phase in _OPEN_PHASES or not (phase == _LAST_OPEN_PHASE or any(s.phase == phase for s in self._steps)):
            return
        module: Any = self._invocation.export_module()
        context = module.context
        known: dict[str, bool] = {}
        for op in walk(module):
            if known.setdefault(op.name, context.is_registered_operation(op.name)):
                continue
            raise CompileError(
                f"nothing lowered {op.name!r}: no pass rewrote it and the compiler does not know it",
                op=op.name,
                location=describe_location(op.location),
                phase=f"after phase {phase}",
                remedy=f"add a pass that lowers it, at the latest at phase {phase!r}",
            )

    def _error(self, where: str) -> CompileError:
        # Generic form: the printers of operations are not safe on what a failed conversion leaves behind.
        module = self._invocation.export_module()
        whole = str(module.get_asm(large_elements_limit=16, assume_verified=True, print_generic_op_form=True))
        return compile_error(self._invocation.diagnostics, where, self._original, whole)
