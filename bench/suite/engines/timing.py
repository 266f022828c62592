"""Times of a block."""

from __future__ import annotations

import resource
import time
from types import TracebackType
from typing import Self


class Timed:
    """``with Timed() as timed: ...``; then ``timed.seconds`` and ``timed.cpu_seconds``, of child processes too."""

    seconds = 0.0
    cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._started = time.perf_counter(), _cpu_seconds()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._started[0]
        self.cpu_seconds = _cpu_seconds() - self._started[1]


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
