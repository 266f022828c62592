"""One engine with one model, told what to do line by line. Run as a process of its own, in the engine's environment.

    python -m suite.worker ENGINE MODEL FOLDER OUT

Requests and answers are JSON, a line each: ``{"do": "build"}``, ``{"do": "load", "threads": 1}``, ``{"do": "check"}``,
``{"do": "run", "seconds": 0.3}``, ``{"do": "memory"}``. What libraries print goes to standard error.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from suite.engines import ENGINES, Run
from suite.failures import BenchError, one_line
from suite.folders import ModelFolder

_LEAST_RUNS = 2


class Worker:
    """The state between requests."""

    def __init__(self, engine: str, model: str, folder: str, out: str) -> None:
        self._engine = ENGINES[engine].load_module()
        self._model = ModelFolder(model, Path(folder))
        self._out = Path(out)
        self._run: Run | None = None

    def build(self) -> dict[str, Any]:
        return dataclasses.asdict(self._engine.build(self._model, self._out))

    def load(self, threads: int) -> dict[str, Any]:
        started = time.perf_counter()
        self._run = self._engine.load(self._model, self._out, threads)
        return {"seconds": time.perf_counter() - started}

    def check(self) -> dict[str, Any]:
        """The largest error, relative to the largest magnitude of each expected result."""
        found = self._engine.arrays(self._loaded()())
        expected = self._model.expected()
        if len(found) != len(expected):
            raise BenchError(f"{len(found)} results instead of {len(expected)}")
        return {"error": max(map(relative_error, found, expected))}

    def run(self, seconds: float) -> dict[str, Any]:
        """Nanoseconds of calls, and the least CPU time of one.

        The first call warms caches and counts only where it alone takes longer than ``seconds``.
        """
        run = self._loaded()
        calls = [_timed(run)]
        if calls[0][0] < seconds * 1e9:
            calls.clear()
            stop = time.perf_counter_ns() + int(seconds * 1e9)
            while len(calls) < _LEAST_RUNS or time.perf_counter_ns() < stop:
                calls.append(_timed(run))
        times, cpu = zip(*calls, strict=True)
        return {"times": times, "cpu": min(cpu)}

    def memory(self) -> dict[str, Any]:
        """The most memory this process ever had resident, in bytes."""
        status = Path("/proc/self/status")
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return {"peak": int(line.split()[1]) * 1024}
        import resource

        return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}

    def _loaded(self) -> Run:
        if self._run is None:
            raise BenchError("nothing is loaded")
        return self._run


def _timed(run: Run) -> tuple[int, int]:
    """Nanoseconds of a call: by the clock, and of all threads' CPU time."""
    used, started = time.process_time_ns(), time.perf_counter_ns()
    run()
    elapsed = time.perf_counter_ns() - started
    return elapsed, time.process_time_ns() - used


def relative_error(found: Any, expected: Any) -> float:
    """The largest difference, relative to the largest magnitude of what is expected.

    Raises:
      BenchError: shapes differ, or a result is not finite.
    """
    if found.shape != expected.shape:
        raise BenchError(f"a result of shape {list(found.shape)} instead of {list(expected.shape)}")
    difference = np.abs(found.astype(np.float64) - expected).max()
    if not np.isfinite(difference):
        raise BenchError("a result is not finite")
    return float(difference / max(np.abs(expected).max(), 1e-30))


def main() -> None:
    # Libraries print to descriptor 1, so answers get one of their own.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker: Worker | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            worker = worker or Worker(*sys.argv[1:5])
            action: Callable[..., dict[str, Any]] = getattr(worker, request.pop("do"))
            answer = action(**request)
        except Exception as error:  # a cell of the table, whatever it is
            import traceback

            traceback.print_exc()
            answer = {"problem": one_line(error)}
        answers.write(json.dumps(answer) + "\n")
    answers.flush()
    # Some engines' threads do not survive an orderly exit; nothing is left to be saved.
    os._exit(0)


if __name__ == "__main__":
    main()
