"""A session of the stock compiler that a pipeline was activated for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ireekit.bindings import PHASES
from ireekit.bindings.actions import operation_at
from ireekit.bindings.erasure import guard_erasure
from ireekit.bindings.models import note_models
from ireekit.compiler.legality import LAST_OPEN_PHASE, OPEN_PHASES, refuse_unknown_operations
from ireekit.compiler.steps import StepRunner
from ireekit.plugin.contexts import borrowed_context
from ireekit.plugin.flags import check_first_phase, families, last_phase
from ireekit.plugin.hooks import watching
from ireekit.plugin.installed import load_installed
from ireekit.plugin.placement import AFTER_PIPELINES, BEFORE_TRACES, BEGIN, arrange, split_items
from ireekit.plugin.shared_passes import pipelines_of_functions, put_off_traces, show_pipelines, traces_put_off
from ireekit.plugin.steps import Program

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.pipeline import Step

_INPUT = "input:"
_TRACED = "global-optimization"
_POINTS = (BEGIN, *PHASES, AFTER_PIPELINES, BEFORE_TRACES)
# Points that steps at a phase need besides.
_BESIDES = {LAST_OPEN_PHASE: (AFTER_PIPELINES,), _TRACED: (BEFORE_TRACES,)}
_BETWEEN_PHASES = {AFTER_PIPELINES: show_pipelines, BEFORE_TRACES: put_off_traces}


class PluginSession:
    """Runs a pipeline's steps where the plugin says.

    Args:
      name: of an installed pipeline.
      context: address of the session's context.
      options: lines ``name=value``, as flags gave them.
      flags: of the compiler, a line each.
      arguments: of ``iree-compile``, a line each; ``""`` where something else compiles.

    Raises:
      PipelineError: there is no such pipeline, or it cannot be imported.
      DialectError: one of its dialects cannot be registered.
      CapabilityError: it has steps around passes, and those cannot be watched.
    """

    def __init__(self, name: str, context: int, options: str = "", flags: str = "", arguments: str = "") -> None:
        self.name = name
        self.address = context
        given = (line.partition("=") for line in options.split("\n") if line)
        self.pipeline = load_installed(name).configured({key: _unescaped(value) for key, _, value in given})
        self.flags = tuple(flags.splitlines())
        self.steps = self.pipeline.steps_for(families(self.flags))
        self.arguments = tuple(_unescaped(line) for line in arguments.split("\n") if line)
        check_first_phase(self.steps, self.arguments)
        self.context: ir.Context = borrowed_context(context)
        guard_erasure()
        note_models()
        for dialect in self.pipeline.dialects:
            dialect.load(self.context)
        self._runner = StepRunner(self.pipeline.dialects)
        self._stack = ExitStack()
        self._stack.enter_context(watching(self.context, self.steps, self._runner))
        self._phases: frozenset[str] = frozenset(PHASES)
        needed = {step.phase for step in self.steps} | {"start", LAST_OPEN_PHASE}
        if self.pipeline.dialects:
            needed.update(OPEN_PHASES)
        for step in self.steps:
            needed.update(_BESIDES.get(step.phase or "", ()))
        self.points = ",".join(point for point in _POINTS if point in needed).encode()

    def arrange(self, text: str, size: int) -> list[int]:
        """Where the passes for the points go in the compiler's pipeline.

        Args:
          text: of the pipeline.
          size: how many passes it has.

        Raises:
          PipelineError: that cannot be told.
        """
        items = split_items(text)
        assert len(items) == size, f"{size} passes and {len(items)} items"
        own = {f"{self.name}-at-{point}": point for point in _POINTS}
        placeholders = {own[item]: index for index, item in enumerate(items) if item in own}
        arrangement = arrange(items, placeholders, last_phase(self.arguments))
        self._phases = arrangement.phases
        return arrangement.order

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
        if point not in self._phases:
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


def _unescaped(value: str) -> str:
    """Of a text that is in one line: ``\\n`` is a line break, and a backslash is doubled."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)
