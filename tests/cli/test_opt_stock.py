"""On IR and passes of the compiler alone, ``ireekit opt`` does what the stock ``iree-opt`` does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

LIT = Path(__file__).parents[1] / "lit"
BIN = Path(sys.executable).parent


def run(tool: list[str], *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*tool, *map(str, words)], capture_output=True, text=True, check=False)


def ours(*words: object) -> subprocess.CompletedProcess[str]:
    return run([str(BIN / "ireekit"), "opt"], *words)


def stock(*words: object) -> subprocess.CompletedProcess[str]:
    return run([str(BIN / "iree-opt")], *words)


def lines(text: str) -> list[str]:
    """Without empty lines: the stock tool prints one more behind a module."""
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    "flags",
    [
        ["--canonicalize"],
        ["--pass-pipeline=builtin.module(func.func(cse,canonicalize),symbol-dce)"],
        ["--mlir-print-op-generic"],
        ["--mlir-print-debuginfo"],
        ["--mlir-elide-elementsattrs-if-larger=3", "--mlir-print-local-scope"],
    ],
)
def test_the_same_output(flags: list[str]) -> None:
    file = LIT / "opt" / "print-flags.mlir"
    found, wanted = ours(file, *flags), stock(file, *flags)
    assert found.returncode == wanted.returncode == 0
    assert lines(found.stdout) == lines(wanted.stdout)


def test_parts_of_an_input() -> None:
    file = LIT / "opt" / "roundtrip.mlir"
    found, wanted = (tool(file, "--split-input-file", "--cse") for tool in (ours, stock))
    assert found.returncode == wanted.returncode == 0
    assert lines(found.stdout) == lines(wanted.stdout)


def test_the_same_comments_are_met_and_missed() -> None:
    file = LIT / "opt" / "verify-diagnostics-fails.mlir"
    found, wanted = (tool(file, "--split-input-file", "--verify-diagnostics") for tool in (ours, stock))
    assert found.returncode == wanted.returncode == 1
    pattern = re.compile(r":(\d+:\d+): error: ((?:unexpected|expected) \w+[: ]\"?[\w' .]{8,20})")
    # The last three parts have malformed comments, which we tell before anything else.
    told = [
        {match for match in pattern.findall(done.stderr) if int(match[0].partition(":")[0]) < 60}
        for done in (found, wanted)
    ]
    assert told[0] == told[1]
    assert len(told[0]) >= 6


def test_bytecode_goes_both_ways(tmp_path: Path) -> None:
    file, one, other = LIT / "opt" / "roundtrip.mlir", tmp_path / "one.mlirbc", tmp_path / "other.mlirbc"
    text = tmp_path / "in.mlir"
    text.write_text(file.read_text().split("// -----")[1])
    assert ours(text, "--emit-bytecode", "-o", one).returncode == 0
    assert stock(text, "--emit-bytecode", "-o", other).returncode == 0
    assert lines(stock(one).stdout) == lines(ours(other).stdout) == lines(ours(text).stdout)
