"""Kernels that cannot be generated as a pipeline configures them are compiled in another way, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np
import pytest
from iree.compiler import ir

import ireekit
from ireekit.artifact import Artifact
from ireekit.codegen import CompilationInfo, LoweringConfig, Translation, configure
from ireekit.errors import CompileWarning

SOUND = CompilationInfo(
    LoweringConfig(
        {"distribution": (16, 32, 0), "vector_common_parallel": (4, 16, 0), "vector_reduction": (0, 0, 1)},
    )
)
UNSOUND = CompilationInfo(
    LoweringConfig({"distribution": (0, 0, 0), "vector_common_parallel": (8, 64, 0), "vector_reduction": (0, 0, 0)}),
    Translation("Mmt4dTilingExpert"),
)
# Three products in dispatches of their own, told apart by their sizes.
MODULE = """
!a = tensor<64x64xf32>
!b = tensor<64x96xf32>
!c = tensor<64x32xf32>
func.func @main(%a: !a, %b: !b, %c: tensor<96x32xf32>) -> !c {
  %zero = arith.constant 0.0 : f32
  %0 = tensor.empty() : !a
  %1 = linalg.fill ins(%zero : f32) outs(%0 : !a) -> !a
  %2 = linalg.matmul ins(%a, %a : !a, !a) outs(%1 : !a) -> !a
  %3 = tensor.empty() : !b
  %4 = linalg.fill ins(%zero : f32) outs(%3 : !b) -> !b
  %5 = linalg.matmul ins(%2, %b : !a, !b) outs(%4 : !b) -> !b
  %6 = tensor.empty() : !c
  %7 = linalg.fill ins(%zero : f32) outs(%6 : !c) -> !c
  %8 = linalg.matmul ins(%5, %c : !b, tensor<96x32xf32>) outs(%7 : !c) -> !c
  return %8 : !c
}
"""


def products(op: ir.Operation) -> list[ir.Operation]:
    return [each for each in ireekit.walk(op) if each.name in ("linalg.matmul", "linalg.generic")]


class ConfigureProducts(ireekit.Pass):
    """Configure products, those with so many columns as no code can be generated for."""

    name = "test-configure-products"
    anchor = "builtin.module"

    unsound: ClassVar[tuple[int, ...]] = (96,)

    def run(self, op: ir.Operation) -> None:
        for product in products(op):
            columns = product.results[0].type.shape[1]
            configure(product, UNSOUND if columns in self.unsound else SOUND)


class ConfigureAll(ConfigureProducts):
    """The same, with a configuration that is unsound for each of them."""

    name = "test-configure-all"
    unsound = (64, 96, 32)


def noting(found: list[str], read: Callable[[ir.Operation], str]) -> type[ireekit.Pass]:
    class Note(ireekit.Pass):
        """Note what is there; one that runs whatever the pass before did."""

        name = "test-note"
        anchor = "builtin.module"

        def run(self, op: ir.Operation) -> None:
            found.append(read(op))

    return Note


def configurations(op: ir.Operation) -> str:
    """The lowering configuration of each product, by its number of columns."""
    return "\n".join(f"{each.results[0].type.shape[1]}: {each.attributes['lowering_config']}" for each in products(op))


def check(artifact: Artifact) -> None:
    random = np.random.default_rng(0)
    a, b, c = (random.standard_normal(shape, dtype=np.float32) for shape in ((64, 64), (64, 96), (96, 32)))
    np.testing.assert_allclose(artifact(a, b, c), a @ a @ b @ c, rtol=1e-3, atol=1e-2)


def test_only_the_kernel_that_fails_is_configured_by_the_compiler() -> None:
    configured: list[str] = []
    starts: list[str] = []
    pipeline = (
        ireekit.Pipeline("unsound")
        .at("start", noting(starts, lambda op: op.name)())
        .at("executable-sources", ConfigureProducts())
        .at("executable-configurations", noting(configured, configurations)())
    )
    with pytest.warns(CompileWarning, match="code generation failed") as caught:
        artifact = pipeline.compile(MODULE, target="cpu", cache=False)
    check(artifact)
    by_columns = dict(line.split(": ", 1) for line in configured[-1].splitlines())
    sound = str(SOUND.lowering)
    assert by_columns["64"] == by_columns["32"] == sound
    assert by_columns["96"] != sound
    assert "vector_common_parallel = [8, 64, 0]" in configured[0], "it was configured so at first"
    assert len(starts) == 1, "the phases before are not run again"
    (warning,) = (str(each.message) for each in caught if "code generation failed" in str(each.message))
    assert "main_dispatch_1 (<text>:" in warning
    assert "is configured by the compiler instead of as distribution = [0, 0, 0]" in warning
    assert "pipeline<Mmt4dTilingExpert>" in warning
    assert "large vector sizes" in warning
    assert artifact.metadata is not None
    assert warning in artifact.metadata.remarks
    assert "--iree-opt-level=O2" in artifact.metadata.flags


@pytest.mark.parametrize("level", ["O1", "O3"])
def test_levels_that_people_chose_are_kept(level: Literal["O1", "O3"]) -> None:
    pipeline = ireekit.Pipeline("unsound").at("executable-sources", ConfigureAll())
    with pytest.warns(CompileWarning, match="is configured by the compiler"):
        artifact = pipeline.compile(MODULE, target="cpu", cache=False, optimize=level)
    check(artifact)
    assert artifact.metadata is not None
    assert len(artifact.metadata.remarks) == 3
    assert f"--iree-opt-level={level}" in artifact.metadata.flags


def test_steps_after_configuration_are_undone_too() -> None:
    class Retile(ireekit.Pass):
        """Tile what the compiler configured by more than a register file can hold."""

        name = "test-retile"
        anchor = "builtin.module"

        def run(self, op: ir.Operation) -> None:
            for product in products(op):
                if product.results[0].type.shape[1] == 96:
                    product.attributes["lowering_config"] = ir.Attribute.parse(str(UNSOUND.lowering), op.context)

    pipeline = ireekit.Pipeline("unsound").at("executable-configurations", Retile())
    with pytest.warns(CompileWarning, match=r"main_dispatch_1 .* is configured by the compiler"):
        check(pipeline.compile(MODULE, target="cpu", cache=False))


def test_steps_around_passes_are_left_out_for_it() -> None:
    runs: list[str] = []

    class Retile(ireekit.Pass):
        """The same, inside of each kernel."""

        name = "test-retile-in-kernel"
        anchor = "func.func"

        def run(self, op: ir.Operation) -> None:
            for product in products(op):
                if product.results[0].type.shape[1] == 96:
                    runs.append(op.name)
                    product.attributes["lowering_config"] = ir.Attribute.parse(str(UNSOUND.lowering), op.context)

    pipeline = ireekit.Pipeline("unsound").after("iree-llvmcpu-select-lowering-strategy", Retile())
    with pytest.warns(CompileWarning, match=r"main_dispatch_1 .* is configured by the compiler"):
        check(pipeline.compile(MODULE, target="cpu", cache=False))
    assert runs == ["func.func"]


# A row of 20,000 that is looked up, summed, and needed again.
GATHERED = """
func.func @main(%table: tensor<7x20000xf32>, %ids: tensor<4xi32>) -> tensor<4x20000xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x20000xf32>
  %row = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<4xi32>) outs(%e : tensor<4x20000xf32>) {
  ^bb0(%id: i32, %out: f32):
    %i = arith.index_cast %id : i32 to index
    %j = linalg.index 1 : index
    %x = tensor.extract %table[%i, %j] : tensor<7x20000xf32>
    linalg.yield %x : f32
  } -> tensor<4x20000xf32>
  %s = tensor.empty() : tensor<4xf32>
  %z = linalg.fill ins(%zero : f32) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%row : tensor<4x20000xf32>) outs(%z : tensor<4xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.addf %x, %out : f32
    linalg.yield %y : f32
  } -> tensor<4xf32>
  %result = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%row, %sum : tensor<4x20000xf32>, tensor<4xf32>) outs(%e : tensor<4x20000xf32>) {
  ^bb0(%x: f32, %y: f32, %out: f32):
    %d = arith.subf %x, %y : f32
    linalg.yield %d : f32
  } -> tensor<4x20000xf32>
  return %result : tensor<4x20000xf32>
}
"""


def test_where_the_compiler_fails_itself_loops_are_tiled_by_one() -> None:
    limit = "--iree-llvmcpu-stack-allocation-limit=131072"
    with pytest.warns(CompileWarning, match="is configured loop by loop, since code generation failed: .*stack alloc"):
        artifact = ireekit.Pipeline("plain").compile(GATHERED, target="cpu", cache=False, flags=[limit])
    assert artifact.metadata is not None
    assert "--iree-opt-level=O2" in artifact.metadata.flags
    table = np.random.default_rng(0).standard_normal((7, 20000), dtype=np.float32)
    ids = np.array([1, 3, 6, 0], dtype=np.int32)
    rows = table[ids]
    np.testing.assert_allclose(artifact(table, ids), rows - rows.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-2)


def test_worker_threads_have_room_for_what_kernels_allocate() -> None:
    limit = "--iree-llvmcpu-stack-allocation-limit=262144"  # a row twice, 160 kB
    artifact = ireekit.Pipeline("plain").compile(GATHERED, target="cpu", cache=False, flags=[limit])
    program = artifact.load(device="cpu?threads=2")
    ids = np.array([1, 3, 6, 0], dtype=np.int32)
    np.testing.assert_allclose(program.main(np.ones((7, 20000), np.float32), ids), np.full((4, 20000), -19999.0))
