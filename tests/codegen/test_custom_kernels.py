"""Kernels written in Python: compiled, dispatched and run; and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ireekit
from ireekit.codegen import CustomKernels, KernelWriter
from ireekit.errors import CodegenError, PassError
from ireekit.passes.builders import before

PROGRAM = """
module {
  util.func public @main(%x: tensor<4x32xf32>) -> tensor<4x32xf32> {
    %y = arith.negf %x : tensor<4x32xf32>
    util.return %y : tensor<4x32xf32>
  }
}
"""


def scaled(factor: float, name: str = "scaled") -> KernelWriter:
    kernel = KernelWriter(name, operands=[(4, 32)], results=[(4, 32)], lanes=8, workgroups=(4, 1, 1))
    source, target = kernel.buffers
    row = kernel.workgroup_id(0)
    with kernel.loop(32, step=8) as column:
        kernel.store(kernel.scale(factor, kernel.load(source, row, column)), target, row, column)
    return kernel


def triangle() -> KernelWriter:
    """Rows summed up to and with their own; others than the first two stay zero."""
    kernel = KernelWriter("triangle", operands=[(4, 32)], results=[(4, 32)], lanes=16)
    source, target = kernel.buffers
    with kernel.loop(4) as row, kernel.loop(32, step=16) as column:
        rows = kernel.shifted(row, 1)
        (total,) = kernel.accumulate(
            rows,
            [kernel.splat(0.0)],
            lambda each, sums: [kernel.multiply_add(kernel.load(source, each, column), kernel.splat(1.0), sums[0])],
        )
        kernel.store(kernel.splat(0.0), target, row, column)
        with kernel.when(kernel.both([kernel.less(row, 2), kernel.less(column, 16)])):
            kernel.store(total, target, row, column)
    return kernel


def run(*kernels: KernelWriter) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], int]:
    """A program that calls kernels one after the other: its argument, its result, and how many kernels it has."""
    counted: list[int] = []

    class Call(ireekit.Pass):
        name = "call"
        anchor = "builtin.module"

        def run(self, op: Any) -> None:
            (replaced,) = ireekit.find(op, "arith.negf")
            custom, value = CustomKernels(op), replaced.operands[0]
            with before(replaced):
                for kernel in kernels:
                    (value,) = custom.dispatch(kernel, [value])
            replaced.results[0].replace_all_uses_with(value)
            replaced.erase()
            counted.append(len(ireekit.find(op, "stream.executable")))

    pipeline = ireekit.Pipeline("custom").at("abi", Call())
    x = np.random.default_rng(0).standard_normal((4, 32)).astype(np.float32)
    artifact = pipeline.compile(PROGRAM, target="cpu", cache=False)
    return x, np.array(artifact(x)), counted[0]


def test_equal_kernels_are_one():
    x, y, count = run(scaled(3.0), scaled(3.0, name="another"), scaled(-0.5))
    np.testing.assert_array_equal(y, x * 3.0 * 3.0 * -0.5)
    assert count == 2


def test_loops_and_conditions():
    x, y, _ = run(triangle())
    wanted = np.zeros_like(x)
    wanted[0, :16], wanted[1, :16] = x[0, :16], x[0, :16] + x[1, :16]
    np.testing.assert_allclose(y, wanted, rtol=1e-6)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 1e-40, -0.0])
def test_any_constant(value: float):
    kernel = KernelWriter("constant", operands=[(4, 32)], results=[(4, 32)], lanes=32)
    with kernel.loop(4) as row:
        kernel.store(kernel.splat(value), kernel.buffers[1], row, 0)
    _, y, _ = run(kernel)
    np.testing.assert_array_equal(y, np.full((4, 32), value, np.float32))


def test_refusals():
    with pytest.raises(CodegenError, match="static shapes without zeros"):
        KernelWriter("empty", operands=[(0, 4)], results=[(4,)], lanes=4)
    kernel = scaled(1.0)
    with pytest.raises(CodegenError, match="one for each dimension"):
        kernel.load(kernel.buffers[0], 0)
    with pytest.raises(CodegenError, match="leave out what is 0"):
        kernel.combine([(0.0, "%x")])
    with pytest.raises((CodegenError, PassError), match="is for f32 of shapes"):
        run(KernelWriter("other", operands=[(8, 32)], results=[(4, 32)], lanes=8))


def test_work_is_counted() -> None:
    kernel = KernelWriter("sums", operands=[(4, 32), (32,)], results=[(4, 32), (9, 9)], lanes=8, flops=128, scratch=1)
    assert (kernel.flops, kernel.bytes, kernel.written_flops) == (128, 4 * (128 + 32 + 128), 0)
    vector, scalar = kernel.splat(2.0), kernel.load_splat(kernel.buffers[0], 0, 0)
    kernel.multiply_add(vector, scalar, kernel.add(vector, scalar))
    assert kernel.written_flops == 3 * 8
