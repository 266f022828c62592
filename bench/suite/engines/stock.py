"""The stock ``iree-compile``: the fastest of a few sets of flags."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from suite.engines import Built, Run, iree_program
from suite.engines.iree_program import arrays
from suite.engines.timing import Timed
from suite.failures import BenchError, one_line
from suite.folders import ModelFolder

__all__ = ["FLAGS", "arrays", "build", "build_fastest", "load"]

FLAGS = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-opt-level=O3",
    # At the default of 32 KiB layer norms of transformers do not compile at O3.
    "--iree-llvmcpu-stack-allocation-limit=262144",
)

_VARIANTS: dict[str, Sequence[str]] = {"O3": (), "O3, data tiling": ("--iree-opt-data-tiling",)}
_TRIAL_SECONDS = 1.0
# Set, it keeps an installed pipeline's plugin out of the stock tool.
_PLAIN = {"IREEKIT_NO_PLUGIN": "1"}


def build(model: ModelFolder, out: Path) -> Built:
    return build_fastest(model, out, _VARIANTS)


def load(model: ModelFolder, out: Path, threads: int) -> Run:
    return iree_program.load(model, out / "model.vmfb", threads)


def build_fastest(model: ModelFolder, out: Path, variants: Mapping[str, Sequence[str]]) -> Built:
    """Compile every variant, run each on one thread for a second, keep the fastest.

    Raises:
      BenchError: none compiles.
    """
    described = iree_program.described(model)
    found: list[tuple[float, str, Path, Timed]] = []
    problems: list[str] = []
    for number, (name, flags) in enumerate(variants.items()):
        file = out / f"variant{number}.vmfb"
        with Timed() as timed:
            problem = _compile(model.bytecode, file, (*FLAGS, *described["flags"], *flags))
        if problem is not None:
            problems.append(f"{name}: {problem}")
            continue
        found.append((_fastest_run(iree_program.load(model, file, 1)), name, file, timed))
    if not found:
        raise BenchError("; ".join(problems))
    _, name, file, timed = min(found)
    shutil.copyfile(file, out / "model.vmfb")
    return Built(timed.seconds, timed.cpu_seconds, file.stat().st_size, name)


def _compile(source: Path, output: Path, flags: Sequence[str]) -> str | None:
    """Why the tool refused, or ``None``."""
    tool = Path(sys.executable).parent / "iree-compile"
    done = subprocess.run(
        [tool, source, "-o", output, *flags],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **_PLAIN},
    )
    if done.returncode == 0:
        return None
    said = next((line for line in done.stderr.splitlines() if "error:" in line), done.stderr)
    return one_line(said.rpartition("error:")[2] or f"iree-compile ended with {done.returncode}")


def _fastest_run(run: Run) -> float:
    run()
    times: list[float] = []
    while len(times) < 3 or sum(times) < _TRIAL_SECONDS:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)
