"""A session of the stock compiler that a pipeline was activated for.

Nothing here imports the pipeline or the compiler's bindings before there is work for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ireekit.bindings.phases import PHASES
from ireekit.errors import PipelineError
from ireekit.plugin.embedded import is_embedded, ready
from ireekit.plugin.flags import check_first_phase, families, last_phase, unescaped
from ireekit.plugin.installed import recorded_plan
from ireekit.plugin.placement import AFTER_PIPELINES, BEFORE_TRACES, arrange, split_items
from ireekit.plugin.plan import POINTS, planned, points

if TYPE_CHECKING:
    from ireekit.plugin.work import PipelineWork

_INPUT = "input:"
_BETWEEN_PHASES = (AFTER_PIPELINES, BEFORE_TRACES)


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
        self._options = options
        self._families = families(tuple(flags.splitlines()))
        self.arguments = tuple(unescaped(line) for line in arguments.split("\n") if line)
        self._phases: frozenset[str] = frozenset(PHASES)
        self._work: PipelineWork | None = None
        # A pipeline may have been changed in a process that does other things too.
        plan = recorded_plan(name) if is_embedded() and not options else None
        if plan is None:
            work = self._load()
            self.steps = planned(work.steps)
            check_first_phase(self.steps, self.arguments)
            work.open(context)
            self._work = work
        else:
            self.steps = tuple(step for step in plan if step.applies_to(self._families))
            check_first_phase(self.steps, self.arguments)
        has_dialects = self._work is not None and bool(self._work.pipeline.dialects)
        self.points = points(self.steps, has_dialects=has_dialects).encode()

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
        own = {f"{self.name}-at-{point}": point for point in POINTS}
        placeholders = {own[item]: index for index, item in enumerate(items) if item in own}
        arrangement = arrange(items, placeholders, last_phase(self.arguments))
        self._phases = arrangement.phases
        return arrangement.order

    def run(self, point: str, operation: int) -> None:
        """Run the steps at a point over the module at an address.

        Raises:
          CompileError: one failed, or an operation is invalid, or unknown to what follows.
        """
        if point.startswith(_INPUT) or point in _BETWEEN_PHASES or point in self._phases:
            self._at_work().run(point, operation)

    def _at_work(self) -> PipelineWork:
        if self._work is None:
            work = self._load()
            if planned(work.steps) != self.steps:
                raise PipelineError(
                    f"pipeline {self.name!r} is not what it was when the manifest was written",
                    remedy="`ireekit plugin refresh`",
                )
            work.open(self.address)
            self._work = work
        return self._work

    def _load(self) -> PipelineWork:
        ready()
        from ireekit.plugin.work import PipelineWork

        return PipelineWork(self.name, self._options, self._families)

    def close(self) -> None:
        """The session ends."""
        if self._work is not None:
            self._work.close()
