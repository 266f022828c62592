"""A command run in this process or in one of its own, small models, and programs compiled from them once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ireekit.cli import main

ADD = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %y : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""

SEVERAL = """
func.func @main(%x: tensor<2x3xf32>, %n: i32) -> (tensor<2x3xf32>, tensor<2x3xi32>, i32) {
  %0 = arith.addf %x, %x : tensor<2x3xf32>
  %empty = tensor.empty() : tensor<2x3xi32>
  %1 = linalg.fill ins(%n : i32) outs(%empty : tensor<2x3xi32>) -> tensor<2x3xi32>
  %2 = arith.addi %n, %n : i32
  return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xi32>, i32
}
func.func @twice(%x: tensor<?xbf16>) -> tensor<?xbf16> {
  %0 = arith.addf %x, %x : tensor<?xbf16>
  return %0 : tensor<?xbf16>
}
"""

# The stream dialect has no lowering of a splat of an argument: the compiler refuses it late.
REFUSED = """
func.func @main(%n: i32) -> tensor<2x3xi32> {
  %0 = tensor.splat %n : tensor<2x3xi32>
  return %0 : tensor<2x3xi32>
}
"""


@dataclass(frozen=True)
class Outcome:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def ireekit(capfd: pytest.CaptureFixture[str]) -> Command:
    """``ireekit(*words)`` in this process."""

    def command(*words: object) -> Outcome:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return command


@pytest.fixture(scope="session")
def process() -> Command:
    """``process(*words)``: the same in a process of its own."""

    def command(*words: object, **options: object) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "ireekit", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return command


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models above; ``add`` and ``several`` also compiled, as ``.vmfb``."""
    folder = tmp_path_factory.mktemp("models")
    for name, text in (("add", ADD), ("several", SEVERAL), ("refused", REFUSED)):
        (folder / f"{name}.mlir").write_text(text)
    for name in ("add", "several"):
        assert main(["compile", str(folder / f"{name}.mlir"), "-q"]) == 0
    return folder
