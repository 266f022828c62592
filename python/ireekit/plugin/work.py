"""A pipeline at work inside of the stock compiler: its passes, and the program as the bindings see it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ireekit.bindings.actions import operation_at
from ireekit.bindings.erasure import guard_erasure
from ireekit.bindings.models import note_models
from ireekit.compiler.legality import LAST_OPEN_PHASE, OPEN_PHASES, refuse_unknown_operations
from ireekit.compiler.steps import StepRunner
from ireekit.plugin.contexts import borrowed_context
from ireekit.plugin.flags import unescaped
from ireekit.plugin.hooks import watching
from ireekit.plugin.installed import load_installed
from ireekit.plugin.placement import AFTER_PIPELINES, BEFORE_TRACES
from ireekit.plugin.shared_passes import pipelines_of_functions, put_off_traces, show_pipelines, traces_put_off
from ireekit.plugin.steps import Program

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.pipeline import Step

_INPUT = "input:"
_TRACED = "global-optimization"
_BETWEEN_PHASES = {AFTER_PIPELINES: show_pipelines, BEFORE_TRACES: put_off_traces}


class PipelineWork:
    """Runs a pipeline's steps on programs of one context, between :meth:`open` and :meth:`close`.

    Args:
      name: of an installed pipeline.
      options: lines ``name=value``, as flags gave them.
      families: of targets, that the program is for.

    Raises:
      PipelineError: there is no such pipeline or option, or it cannot be imported.
    """

    def __init__(self, name: str, options: str, families: frozenset[str]) -> None:
        given = (line.partition("=") for line in options.split("\n") if line)
        self.pipeline = load_installed(name).configured({key: unescaped(value) for key, _, value in given})
        self.steps = self.pipeline.steps_for(families)
        self._runner = StepRunner(self.pipeline.dialects)
        self._stack = ExitStack()

    def open(self, context: int) -> None:
        """Prepare the context at an address.

        Raises:
          DialectError: a dialect of the pipeline cannot be registered.
          CapabilityError: it has steps around passes, and those cannot be watched.
        """
        borrowed: ir.Context = borrowed_context(context)
        guard_erasure()
        note_models()
        for dialect in self.pipeline.dialects:
            dialect.load(borrowed)
        self._stack.enter_context(watching(borrowed, self.steps, self._runner))

    def run(self, point: str, operation: int) -> None:
        """Run the steps at a point over the module at an address.

        Raises:
          CompileError: one failed, or an operation is invalid, or unknown to what follows.
        """
        module = operation_at(operation)
        if point.startswith(_INPUT):
            self._run_all(self._input_steps(point.removeprefix(_INPUT)), module)
            return
        if (between := _BETWEEN_PHASES.get(point)) is not None:
            between(module)
            return
        if point in OPEN_PHASES or point == LAST_OPEN_PHASE:
            self._runner.verify(module)
        steps = [step for step in self.steps if step.phase == point]
        if steps and point == LAST_OPEN_PHASE:
            with pipelines_of_functions(Program(module)):
                self._run_all(steps, module)
        elif steps and point == _TRACED:
            with traces_put_off(Program(module)):
                self._run_all(steps, module)
        else:
            self._run_all(steps, module)
        refuse_unknown_operations(module, point, self.steps, self._runner.dialect_names)

    def _input_steps(self, name: str) -> tuple[Step, ...]:
        return next((each.steps for each in self.pipeline.inputs if each.name == name), ())

    def _run_all(self, steps: Iterable[Step], module: ir.Operation) -> None:
        for step in steps:
            self._runner.at_phase(step, Program(module))

    def close(self) -> None:
        """The session ends."""
        self._stack.close()
