"""The accelerator's compiler: kernels compute what linalg says, and the rest runs on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import npu
import numpy as np
import pytest
from iree.compiler import ir
from npu.dialect import Kernel
from npu.emit import emit
from npu.translate import translate

import ireekit
from ireekit.bindings.session import CompilerSession
from ireekit.dialect import parse_module, verify
from ireekit.errors import PassError
from ireekit.passes import PassPipeline

F16, F32 = np.dtype(np.float16), np.dtype(np.float32)
NAMES = {F16: "f16", F32: "f32"}


def matmul(m: int, n: int, k: int, dtype: np.dtype[Any]) -> str:
    a, b, c = (f"tensor<{rows}x{columns}x{kind}>" for rows, columns, kind in _matmul_types(m, n, k, NAMES[dtype]))
    return f"""func.func @main(%a: {a}, %b: {b}, %c: {c}) -> {c} {{
      %r = linalg.matmul ins(%a, %b : {a}, {b}) outs(%c : {c}) -> {c}
      return %r : {c}
    }}"""


def _matmul_types(m: int, n: int, k: int, kind: str) -> tuple[tuple[int, int, str], ...]:
    return (m, k, kind), (k, n, kind), (m, n, "f32")


def elementwise(rows: int, columns: int, dtype: np.dtype[Any], body: str) -> str:
    """``body`` computes ``%y`` of ``%a`` and of ``%b``, an element of a row that is repeated."""
    kind = NAMES[dtype]
    x, row = f"tensor<{rows}x{columns}x{kind}>", f"tensor<{columns}x{kind}>"
    return f"""func.func @main(%x: {x}, %row: {row}) -> {x} {{
      %half = arith.constant 0.5 : {kind}
      %empty = tensor.empty() : {x}
      %r = linalg.generic {{
        indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]
      }} ins(%x, %row : {x}, {row}) outs(%empty : {x}) {{
      ^bb0(%a: {kind}, %b: {kind}, %unused: {kind}):
        {body.replace("FT", kind)}
        linalg.yield %y : {kind}
      }} -> {x}
      return %r : {x}
    }}"""


def streams(source: str, tile: int = 32) -> list[str]:
    """The command streams of a program, by the passes alone."""
    context = CompilerSession().context
    npu.npu.load(context)
    module = parse_module(source, context, [npu.npu])
    PassPipeline("builtin.module", [npu.FromLinalg(tile=tile), npu.Allocate()]).run(module)
    verify(module, [npu.npu])
    kernels = ireekit.find(module.operation, Kernel.name)
    return [emit(Kernel.view(kernel), f"kernel_{number}") for number, kernel in enumerate(kernels)]


def simulated(source: str, *buffers: np.ndarray, tile: int = 32) -> None:
    (stream,) = streams(source, tile)
    npu.Simulator().run(stream, *buffers)


@pytest.mark.parametrize("tile", [16, 32, 128])
@pytest.mark.parametrize("dtype", [F32, F16])
@pytest.mark.parametrize(("m", "n", "k"), [(16, 16, 16), (48, 32, 80), (96, 128, 64)])
def test_products(m: int, n: int, k: int, dtype: np.dtype[Any], tile: int) -> None:
    random = np.random.default_rng(0)
    a, b = random.standard_normal((m, k)).astype(dtype), random.standard_normal((k, n)).astype(dtype)
    c = random.standard_normal((m, n)).astype(F32)
    expected = c + a.astype(F32) @ b.astype(F32)
    simulated(matmul(m, n, k, dtype), a, b, c, tile=tile)
    np.testing.assert_allclose(c, expected, rtol=1e-4, atol=1e-4)


BODIES: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "add": ("%y = arith.addf %a, %b : FT", lambda a, b: a + b),
    "sub": ("%y = arith.subf %b, %a : FT", lambda a, b: b - a),
    "max": ("%y = arith.maximumf %a, %b : FT", np.maximum),
    "min": ("%y = arith.minimumf %half, %b : FT", lambda a, b: np.minimum(b, 0.5)),
    "square": ("%y = arith.mulf %a, %a : FT", lambda a, b: a * a),
    "clamp": (
        "%p = arith.cmpf ult, %a, %half : FT\n%y = arith.select %p, %a, %half : FT",
        lambda a, b: np.minimum(a, 0.5),
    ),
    "gate": (
        "%n = arith.negf %a : FT\n%e = math.exp %n : FT\n%s = arith.addf %e, %half : FT\n%y = arith.divf %b, %s : FT",
        lambda a, b: b / (np.exp(-a) + 0.5),
    ),
}


@pytest.mark.parametrize("dtype", [F32, F16])
@pytest.mark.parametrize("body", BODIES)
def test_elementwise(body: str, dtype: np.dtype[Any]) -> None:
    text, function = BODIES[body]
    random = np.random.default_rng(0)
    x, row = (random.standard_normal(shape).astype(dtype) for shape in [(48, 32), (1, 32)])
    result = np.zeros((48, 32), dtype)
    simulated(elementwise(48, 32, dtype, text), x, row, result)
    tolerance = 1e-6 if dtype == F32 else 2e-3
    expected = np.broadcast_to(function(x, row), result.shape)
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


def test_a_program_for_both_agrees_with_numpy() -> None:
    # Two kernels, and a third product that is too narrow for the accelerator.
    source = """
    func.func @main(%x: tensor<32x64xf32>, %w: tensor<64x48xf32>, %v: tensor<48x10xf32>) -> tensor<32x10xf32> {
      %zero = arith.constant 0.0 : f32
      %h0 = tensor.empty() : tensor<32x48xf32>
      %h1 = linalg.fill ins(%zero : f32) outs(%h0 : tensor<32x48xf32>) -> tensor<32x48xf32>
      %h2 = linalg.matmul ins(%x, %w : tensor<32x64xf32>, tensor<64x48xf32>)
        outs(%h1 : tensor<32x48xf32>) -> tensor<32x48xf32>
      %h3 = linalg.generic {
        indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
        iterator_types = ["parallel", "parallel"]
      } ins(%h2 : tensor<32x48xf32>) outs(%h0 : tensor<32x48xf32>) {
      ^bb0(%a: f32, %unused: f32):
        %p = arith.cmpf ugt, %a, %zero : f32
        %y = arith.select %p, %a, %zero : f32
        linalg.yield %y : f32
      } -> tensor<32x48xf32>
      %o0 = tensor.empty() : tensor<32x10xf32>
      %o1 = linalg.fill ins(%zero : f32) outs(%o0 : tensor<32x10xf32>) -> tensor<32x10xf32>
      %o2 = linalg.matmul ins(%h3, %v : tensor<32x48xf32>, tensor<48x10xf32>)
        outs(%o1 : tensor<32x10xf32>) -> tensor<32x10xf32>
      return %o2 : tensor<32x10xf32>
    }"""
    random = np.random.default_rng(0)
    x, w, v = (random.standard_normal(shape).astype(F32) for shape in [(32, 64), (64, 48), (48, 10)])
    artifact = npu.pipeline.compile(source, target="cpu")
    with npu.Program(artifact) as program:
        y = program(x, w, v)
        executed = program.simulator.executed
    np.testing.assert_allclose(y, np.maximum(x @ w, 0) @ v, rtol=1e-4, atol=1e-4)
    plain = ireekit.Pipeline("plain").compile(source, target="cpu")
    np.testing.assert_allclose(y, plain(x, w, v), rtol=1e-4, atol=1e-4)
    assert executed["matmul"] == 1 * 3 * 2
    assert executed["binary"] == 3


def test_a_torch_model_agrees_with_torch(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="needs PyTorch")
    from npu.__main__ import main

    main()
    commands, error = capsys.readouterr().out.splitlines()
    assert "12 matmul" in commands
    assert float(error.removeprefix("largest error: ")) < 1e-5


def test_a_fault_of_the_accelerator_reaches_the_caller() -> None:
    artifact = npu.pipeline.compile(matmul(64, 64, 64, F32), target="cpu")
    small = npu.Program(artifact, npu.machine.Machine(sram=4096))
    with small as program, pytest.raises(npu.SimulationError, match="do not fit into the 0 that are left"):
        program(*(np.zeros((64, 64), F32) for _ in range(3)))
    with pytest.raises(ireekit.IreekitError, match="closed"):
        program()


def test_translation_refuses_what_is_no_command() -> None:
    kind = "!npu.buffer<16 x 16 x f32, dram, row>"
    source = f"""func.func @main(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {{
      %r = npu.kernel ins() outs(%x : tensor<16x16xf32>) {{
      ^bb0(%b: {kind}):
        %c = arith.constant 1 : i32
        %d = arith.addi %c, %c : i32
        npu.yield
      }}
      return %r : tensor<16x16xf32>
    }}"""
    with pytest.raises(PassError, match=r"arith\.addi is no command of the accelerator"):
        translate(source)
    with pytest.raises(ireekit.IreekitError, match="nope"):
        translate(source.replace("arith.addi", "npu.nope"))


def test_buffers_are_checked_when_they_are_made() -> None:
    from npu.dialect import Buffer, Layout, Space

    context = ir.Context()
    npu.npu.load(context)
    with context, pytest.raises(ireekit.IreekitError, match="extents in acc are multiples of 16, not 8"):
        Buffer.get(rows=8, columns=16, element=ir.F32Type.get(), space=Space.acc, layout=Layout.row)
