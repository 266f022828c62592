"""Kernels that cannot be generated as a pipeline configures them are configured by the compiler."""

from __future__ import annotations

import numpy as np
import pytest
from iree.compiler import ir

import ireekit
from ireekit.codegen import CompilationInfo, LoweringConfig, Translation, configure
from ireekit.errors import CompileError, CompileWarning

MODULE = """
!t = tensor<64x64xf32>
func.func @main(%a: !t, %b: !t) -> !t {
  %zero = arith.constant 0.0 : f32
  %0 = tensor.empty() : !t
  %1 = linalg.fill ins(%zero : f32) outs(%0 : !t) -> !t
  %2 = linalg.matmul ins(%a, %b : !t, !t) outs(%1 : !t) -> !t
  return %2 : !t
}
"""


class Unsound(ireekit.Pass):
    """Tile products by more than a stack can hold."""

    name = "test-unsound"
    anchor = "builtin.module"

    def run(self, op: ir.Operation) -> None:
        tiles = {"distribution": (0, 0, 0), "vector_common_parallel": (8, 64, 0), "vector_reduction": (0, 0, 0)}
        for product in ireekit.walk(op):
            if product.name in ("linalg.matmul", "linalg.generic"):
                configure(product, CompilationInfo(LoweringConfig(tiles), Translation("Mmt4dTilingExpert")))


def test_the_compiler_configures_what_fails() -> None:
    pipeline = ireekit.Pipeline("unsound").at("executable-sources", Unsound())
    with pytest.warns(CompileWarning, match="kernels are configured by the compiler, since code generation failed"):
        artifact = pipeline.compile(MODULE, target="cpu", cache=False)
    a, b = np.random.default_rng(0).standard_normal((2, 64, 64), dtype=np.float32)
    np.testing.assert_allclose(artifact(a, b), a @ b, rtol=1e-4, atol=1e-4)


def test_levels_that_people_chose_are_kept() -> None:
    pipeline = ireekit.Pipeline("unsound").at("executable-sources", Unsound())
    with pytest.raises(CompileError):
        pipeline.compile(MODULE, target="cpu", cache=False, optimize="O1")
