"""Numbers of pass executions: stopping after so many, and finding the first that breaks something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from ireekit.errors import IreekitError, PipelineError
from ireekit.passes.execution import Execution
from ireekit.passes.instrumentation.base import Instrumentation

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.passes.pass_pipeline import PassPipeline


class PassLimit(Instrumentation):
    """Lets the first executions run and leaves out the rest.

    Args:
      limit: how many run; ``None`` for all.
      stream: told of each execution, with its number.

    Attributes:
      seen: the executions so far, as text, those left out included.
    """

    def __init__(self, limit: int | None = None, stream: TextIO | None = None) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._limit = limit
        self._stream = stream

    def allows(self, execution: Execution) -> bool:
        runs = self._limit is None or execution.number <= self._limit
        self.seen.append(str(execution))
        if self._stream is not None:
            self._stream.write(f"BISECT: {'running' if runs else 'NOT running'} pass {execution}\n")
        return runs


@dataclass(frozen=True)
class Bisection:
    """What :func:`bisect` found.

    Attributes:
      number: of the first execution after which the program is bad.
      execution: that pass, its number and what it ran on.
      runs: how often the pipeline was run to find it.
    """

    number: int
    execution: str
    runs: int

    def __str__(self) -> str:
        return f"first bad: pass {self.execution}, found in {self.runs} runs"


def bisect(
    pipeline: PassPipeline, module: ir.Module | ir.Operation, is_bad: Callable[[ir.Operation], bool]
) -> Bisection:
    """Find the first execution of a pass after which ``is_bad`` holds of the module, by halving.

    Args:
      pipeline: to look at.
      module: to run it on; only copies of it are changed.
      is_bad: looks at a module that the first so many executions ran on. A pass that fails is bad too.

    Raises:
      PipelineError: the module is bad before any pass ran, or good after all of them.
    """
    runs = 0
    seen: list[str] = []

    def bad(limit: int | None) -> bool:
        nonlocal runs, seen
        runs += 1
        copy = module.operation.clone().operation
        counter = PassLimit(limit)
        try:
            pipeline.run(copy, instrumentation=counter)
            found = is_bad(copy)
        except IreekitError:
            found = True
        if limit is None:
            seen = counter.seen
        return found

    if not bad(None):
        raise PipelineError("the module is good after all passes", remedy="there is nothing to find")
    if bad(0):
        raise PipelineError("the module is bad before any pass ran", remedy="no pass is to blame")
    good, first_bad = 0, len(seen)
    while first_bad - good > 1:
        middle = (good + first_bad) // 2
        if bad(middle):
            first_bad = middle
        else:
            good = middle
    return Bisection(first_bad, seen[first_bad - 1], runs)
