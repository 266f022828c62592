"""What ireekit costs beyond IREE: compiling next to `iree-compile`, calling next to `iree.runtime`.

Both compile the same bytecode file with the same flags and no passes of ours, in turn, so that drifts of the
machine hit both alike. The aim is at most 1.03 times `iree-compile` plus 0.1 s.

    python bench/overhead.py [--rounds N] [--calls-only | --compile-only]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import overhead_calls

from ireekit import Artifact, Pipeline
from ireekit.bindings.bytecode import write_aligned

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
import demo

PLAIN = Pipeline("plain")
AIM_RATIO, AIM_SECONDS = 1.03, 0.1


def compile_table(rounds: int) -> str:
    lines = [
        "| model | target | iree-compile s | ireekit s | in process s | ratio | within aim |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, (_, make) in demo.MODELS.items():
            model = make()
            imported = PLAIN.import_model(model.source, *model.example, dynamic_shapes=model.dynamic_shapes)
            file = Path(folder) / "model.mlirbc"
            file.write_bytes(write_aligned(imported.module.operation))
            lines.append(_compare(name, "cpu", file, rounds))
    return "\n".join(lines)


def _compare(name: str, target: str, file: Path, rounds: int) -> str:
    output = file.with_suffix(".vmfb")
    flags = _compile(file, target).metadata.flags  # pyright: ignore[reportOptionalMemberAccess]
    script = f"import ireekit; ireekit.Pipeline('plain').compile({str(file)!r}, cache=False).save({str(output)!r})"
    ways: dict[str, Callable[[], object]] = {
        "iree-compile": lambda: _run("iree-compile", str(file), *flags, "-o", str(output)),
        "ireekit": lambda: _run(sys.executable, "-c", script),
        "in process": lambda: _compile(file, target),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, call in ways.items():
            started = time.perf_counter()
            call()
            times[way].append(time.perf_counter() - started)
    stock, ours, inside = (statistics.median(each) for each in times.values())
    within = "yes" if ours <= AIM_RATIO * stock + AIM_SECONDS else f"no, {ours - AIM_RATIO * stock:.2f} s over"
    return f"| {name} | {target} | {stock:.2f} | {ours:.2f} | {inside:.2f} | {ours / stock:.2f} | {within} |"


def _compile(file: Path, target: str) -> Artifact:
    return PLAIN.compile(file, target=target, cache=False)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="compilations of each kind (median is shown)")
    parser.add_argument("--calls-only", action="store_true")
    parser.add_argument("--compile-only", action="store_true")
    options = parser.parse_args()
    if not options.calls_only:
        print(compile_table(options.rounds))
    if not options.compile_only:
        print()
        devices, inputs = overhead_calls.DEVICES, overhead_calls.INPUTS
        rows = [row for device in devices for count in inputs for row in overhead_calls.measure(device, count)]
        print(overhead_calls.table(rows))


if __name__ == "__main__":
    main()
