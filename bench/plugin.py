"""What the plugin costs the stock `iree-compile`: stock, plugin loaded but not asked for, and a pipeline at work.

Both the binary and the wheel's script that starts it, on a program of one operation, so that nearly all of the time is
the start. The ways take turns, so that drifts of the machine hit all alike, and the least time of each way counts:
other work of the machine only ever adds to it.

Aims: loaded within 5% of stock; with a pipeline at most 120 ms more.

    python bench/plugin.py [--rounds N] [--pipeline NAME]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ireekit.bindings.library import library_path
from ireekit.plugin.environment import LOAD, MANIFEST_FILE, OPT_OUT, loading

FLAGS = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=generic",
)
PROGRAM = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def measure(rounds: int, pipeline: str) -> str:
    found = loading(library_path())
    if not found.libraries:
        sys.exit(f"the plugin is not loaded here: {found.reason}")
    variables = {LOAD: found.libraries, MANIFEST_FILE: str(found.manifest)}
    tools = {
        "binary": [str(library_path().parent / "iree-compile")],
        "script": [str(Path(sys.executable).parent / "iree-compile")],
    }
    ways: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
        "stock": ({OPT_OUT: "1"}, ()),
        "loaded": (variables, ()),
        f"--iree-plugin={pipeline}": (variables, (f"--iree-plugin={pipeline}",)),
    }
    plain = {name: value for name, value in os.environ.items() if name not in (LOAD, MANIFEST_FILE)}
    times: dict[tuple[str, str], list[tuple[float, float]]] = {(tool, way): [] for tool in tools for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "in.mlir"
        file.write_text(PROGRAM)
        for round_ in range(rounds + 1):
            for (tool, way), seen in times.items():
                environment, flags = ways[way]
                command = [*tools[tool], str(file), *FLAGS, *flags, "-o", str(file.with_suffix(".vmfb"))]
                before = time.perf_counter(), _cpu_seconds()
                subprocess.run(command, env={**plain, **environment}, check=True)
                if round_:  # the first one fills the file cache
                    seen.append((1000 * (time.perf_counter() - before[0]), 1000 * (_cpu_seconds() - before[1])))
    lines = ["| tool | way | ms | CPU ms | against stock | CPU ms against stock | aim |", "| --- |" + " --- |" * 6]
    for (tool, way), each in times.items():
        lines.append(_row(tool, way, each, times[tool, "stock"]))
    return "\n".join(lines)


def _cpu_seconds() -> float:
    """Of processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(tool: str, way: str, times: list[tuple[float, float]], stock: list[tuple[float, float]]) -> str:
    least = [min(each) for each in zip(*times, strict=True)]
    cells = [tool, f"`{way}`", *(f"{value:.0f}" for value in least)]
    if way == "stock":
        return f"| {' | '.join(cells)} | | | |"
    usual = [min(each) for each in zip(*stock, strict=True)]
    more = [value - base for value, base in zip(least, usual, strict=True)]
    cells += [f"{extra:+.0f} ({100 * extra / base:+.1f}%)" for extra, base in zip(more, usual, strict=True)]
    return f"| {' | '.join(cells)} | {_met(more[0] <= (0.05 * usual[0] if way == 'loaded' else 120))} |"


def _met(holds: bool) -> str:
    return "met" if holds else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each kind")
    parser.add_argument("--pipeline", default="mypipeline", help="an installed pipeline")
    options = parser.parse_args()
    print(measure(options.rounds, options.pipeline))


if __name__ == "__main__":
    main()
