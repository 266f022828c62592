"""Small modules, and passes that record what they see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

import ireekit
from ireekit import Artifact, Pass, Pipeline

ADD = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %y : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""

TWO = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.addf %x, %y : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arith.mulf %x, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""

MATMUL = """
func.func @main(%a: tensor<8x16xf32>, %b: tensor<16x4xf32>) -> tensor<8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x4xf32>) -> tensor<8x4xf32>
  %c = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x4xf32>)
                     outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  %s = math.tanh %c : tensor<8x4xf32>
  return %s : tensor<8x4xf32>
}
"""

STABLEHLO = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<3x2xf32>) -> tensor<2x2xf32> {
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0]
    : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
  %1 = stablehlo.exponential %0 : tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
"""

TORCH = """
func.func @main(%x: !torch.vtensor<[2,3],f32>, %y: !torch.vtensor<[2,3],f32>) -> !torch.vtensor<[2,3],f32>
    attributes {torch.assume_strict_symbolic_shapes} {
  %0 = torch.aten.mul.Tensor %x, %y
    : !torch.vtensor<[2,3],f32>, !torch.vtensor<[2,3],f32> -> !torch.vtensor<[2,3],f32>
  return %0 : !torch.vtensor<[2,3],f32>
}
"""

DYNAMIC = """
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = arith.mulf %x, %x : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
"""

MODULES = {
    "add": ADD,
    "two entry points": TWO,
    "matmul": MATMUL,
    "stablehlo": STABLEHLO,
    "torch": TORCH,
    "dynamic": DYNAMIC,
}

Call = Callable[[Any], None]


@dataclass(frozen=True)
class Calls(Pass):
    """Runs a function on what it is given."""

    name: ClassVar[str] = "test-calls"
    function: Call = field(default=lambda op: None, compare=False)
    on: str = "builtin.module"

    @property
    def anchor(self) -> str:  # type: ignore[override]
        return self.on

    def run(self, op: Any) -> None:
        self.function(op)

    def fingerprint(self) -> str:
        return f"calls {id(self.function)}"


@pytest.fixture
def calls() -> type[Calls]:
    """A pass class that runs a given function."""
    return Calls


@pytest.fixture
def compile_with() -> Callable[..., Artifact]:
    """``compile_with(phase, *passes)`` compiles the small addition with these passes, without a cache."""

    def compile_(phase: str, *passes: Any, model: Any = ADD, **options: Any) -> Artifact:
        return Pipeline("test").at(phase, *passes).compile(model, **{"cache": False, **options})

    return compile_


@pytest.fixture
def refused(compile_with: Callable[..., Artifact]) -> Callable[..., ireekit.IreekitError]:
    """As ``compile_with``, of what must fail; gives the error, whose text is short."""

    def compile_(phase: str, *passes: Any, **options: Any) -> ireekit.IreekitError:
        with pytest.raises(ireekit.IreekitError) as caught:
            compile_with(phase, *passes, **options)
        assert len(str(caught.value).splitlines()) <= 20
        return caught.value

    return compile_


@pytest.fixture(params=MODULES, ids=lambda name: name.replace(" ", "-"))
def module_text(request: pytest.FixtureRequest) -> str:
    return MODULES[request.param]


@pytest.fixture(scope="session")
def modules() -> dict[str, str]:
    return MODULES
