"""One small program, compiled once."""

from __future__ import annotations

import pytest

import ireekit
from ireekit import Artifact

TEXT = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %y : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


@pytest.fixture(scope="session")
def text() -> str:
    return TEXT


@pytest.fixture(scope="session")
def program() -> Artifact:
    return ireekit.Pipeline("test").compile(TEXT)
