"""A session of the stock compiler that a pipeline was activated for."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from ireekit.bindings import PHASES
from ireekit.bindings.actions import operation_at
from ireekit.bindings.erasure import guard_erasure
from ireekit.bindings.models import note_models
from ireekit.compiler.legality import LAST_OPEN_PHASE, OPEN_PHASES, refuse_unknown_operations
from ireekit.compiler.steps import StepRunner
from ireekit.pipeline import load_pipeline
from ireekit.plugin.contexts import borrowed_context
from ireekit.plugin.flags import families
from ireekit.plugin.placement import arrange, is_reached, split_items
from ireekit.plugin.steps import Program

if TYPE_CHECKING:
    from iree.compiler import ir


class PluginSession:
    """Runs a pipeline's steps where the plugin says.

    Args:
      name: of an installed pipeline.
      context: address of the session's context.
      options: lines ``name=value``, as flags gave them.
      flags: of the compiler, a line each.

    Raises:
      PipelineError: there is no such pipeline, or it cannot be imported.
      DialectError: one of its dialects cannot be registered.
    """

    def __init__(self, name: str, context: int, options: str = "", flags: str = "") -> None:
        self.name = name
        self.address = context
        self.pipeline = load_pipeline(name)
        self.flags = tuple(flags.splitlines())
        self.steps = self.pipeline.steps_for(families(self.flags))
        self.context: ir.Context = borrowed_context(context)
        guard_erasure()
        note_models()
        for dialect in self.pipeline.dialects:
            dialect.load(self.context)
        self._runner = StepRunner(self.pipeline.dialects)
        self._stack = ExitStack()
        self._reached: frozenset[str] = frozenset(PHASES)
        needed = {step.phase for step in self.steps} | {"start", LAST_OPEN_PHASE}
        if self.pipeline.dialects:
            needed.update(OPEN_PHASES)
        self.points = ",".join(phase for phase in PHASES if phase in needed).encode()

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
        own = {f"{self.name}-at-{phase}": phase for phase in PHASES}
        placeholders = {own[item]: index for index, item in enumerate(items) if item in own}
        others = [item for item in items if item not in own]
        self._reached = frozenset(phase for phase in PHASES if is_reached(others, phase))
        return arrange(items, placeholders)

    def run(self, point: str, operation: int) -> None:
        """Run the steps at a point over the module at an address.

        Raises:
          CompileError: one failed, or an operation is invalid, or unknown to what follows.
        """
        if point not in self._reached:
            return
        module = operation_at(operation)
        if point in OPEN_PHASES or point == LAST_OPEN_PHASE:
            self._runner.verify(module)
        for step in self.steps:
            if step.phase == point:
                self._runner.at_phase(step, Program(module))
        refuse_unknown_operations(module, point, self.steps, self._runner.dialect_names)

    def close(self) -> None:
        """The session ends."""
        self._stack.close()
