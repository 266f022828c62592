"""Lowering configurations and the table of machines."""

from __future__ import annotations

import pytest
from iree.compiler import ir

from ireekit.codegen import CompilationInfo, LoweringConfig, Translation, configuration_of, configure
from ireekit.errors import CodegenError
from ireekit.targets.machines import MACHINES, host_machine, machine_of

INFO = CompilationInfo(
    LoweringConfig({"distribution": (8, 32, 0), "vector_common_parallel": (8, 32, 0), "vector_reduction": (0, 0, 1)}),
    Translation("DoubleTilingExpert", ("enable_loop_peeling",)),
)
PRODUCT = """
func.func @f(%a: tensor<8x16xf32>, %b: tensor<16x32xf32>, %c: tensor<8x32xf32>) -> tensor<8x32xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x32xf32>) outs(%c : tensor<8x32xf32>) -> tensor<8x32xf32>
  return %r : tensor<8x32xf32>
}
"""


def _product() -> tuple[ir.Module, ir.Operation]:
    module = ir.Module.parse(PRODUCT, ir.Context())
    return module, module.body.operations[0].regions[0].blocks[0].operations[0].operation


@pytest.mark.parametrize(
    "info",
    [
        INFO,
        CompilationInfo(LoweringConfig({"distribution": (4,)}), Translation("Default")),
        CompilationInfo(LoweringConfig(), Translation("ConvTileAndDecomposeExpert")),
    ],
    ids=["all", "default", "no-tiles"],
)
def test_reads_what_it_writes(info: CompilationInfo) -> None:
    with ir.Context() as context:
        assert CompilationInfo.read(info.attribute(context)) == info


def test_configures_an_operation() -> None:
    _module, product = _product()
    assert configuration_of(product) is None
    configure(product, INFO)
    assert configuration_of(product) == INFO


def test_refuses_another_number_of_loops() -> None:
    _module, product = _product()
    with pytest.raises(CodegenError, match="for 1 loops cannot be that of 3") as caught:
        configure(product, CompilationInfo(LoweringConfig({"distribution": (4,)})))
    assert caught.value.op == "linalg.matmul"
    assert configuration_of(product) is None


@pytest.mark.parametrize(
    ("tiles", "message"),
    [
        ({"distribute": (1,)}, "no level 'distribute'"),
        ({"distribution": (-1,)}, "negative"),
        ({"distribution": (1,), "vector_reduction": (1, 2)}, "different numbers of loops"),
    ],
)
def test_refuses_wrong_tiles(tiles: dict[str, tuple[int, ...]], message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        LoweringConfig(tiles)


def test_refuses_an_unknown_pipeline() -> None:
    with pytest.raises(CodegenError, match="'FastExpert'"):
        Translation("FastExpert")


def test_other_attributes_are_no_configuration() -> None:
    with ir.Context():
        assert CompilationInfo.read(ir.Attribute.parse("1 : i32")) is None


@pytest.mark.parametrize(
    ("text", "tiles"),
    [
        ("#iree_cpu.lowering_config<distribution = [8, 32, 0]>", {"distribution": (8, 32, 0)}),
        ("#iree_cpu.lowering_config<distribution = []>", {"distribution": ()}),
        ("#iree_cpu.lowering_config<vector_common_parallel = [8, [4], 0]>", None),
    ],
)
def test_reads_only_sizes_of_a_lowering(text: str, tiles: dict[str, tuple[int, ...]] | None) -> None:
    read = LoweringConfig.read(text)
    assert (read.tiles if read else None) == tiles


@pytest.mark.parametrize(
    ("triple", "features", "name"),
    [
        ("x86_64-unknown-unknown-eabi-elf", "+avx2,+avx512f", "avx512"),
        ("x86_64-unknown-unknown-eabi-elf", "+avx2,+avx512f,-avx512f", "avx2"),
        ("x86_64-pc-windows-msvc", "", "sse"),
        ("aarch64-unknown-unknown-eabi-elf", "+reserve-x18", "neon"),
        ("aarch64-unknown-unknown-eabi-elf", "+reserve-x18,+sve2,+sve", "sve"),
        ("riscv64-unknown-unknown-eabi-elf", "+m,+f", None),
        ("armv7em-pc-linux-elf", "+dsp", None),
    ],
)
def test_families_of_machines(triple: str, features: str, name: str | None) -> None:
    found = machine_of(triple, features.split(","))
    assert (found and found.name) == name


def test_this_machine_has_a_family() -> None:
    family = host_machine()
    assert family is None or family in MACHINES
    assert all(each.memory_flops > each.cache_flops > 0 for each in MACHINES)
