"""Keys of kernels, their roots, and configuring them anew."""

from __future__ import annotations

import pytest

from ireekit.codegen import CompilationInfo, LoweringConfig, Translation
from ireekit.tuning.dispatches import Dispatch
from ireekit.tuning.preparing import Prepared, prepare

from .conftest import COLUMNS, ROWS, SOFTMAX, SUMMED, collected, product

INFO = CompilationInfo(
    LoweringConfig({"distribution": (64, 96, 0), "vector_common_parallel": (8, 16, 0), "vector_reduction": (0, 0, 4)}),
    Translation("DoubleTilingExpert", ("enable_loop_peeling",)),
)


def _matmul(program: str) -> Dispatch:
    (found,) = (each for each in collected(program).values() if "matmul" in each.name)
    return found


def test_the_same_kernel_has_the_same_key_elsewhere() -> None:
    alone, behind = _matmul(product()), _matmul(product(before=SOFTMAX))
    assert alone.name != behind.name
    assert alone.key == behind.key


def test_another_shape_has_another_key() -> None:
    assert _matmul(product()).key != _matmul(product(rows=ROWS + 1)).key


def test_a_kernel_alone_is_configured_as_in_its_program(prepared: Prepared) -> None:
    assert prepared.loops.extents == (ROWS, COLUMNS, SUMMED)
    assert prepared.loops.summed == (False, False, True)
    assert prepared.loops.innermost == 1
    assert prepared.reference == prepared.dispatch.chosen


def test_a_candidate_is_the_same_program_configured_otherwise(prepared: Prepared) -> None:
    text = prepared.candidate(INFO)
    assert text is not None
    assert str(INFO.lowering) in text
    assert str(INFO.translation) in text
    # What is computed beside the root has tiles that follow it.
    assert "lowering_config<vector_common_parallel = [8, 16]>" in text
    assert prepared.candidate(prepared.reference) == prepared.text


def test_a_configuration_for_other_loops_does_not_fit(prepared: Prepared) -> None:
    other = CompilationInfo(LoweringConfig({"distribution": (8, 8)}), Translation())
    assert prepared.candidate(other) is None


@pytest.mark.parametrize("pipelined", [False, True], ids=["alone", "batch"])
def test_convolutions(pipelined: bool) -> None:
    batch = 2 if pipelined else 1
    program = f"""
      func.func @main(%x: tensor<{batch}x10x10x16xf32>, %w: tensor<3x3x16x32xf32>) -> tensor<{batch}x8x8x32xf32> {{
        %zero = arith.constant 0.0 : f32
        %empty = tensor.empty() : tensor<{batch}x8x8x32xf32>
        %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<{batch}x8x8x32xf32>) -> tensor<{batch}x8x8x32xf32>
        %y = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<{batch}x10x10x16xf32>, tensor<3x3x16x32xf32>)
            outs(%init : tensor<{batch}x8x8x32xf32>) -> tensor<{batch}x8x8x32xf32>
        return %y : tensor<{batch}x8x8x32xf32>
      }}"""
    (dispatch,) = collected(program).values()
    made = prepare(dispatch, (), 60.0)
    assert isinstance(made, Prepared), made.obstacle
    # The compiler gives it its batch back, or it had one.
    assert made.loops.extents == (batch, 8, 8, 32, 3, 3, 16)
    assert made.loops.images
    assert made.loops.reductions == (4, 5, 6)


def test_dynamic_shapes_are_told() -> None:
    program = product().replace(f"<{ROWS}x", "<?x").replace("tensor.empty()", "tensor.empty(%rows)")
    program = program.replace(
        "%zero =", "%at = arith.constant 0 : index\n%rows = tensor.dim %x, %at : tensor<?x128xf32>\n%zero ="
    )
    found = _matmul(program)
    assert "dynamic shapes" in found.obstacle
