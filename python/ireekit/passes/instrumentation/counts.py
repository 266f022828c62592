"""The statistics of all passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ireekit.passes.execution import StatisticValue
from ireekit.passes.instrumentation.base import Instrumentation

if TYPE_CHECKING:
    from iree.compiler import ir


class Statistics(Instrumentation):
    """Collects what passes count, over one run or several.

    Attributes:
      values: in the order the passes ran.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: list[StatisticValue] = []

    def counted(self, values: Sequence[StatisticValue]) -> None:
        self.values.extend(values)

    def run_started(self, pipeline: str, root: ir.Operation) -> None:
        """Counts go on over several runs."""

    def as_json(self) -> Mapping[str, Mapping[str, int]]:
        """Count by statistic by pass, runs of one pass added up; for ``json.dump``."""
        found: dict[str, dict[str, int]] = {}
        for each in self.values:
            counts = found.setdefault(each.pass_text, {})
            counts[each.name] = counts.get(each.name, 0) + each.value
        return found

    def report(self) -> str:
        if not self.values:
            return "pass statistics: no pass has any\n"
        lines = ["pass statistics:"]
        for pass_text, group in groupby(self.values, key=lambda each: each.pass_text):
            lines.append(f"  {pass_text}")
            lines.extend(f"    {each.value:>8}  {each.name}: {each.description}" for each in group)
        return "\n".join(lines) + "\n"
