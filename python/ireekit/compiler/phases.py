"""Driving a module through the phases, with a pipeline's passes at the boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import TYPE_CHECKING

from ireekit.bindings import PHASES, Invocation
from ireekit.compiler.diagnostics import compile_error
from ireekit.compiler.fallback import KEPT_AT, KERNEL_PHASES, Fallback
from ireekit.compiler.hooks import PassHooks
from ireekit.compiler.legality import LAST_OPEN_PHASE, OPEN_PHASES, refuse_unknown_operations
from ireekit.compiler.progress import Dump, ProgressLine, Timings
from ireekit.compiler.steps import StepRunner
from ireekit.errors import CompileError
from ireekit.passes import NativePasses
from ireekit.pipeline import Step

if TYPE_CHECKING:
    from iree.compiler import ir


class PhaseRunner:
    """Runs phases and steps over one invocation.

    Args:
      invocation: with the module imported.
      steps: to run, each at its phase; those around passes are left to ``hooks``.
      original: a clone of the module as imported, for error messages.
      timings, progress, dump: told of everything that happens.
      runner: of the steps; ``None``: a plain one.
      hooks: watch while phases run.
      fallback: told of kernels that fail, and spares others the steps.
    """

    def __init__(
        self,
        invocation: Invocation,
        steps: Sequence[Step],
        original: ir.Operation | None,
        timings: Timings,
        progress: ProgressLine,
        dump: Dump,
        *,
        runner: StepRunner | None = None,
        hooks: PassHooks | None = None,
        fallback: Fallback | None = None,
    ) -> None:
        self._invocation = invocation
        self._steps = steps
        self._runner = runner or StepRunner()
        self._hooks = hooks or PassHooks.none()
        self._fallback = fallback
        self._original = original
        self._timings = timings
        self._progress = progress
        self._dump = dump

    def run(self, stop: str = "end", start: str = "start") -> None:
        """Run from a program that has finished phase ``start`` up to and including phase ``stop``.

        Raises:
          CompileError: a phase or pass failed.
        """
        self._runner.verify(self._invocation.export_module())
        self._at(start)
        for previous, phase in pairwise(PHASES[PHASES.index(start) :]):
            if previous == stop:
                return
            self._phase(previous, phase)
            self._at(phase)

    def _phase(self, previous: str, phase: str) -> None:
        refuse_unknown_operations(self._invocation.export_module(), previous, self._steps, self._runner.dialect_names)
        self._progress.show(phase)
        before = self._hooks.seconds
        with self._timings.measure(phase), self._hooks.watching(phase), self._kernels(phase):
            # The last phase is nothing but its name; asked for by itself, the compiler would assign devices once more.
            succeeded = phase == PHASES[-1] or self._invocation.run(previous, phase)
        # Steps in the phase are listed by themselves; on several threads they may take longer than it.
        self._timings.seconds[phase] = max(0.0, self._timings.seconds[phase] - (self._hooks.seconds - before))
        if not succeeded:
            raise self._error(f"phase {phase}")
        if phase in OPEN_PHASES or phase == LAST_OPEN_PHASE:
            self._runner.verify(self._invocation.export_module())

    def _kernels(self, phase: str) -> AbstractContextManager[None]:
        if self._fallback is None or phase not in KERNEL_PHASES:
            return nullcontext()
        return self._fallback.watching(self._invocation.export_module(), lambda: self._invocation.diagnostics)

    def _at(self, phase: str) -> None:
        self._dump.write(phase, self._invocation)
        if self._fallback is not None and phase == KEPT_AT:
            self._fallback.keep(self._invocation.export_module())
        steps = [step for step in self._steps if step.phase == phase]
        with self._spared(phase):
            for step in steps:
                name = step.action.name
                self._progress.show(name)
                with self._timings.measure(name):
                    self._step(step, name)
                self._dump.write(name, self._invocation)

    def _spared(self, phase: str) -> AbstractContextManager[None]:
        if self._fallback is None or phase not in (KEPT_AT, *KERNEL_PHASES):
            return nullcontext()
        return self._fallback.sparing(self._invocation.export_module())

    def _step(self, step: Step, name: str) -> None:
        seen = len(self._invocation.diagnostics)
        try:
            self._runner.at_phase(step, self._invocation)
        except CompileError as error:
            if isinstance(step.action, NativePasses) and len(self._invocation.diagnostics) > seen:
                raise self._error(f"pass {name}") from error
            raise

    def _error(self, where: str) -> CompileError:
        # Generic form: the printers of operations are not safe on what a failed conversion leaves behind.
        module = self._invocation.export_module()
        whole = str(module.get_asm(large_elements_limit=16, assume_verified=True, print_generic_op_form=True))
        said = self._invocation.diagnostics
        return compile_error(
            said if self._fallback is None else self._fallback.untagged(said), where, self._original, whole
        )
