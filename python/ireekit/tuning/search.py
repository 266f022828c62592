"""The search over the configurations of one kernel: what the machine suggests, then steps from the best one."""

from __future__ import annotations

import random
from collections.abc import Iterator

from ireekit.codegen.configuration import CompilationInfo
from ireekit.codegen.tuned.kernels import Loops
from ireekit.targets.machines import Machine
from ireekit.tuning.candidates import first_candidates, neighbours
from ireekit.tuning.measuring import Measured

_STEP = 0.99
"""A candidate is a step forward where it takes less than this share of the time of the best one."""


class Search:
    """Which configuration to try next; depends on nothing but what was measured, and the seed.

    Args:
      loops: of the kernel's root.
      machine: that it is for.
      reference: how it is configured without tuning.
      limit: how many candidates to try at most.
      seed: of the order in which neighbours are tried.

    Attributes:
      tried: how many candidates were measured.
      best: the fastest configuration.
      ratio: its time over that of the reference.
      outcome: what was measured of it; ``None`` while it is the reference.
    """

    def __init__(self, loops: Loops, machine: Machine, reference: CompilationInfo, *, limit: int, seed: int) -> None:
        self.tried = 0
        self.best, self.ratio = reference, 1.0
        self.outcome: Measured | None = None
        self._loops, self._machine, self._limit = loops, machine, limit
        self._random = random.Random(seed)
        self._seen = {str(reference)}
        self._queue: Iterator[CompilationInfo] = first_candidates(loops, machine, reference)
        self._centre: CompilationInfo | None = None

    def next(self, count: int) -> list[CompilationInfo]:
        """Up to ``count`` configurations to measure now; none when the search is over."""
        found: list[CompilationInfo] = []
        count = min(count, self._limit - self.tried)
        while len(found) < count:
            info = next(self._queue, None)
            if info is not None:
                if str(info) not in self._seen:
                    self._seen.add(str(info))
                    found.append(info)
            elif found or self._centre == self.best:
                break  # the neighbours of what may now become the best come next
            else:
                self._centre = self.best
                around = list(neighbours(self.best, self._loops, self._machine))
                self._random.shuffle(around)
                self._queue = iter(around)
        return found

    def note(self, info: CompilationInfo, measured: Measured) -> bool:
        """Take what was measured into account; says whether it is the best now."""
        self.tried += 1
        if measured.ratio >= _STEP * self.ratio:
            return False
        self.best, self.ratio, self.outcome = info, measured.ratio, measured
        if self._centre is not None:
            # From here on: what is left around the former best is further away.
            self._queue = iter(())
        return True
