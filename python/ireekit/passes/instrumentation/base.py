"""What all instrumentation is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ireekit.errors import IreekitError
from ireekit.passes.execution import Execution, StatisticValue

if TYPE_CHECKING:
    from iree.compiler import ir


class Instrumentation:
    """Is told of everything that a run of passes does. This one does nothing; override what is of interest.

    Objects are for one run, or for several after each other, as a compilation is; numbers go on counting. With
    instrumentation, native passes run one by one on one operation after another, so that each can be seen.

    Attributes:
      executions: passes seen so far.
    """

    def __init__(self) -> None:
        self.executions = 0

    def run_started(self, pipeline: str, root: ir.Operation) -> None:
        """A pipeline, given as text, is about to run on ``root``."""

    def allows(self, execution: Execution) -> bool:
        """Whether the pass shall run; where not, neither ``before_pass`` nor ``after_pass`` is called."""
        return True

    def before_pass(self, execution: Execution) -> None:
        """The pass is about to run."""

    def pass_returned(self, execution: Execution) -> None:
        """The pass came to its end; what it left is not verified yet."""

    def check(self, execution: Execution) -> None:
        """Look at what the pass left, valid for the compiler; an :class:`IreekitError` makes it a failed one."""

    def after_pass(self, execution: Execution) -> None:
        """The pass ran, and what it left was verified and checked."""

    def pass_failed(self, execution: Execution, error: IreekitError) -> None:
        """The pass failed with ``error``, or left invalid IR; the IR is as it left it."""

    def counted(self, values: Sequence[StatisticValue]) -> None:
        """Statistics of a pass that ran on all its operations."""

    def run_finished(self, root: ir.Operation) -> None:
        """The run ended, well or not."""

    def report(self) -> str:
        """What it found, for people; empty where it reports nothing."""
        return ""


class Instrumentations(Instrumentation):
    """Several as one.

    Args:
      parts: told of passes in this order before they run, and in the opposite order after.
    """

    def __init__(self, *parts: Instrumentation) -> None:
        super().__init__()
        self.parts = parts

    def run_started(self, pipeline: str, root: ir.Operation) -> None:
        for part in self.parts:
            part.run_started(pipeline, root)

    def allows(self, execution: Execution) -> bool:
        answers = [part.allows(execution) for part in self.parts]  # all are asked: each may count
        return all(answers)

    def before_pass(self, execution: Execution) -> None:
        for part in self.parts:
            part.before_pass(execution)

    def pass_returned(self, execution: Execution) -> None:
        for part in reversed(self.parts):
            part.pass_returned(execution)

    def check(self, execution: Execution) -> None:
        for part in self.parts:
            part.check(execution)

    def after_pass(self, execution: Execution) -> None:
        for part in reversed(self.parts):
            part.after_pass(execution)

    def pass_failed(self, execution: Execution, error: IreekitError) -> None:
        for part in reversed(self.parts):
            part.pass_failed(execution, error)

    def counted(self, values: Sequence[StatisticValue]) -> None:
        for part in self.parts:
            part.counted(values)

    def run_finished(self, root: ir.Operation) -> None:
        for part in reversed(self.parts):
            part.run_finished(root)

    def report(self) -> str:
        return "".join(part.report() for part in self.parts)
