"""Small programs, compiled once per session from MLIR text."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

CPU = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
)
VULKAN = ("--iree-hal-target-device=vulkan", "--iree-vulkan-target=llvmpipe")

ADD = """
func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %r = arith.addf %a, %b : tensor<4xf32>
  return %r : tensor<4xf32>
}
"""

# Several entry points: state, aliasing, scalars by value, dynamic shapes, structure.
MANY = """
util.global private mutable @total = dense<0> : tensor<i64>
util.global private mutable @kept_state = dense<0.0> : tensor<64x1024xf32>
util.global private mutable @cache = dense<0.0> : tensor<4x16xf32>

func.func @add(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %r = arith.addf %a, %b : tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func @identity(%a: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %a : tensor<?x4xf32>
}
func.func @small_identity(%a: tensor<4xf32>) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}
func.func @big_identity(%a: tensor<64x1024xf32>) -> tensor<64x1024xf32> {
  return %a : tensor<64x1024xf32>
}
func.func @double(%a: tensor<64x1024xf32>) -> tensor<64x1024xf32> {
  %r = arith.addf %a, %a : tensor<64x1024xf32>
  return %r : tensor<64x1024xf32>
}
func.func @dot(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = arith.mulf %a, %b : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}
func.func @count(%a: tensor<i64>) -> tensor<i64> {
  %s = util.global.load @total : tensor<i64>
  %r = arith.addi %a, %s : tensor<i64>
  util.global.store %r, @total : tensor<i64>
  return %r : tensor<i64>
}
func.func @keep(%a: tensor<64x1024xf32>) {
  util.global.store %a, @kept_state : tensor<64x1024xf32>
  return
}
func.func @kept() -> tensor<64x1024xf32> {
  %s = util.global.load @kept_state : tensor<64x1024xf32>
  return %s : tensor<64x1024xf32>
}
func.func @append(%row: tensor<1x16xf32>, %position: tensor<i64>) -> tensor<4x16xf32> {
  %p = tensor.extract %position[] : tensor<i64>
  %i = arith.index_cast %p : i64 to index
  %s = util.global.load @cache : tensor<4x16xf32>
  %n = tensor.insert_slice %row into %s[%i, 0] [1, 16] [1, 1] : tensor<1x16xf32> into tensor<4x16xf32>
  util.global.store %n, @cache : tensor<4x16xf32>
  return %n : tensor<4x16xf32>
}
func.func @numbers(%a: f32, %b: i64, %c: i32, %d: f64, %e: index, %f: i1) -> (f32, i64, i32, f64, index, i1) {
  return %a, %b, %c, %d, %e, %f : f32, i64, i32, f64, index, i1
}
func.func @scale(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
  %r = arith.mulf %a, %b : tensor<f32>
  return %r : tensor<f32>
}
func.func @pair(%a: tensor<2xf32>, %b: tensor<2xf32>, %c: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %x = arith.addf %a, %b : tensor<2xf32>
  %y = arith.mulf %a, %c : tensor<2xf32>
  return %x, %y : tensor<2xf32>, tensor<2xf32>
}
func.func @positive(%a: tensor<4xf32>, %ok: tensor<i1>) -> tensor<4xf32> {
  %c = tensor.extract %ok[] : tensor<i1>
  cf.assert %c, "the flag must be set"
  return %a : tensor<4xf32>
}
"""

ELEMENTS = {
    "bool": "i1",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "i8",
    "uint16": "i16",
    "uint32": "i32",
    "uint64": "i64",
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "float64": "f64",
    "complex64": "complex<f32>",
    "float8_e4m3fn": "f8E4M3FN",
    "float8_e5m2": "f8E5M2",
}
"""dtype -> element type in the function ``<dtype>`` of the ``types`` program, which swaps two rows."""

PARAMETERS = """
util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<4xf32>
util.global private @b = #flow.parameter.named<"model"::"b"> : tensor<4xf32>
func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
  %w = util.global.load @w : tensor<4xf32>
  %b = util.global.load @b : tensor<4xf32>
  %p = arith.mulf %a, %w : tensor<4xf32>
  %r = arith.addf %p, %b : tensor<4xf32>
  return %r : tensor<4xf32>
}
"""

SLOW = """
func.func @main(%a: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %zero = arith.constant 0.0 : f32
  %lower = arith.constant 0 : index
  %upper = arith.constant 40 : index
  %step = arith.constant 1 : index
  %e = tensor.empty() : tensor<256x256xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<256x256xf32>) -> tensor<256x256xf32>
  %r = scf.for %i = %lower to %upper step %step iter_args(%x = %f) -> tensor<256x256xf32> {
    %m = linalg.matmul ins(%a, %a : tensor<256x256xf32>, tensor<256x256xf32>)
                       outs(%x : tensor<256x256xf32>) -> tensor<256x256xf32>
    scf.yield %m : tensor<256x256xf32>
  }
  return %r : tensor<256x256xf32>
}
"""


TORCH = """
func.func @main(%a: !torch.vtensor<[?,4],f32>, %b: !torch.vtensor<[4],f32>) -> !torch.vtensor<[?,4],f32> {
  %one = torch.constant.int 1
  %r = torch.aten.add.Tensor %a, %b, %one : !torch.vtensor<[?,4],f32>, !torch.vtensor<[4],f32>, !torch.int
       -> !torch.vtensor<[?,4],f32>
  return %r : !torch.vtensor<[?,4],f32>
}
"""


def types_source() -> str:
    functions: list[str] = []
    for name, element in ELEMENTS.items():
        whole, row = f"tensor<2x3x{element}>", f"tensor<1x3x{element}>"
        functions.append(f"""
func.func @{name}(%a: {whole}) -> {whole} {{
  %e = tensor.empty() : {whole}
  %x = tensor.extract_slice %a[0, 0] [1, 3] [1, 1] : {whole} to {row}
  %y = tensor.extract_slice %a[1, 0] [1, 3] [1, 1] : {whole} to {row}
  %p = tensor.insert_slice %y into %e[0, 0] [1, 3] [1, 1] : {row} into {whole}
  %q = tensor.insert_slice %x into %p[1, 0] [1, 3] [1, 1] : {row} into {whole}
  return %q : {whole}
}}""")
    return "\n".join(functions)


def compile_mlir(source: str, *flags: str) -> bytes:
    from iree.compiler import api, ir

    session = api.Session()
    session.set_flags(*flags)
    with session.context, ir.Location.unknown():
        module = ir.Module.parse(source)
    invocation = session.invocation()
    invocation.enable_console_diagnostics()
    invocation.import_module(module.operation)
    assert invocation.execute(), "the compiler refused the test program"
    output = api.Output.open_membuffer()
    invocation.output_vm_bytecode(output)
    program = bytes(output.map_memory())
    output.close()
    return program


SOURCES: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "add": (lambda: ADD, CPU),
    "many": (lambda: MANY, (*CPU, "--iree-input-demote-f64-to-f32=false")),
    "types": (types_source, (*CPU, "--iree-input-demote-f64-to-f32=false")),
    "demoted": (
        lambda: ADD.replace("f32", "f64"),
        (*CPU, "--iree-input-demote-f64-to-f32=true"),
    ),
    "parameters": (lambda: PARAMETERS, CPU),
    "slow": (lambda: SLOW, CPU),
    "torch": (lambda: TORCH, (*CPU, "--iree-input-type=torch")),
    "vulkan": (lambda: ADD, VULKAN),
}


@pytest.fixture(scope="session")
def program_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``program_file("add")``: the path of a compiled program of :data:`SOURCES`."""
    folder = tmp_path_factory.mktemp("programs")

    @functools.cache
    def build(name: str) -> Path:
        source, flags = SOURCES[name]
        path = folder / f"{name}.vmfb"
        path.write_bytes(compile_mlir(source(), *flags))
        return path

    return build


@pytest.fixture
def vulkan_device() -> str:
    from ireekit.runtime import devices

    if not any(info.driver == "vulkan" for info in devices()):
        pytest.skip("no Vulkan device: install a driver such as mesa-vulkan-drivers")
    return "vulkan"
