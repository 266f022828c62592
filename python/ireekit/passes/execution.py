"""What one run of a pipeline is made of, as instrumentation sees it, and what it leaves to report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ireekit.passes.base import NativePasses, Pass
from ireekit.passes.nodes import NativePass

if TYPE_CHECKING:
    from iree.compiler import ir

    from ireekit.bindings.pass_manager import Message


@dataclass
class Execution:
    """A pass about to run, or just run, on one operation.

    Attributes:
      number: counted from one over everything one instrumentation sees.
      step: the pass.
      op: what it runs on; must not be looked at once ``erased``.
      label: name and symbol of ``op``, e.g. ``"util.func @main"``.
      path: names of the operations around ``op``, from what the pipeline runs on inwards.
      root: what the pipeline runs on, ``op`` in it.
      text: a pipeline for ``root`` that runs this pass on such operations; made of ``path`` where not given.
      erased: the pass erased ``op``.
    """

    number: int
    step: Pass | NativePass | NativePasses
    op: ir.Operation
    label: str
    path: tuple[str, ...]
    root: ir.Operation
    text: str = ""
    erased: bool = False

    def __post_init__(self) -> None:
        if not self.text:
            anchors = (*self.path, self.op_name)
            self.text = f"{'('.join(anchors)}({self.step}{')' * len(anchors)}"

    @property
    def name(self) -> str:
        """Of the pass."""
        return self.step.name

    @property
    def op_name(self) -> str:
        return self.label.partition(" ")[0]

    def __str__(self) -> str:
        return f"({self.number}) {self.step} on {self.label}"


@dataclass(frozen=True)
class StatisticValue:
    """What one pass counted in one run.

    Attributes:
      pass_text: the pass with its options.
      name: of the statistic.
      description: what is counted.
      value: the count.
    """

    pass_text: str
    name: str
    description: str
    value: int


@dataclass
class RunReport:
    """What a run of a pipeline leaves behind.

    Attributes:
      executions: how often a Python pass ran on an operation; with instrumentation also each native pass.
      statistics: of all passes that have any, in order.
      messages: diagnostics of native passes that did not fail and no handler took: warnings, remarks, errors.
    """

    executions: int = 0
    statistics: list[StatisticValue] = field(default_factory=list[StatisticValue])
    messages: list[Message] = field(default_factory=list["Message"])

    def statistic(self, name: str, pass_name: str | None = None) -> int:
        """Sum of all counts of a statistic, of one pass or of all that have one of this name."""
        return sum(
            each.value
            for each in self.statistics
            if each.name == name and pass_name in (None, each.pass_text.partition("{")[0])
        )

    def as_json(self) -> Mapping[str, object]:
        """For ``json.dump``."""
        return {
            "executions": self.executions,
            "statistics": [
                {"pass": each.pass_text, "name": each.name, "description": each.description, "value": each.value}
                for each in self.statistics
            ],
        }
