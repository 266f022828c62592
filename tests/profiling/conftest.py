"""Two small programs with layers, and a machine of round numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ireekit import Artifact, Pipeline
from ireekit.profiling import DispatchFacts, Machine
from ireekit.profiling.api import collecting

# Two layers of the same shape share one function; the largest of each row between them is another.
PROGRAM = """
#first = loc("block.0.linear"("model.py":11:4))
#second = loc("block.1.linear"("model.py":12:4))
#middle = loc("block.largest"("model.py":21:8))
func.func @main(%x: tensor<64x128xf32>, %v: tensor<128x128xf32>, %w: tensor<128x128xf32>) -> tensor<64x128xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x128xf32>) -> tensor<64x128xf32>
  %a = linalg.matmul ins(%x, %v : tensor<64x128xf32>, tensor<128x128xf32>)
      outs(%init : tensor<64x128xf32>) -> tensor<64x128xf32> loc(#first)
  %row = tensor.empty() : tensor<64xf32>
  %low = linalg.fill ins(%zero : f32) outs(%row : tensor<64xf32>) -> tensor<64xf32>
  %m = linalg.reduce { arith.maximumf } ins(%a : tensor<64x128xf32>) outs(%low : tensor<64xf32>) dimensions = [1]
      loc(#middle)
  %r = linalg.broadcast ins(%m : tensor<64xf32>) outs(%empty : tensor<64x128xf32>) dimensions = [1]
  %s = linalg.map { arith.subf } ins(%a, %r : tensor<64x128xf32>, tensor<64x128xf32>) outs(%empty : tensor<64x128xf32>)
  %b = linalg.matmul ins(%s, %w : tensor<64x128xf32>, tensor<128x128xf32>)
      outs(%init : tensor<64x128xf32>) -> tensor<64x128xf32> loc(#second)
  return %b : tensor<64x128xf32>
}
"""

MATMUL_FLOPS = 2 * 64 * 128 * 128
MATMUL_BYTES = 4 * (2 * 64 * 128 + 128 * 128)


@dataclass(frozen=True)
class Compiled:
    """A program and what is known of its dispatches."""

    artifact: Artifact
    facts: list[DispatchFacts]


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    """:data:`PROGRAM` for one CPU thread."""
    pipeline, facts = collecting(Pipeline("profiled"))
    return Compiled(pipeline.compile(PROGRAM, target="cpu", cache=False), facts)


@pytest.fixture
def machine() -> Machine:
    """1 GFLOP/s; 10 GB/s up to 1 MB, 1 GB/s beyond."""
    return Machine("abacus", 1, 1.0, ((1_000_000, 10.0), (100_000_000, 1.0)))
