"""Measuring one candidate against the reference, in a process of its own, one at a time on a machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ireekit.files import cache_folder
from ireekit.tuning.programs import Placed


@dataclass(frozen=True)
class Measured:
    """What came of it.

    Attributes:
      status: ``"ok"``, ``"wrong"`` (other numbers than the reference), ``"failed"``.
      reference_ns: one dispatch of the reference, the least of many.
      candidate_ns: one of the candidate.
      error: largest difference, as a share of the largest value of the tensor it is in.
      reason: one line where it is not ok.
    """

    status: str
    reference_ns: float = 0.0
    candidate_ns: float = 0.0
    error: float = 0.0
    reason: str = ""

    @property
    def ratio(self) -> float:
        """Time of the candidate over that of the reference; infinite where it is no good."""
        return self.candidate_ns / self.reference_ns if self.status == "ok" and self.reference_ns else float("inf")


def measure(
    reference: Path, candidate: Path, buffers: Sequence[Placed], *, threads: int, seconds: float, timeout: float
) -> Measured:
    """Call two programs in turn, and compare their numbers and times.

    Args:
      reference, candidate: files of programs as :mod:`ireekit.tuning.programs` makes them.
      buffers: that both take.
      threads: to run them with.
      seconds: to spend on each, about.
      timeout: in seconds, for everything.
    """
    job: dict[str, Any] = {
        "reference": str(reference),
        "candidate": str(candidate),
        "buffers": [asdict(each) for each in buffers],
        "threads": threads,
        "seconds": seconds,
    }
    command = [sys.executable, "-m", "ireekit.tuning.stopwatch"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with one_at_a_time():
        try:
            done = subprocess.run(
                command,
                input=json.dumps(job).encode(),
                capture_output=True,
                timeout=timeout,
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            return Measured("failed", reason=f"it did not finish in {timeout:.0f} s")
    if done.returncode < 0:
        return Measured("failed", reason=f"it died of signal {-done.returncode}")
    try:
        return Measured(**json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, TypeError, IndexError):
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        return Measured("failed", reason=lines[-1][:200])


@contextmanager
def one_at_a_time() -> Generator[None]:
    """Wait until nobody else measures on this machine. Where files cannot be locked, do not wait."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    file = cache_folder() / "tuning" / "measuring.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = file.open("w")
    except OSError:
        yield
        return
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
