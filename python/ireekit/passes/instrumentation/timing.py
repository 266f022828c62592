"""How long each pass takes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ireekit.errors import IreekitError
from ireekit.passes.execution import Execution
from ireekit.passes.instrumentation.base import Instrumentation

_VERIFICATION = "(verification)"


@dataclass
class TimingNode:
    """A pass, or the operations one anchor stands for with the passes on them.

    Attributes:
      name: text of the pass, or the anchor.
      seconds: wall time of the pass over all its runs; of an anchor, the sum over what is below it.
      runs: how often the pass ran.
      children: below an anchor.
    """

    name: str
    own_seconds: float = 0.0
    runs: int = 0
    children: dict[str, TimingNode] = field(default_factory=dict[str, "TimingNode"])

    @property
    def seconds(self) -> float:
        return self.own_seconds + sum(child.seconds for child in self.children.values())

    def child(self, name: str) -> TimingNode:
        return self.children.setdefault(name, TimingNode(name))

    def as_json(self) -> Mapping[str, object]:
        return {
            "name": self.name,
            "seconds": self.seconds,
            "runs": self.runs,
            "children": [child.as_json() for child in self.children.values()],
        }


class Timing(Instrumentation):
    """Measures passes, as a tree of anchors and passes. Times are wall times in seconds.

    Attributes:
      root: of the tree, without a name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.root = TimingNode("")
        self._started: dict[int, float] = {}
        self._returned: dict[int, float] = {}

    def before_pass(self, execution: Execution) -> None:
        self._started[execution.number] = time.perf_counter()

    def pass_returned(self, execution: Execution) -> None:
        self._returned[execution.number] = time.perf_counter()

    def after_pass(self, execution: Execution) -> None:
        self._record(execution)

    def pass_failed(self, execution: Execution, error: IreekitError) -> None:
        self._record(execution)

    def _record(self, execution: Execution) -> None:
        now = time.perf_counter()
        started = self._started.pop(execution.number, now)
        returned = self._returned.pop(execution.number, now)
        node = self.root
        for anchor in (*execution.path, execution.op_name):
            node = node.child(anchor)
        pass_node = node.child(str(execution.step))
        pass_node.own_seconds += returned - started
        pass_node.runs += 1
        self.root.child(_VERIFICATION).own_seconds += now - returned

    def as_json(self) -> Mapping[str, object]:
        """The tree, for ``json.dump``."""
        return self.root.as_json()

    def report(self) -> str:
        """The tree as a table: seconds, share of all, runs, name."""
        total = self.root.seconds
        lines = [f"pass timing: {total:.6f} s", f"  {'seconds':>10} {'share':>6} {'runs':>6}  pass"]

        def add(node: TimingNode, depth: int) -> None:
            share = node.seconds / total if total else 0.0
            runs = str(node.runs) if node.runs else ""
            lines.append(f"  {node.seconds:10.6f} {share:6.1%} {runs:>6}  {'  ' * depth}{node.name}")
            for child in node.children.values():
                add(child, depth + 1)

        for child in self.root.children.values():
            add(child, 0)
        return "\n".join(lines) + "\n"
