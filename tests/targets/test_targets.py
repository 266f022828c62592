"""Targets: their texts, their flags, and that each of them compiles."""

from __future__ import annotations

import shutil
import warnings

import pytest

import ireekit
from ireekit import Pipeline, Target
from ireekit.errors import CompileError, TargetError
from ireekit.targets import FAMILIES, detect, parse_targets, target_of_device

MATMUL = """
func.func @main(%a: tensor<8x16xf32>, %b: tensor<16x4xf32>) -> tensor<8x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x4xf32>) -> tensor<8x4xf32>
  %c = linalg.matmul ins(%a, %b : tensor<8x16xf32>, tensor<16x4xf32>)
                     outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  %s = arith.mulf %c, %c : tensor<8x4xf32>
  return %s : tensor<8x4xf32>
}
"""
EVERY = [f"{family.name}:{name}" for family in FAMILIES.values() for name in family.architectures]


@pytest.fixture(scope="module")
def matmul() -> ireekit.ImportedModule:
    """Imported once, compiled for all."""
    return Pipeline("test").import_model(MATMUL)


@pytest.mark.parametrize("target", EVERY)
def test_every_target_compiles(target: str, matmul: ireekit.ImportedModule) -> None:
    if target == "cpu:wasm32" and shutil.which("wasm-ld") is None:
        with pytest.raises(CompileError, match="failed to link"):
            Pipeline("test").compile(matmul, target=target, cache=False)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        artifact = Pipeline("test").compile(matmul, target=target, cache=False)
    assert list(map(str, artifact.targets)) == [target]
    assert artifact.size_report().totals()["executables"] > 0


def test_chips_without_code_generation_say_so() -> None:
    notes = {name: row.note for name, row in FAMILIES["cuda"].architectures.items() if row.note}
    assert {"sm_90", "sm_90a", "sm_100"} <= set(notes)
    assert "sm_89 PTX" in Target.parse("cuda:sm_90").note
    assert Target.parse("cuda:sm_80").note is None


@pytest.mark.parametrize("family", [family for family in FAMILIES.values() if family.default], ids=lambda f: f.name)
def test_defaults_are_in_the_table(family) -> None:
    assert family.default in family.architectures
    assert Target.parse(family.name) == Target(family.name, family.default)


@pytest.mark.parametrize("text", ["cpu:host", " CPU:Host ", "cpu"])
def test_texts_are_trimmed_and_case_does_not_matter(text: str) -> None:
    assert Target.parse(text) == Target("cpu", "host")
    assert str(Target.parse(text)) == "cpu:host"


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("vulcan", "unknown target 'vulcan'", "did you mean vulkan"),
        ("gpu", "unknown target 'gpu'", "cpu"),
        ("zzz", "unknown target 'zzz'", "known: cpu, vulkan, cuda, rocm, metal, vmvx"),
        ("cuda:sm80", "unknown architecture 'sm80' of target 'cuda'", "sm_80"),
        ("cpu:cortex", "unknown architecture 'cortex'", "cortex-m"),
        ("", "no target given", "target="),
        (" , ,", "no target given", "target="),
        ([], "no target given", "target="),
        (5, "unknown target '5'", "known"),
        (None, "unknown target 'None'", "known"),
        ([None], "unknown target 'None'", "known"),
        (Target("cpu", "z80"), "unknown architecture 'z80'", "known"),
        ("cpu:host,cpu:aarch64", "cannot share an artifact", "one artifact per architecture"),
    ],
)
def test_what_is_no_target(text, cause: str, remedy: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_targets(text)
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    "given",
    ["cpu,cuda", "cpu, cuda,cpu", ["cpu", "cuda"], ("cpu:host", Target("cuda", "sm_80")), iter(["cpu", "cuda"])],
    ids=["text", "repeated", "list", "tuple", "iterator"],
)
def test_several(given) -> None:
    parsed = parse_targets(given)
    assert str(parsed) == "cpu:host,cuda:sm_80"
    assert parsed.families == {"cpu", "cuda"}
    assert parse_targets(parsed) is parsed


class TestFlags:
    def test_of_one(self) -> None:
        flags = parse_targets("cuda:sm_90").flags()
        assert flags[0] == "--iree-hal-target-device=cuda"
        assert flags[-1] == "--iree-cuda-target=sm_89"

    def test_of_a_small_chip_override_those_of_the_family(self) -> None:
        flags = parse_targets("cpu:cortex-m7").flags()
        limits = [flag for flag in flags if "stack-allocation-limit" in flag]
        assert limits == ["--iree-llvmcpu-stack-allocation-limit=32768"]

    def test_backends_add_up(self) -> None:
        flags = parse_targets("cpu,vmvx").flags()
        assert flags.count("--iree-hal-target-device=local") == 1
        backends = [flag.rpartition("=")[2] for flag in flags if "backends" in flag]
        assert backends == ["llvm-cpu", "vmvx"]

    def test_devices_in_order_of_preference(self) -> None:
        assert parse_targets("vulkan:rdna3,cpu").flags()[0] == "--iree-hal-target-device=vulkan,local"


class TestGivenFlags:
    """Flags people add: what would end the process is refused before."""

    def compile(self, *flags: str, target: str = "cpu") -> ireekit.Artifact:
        return Pipeline("test").compile(MATMUL, target=target, flags=flags, cache=False)

    @pytest.mark.parametrize(
        ("target", "flag", "reason"),
        [
            ("cpu", "--iree-llvmcpu-target-cpu=z80", "Unknown CPU"),
            ("cpu", "--iree-llvmcpu-target-triple=z80-none-elf", ""),
            ("cpu", "--iree-llvmcpu-target-cpu-features=+warp", ""),
            ("cpu", "--iree-hal-local-target-device-backends=abacus", "not registered"),
            ("cpu", "--iree-hal-target-device=abacus", "abacus"),
            ("vulkan:llvmpipe", "--iree-vulkan-target=abacus", "Unknown Vulkan target 'abacus'"),
            ("cuda", "--iree-cuda-target=abacus", "Unknown CUDA target 'abacus'"),
            ("rocm", "--iree-rocm-target=gfx1", "Unknown ROCM target 'gfx1'"),
        ],
    )
    def test_unknown_hardware(self, target: str, flag: str, reason: str) -> None:
        with pytest.raises(TargetError) as caught:
            self.compile(flag, target=target)
        assert flag in caught.value.cause
        assert reason in caught.value.cause
        assert "ireekit targets" in caught.value.remedy

    def test_of_the_pipeline(self) -> None:
        pipeline = Pipeline("test", flags=["--iree-cuda-target=sm_1"])
        with pytest.raises(TargetError, match="sm_1"):
            pipeline.compile(MATMUL, target="cuda", cache=False)

    def test_known_hardware(self) -> None:
        artifact = self.compile("--iree-cuda-target=sm_75", target="cuda")
        assert "--iree-cuda-target=sm_75" in artifact.metadata.flags

    @pytest.mark.parametrize(
        "flags",
        [
            ["--no-such-flag"],
            ["--iree-opt-level=O9"],
            ["--help"],
            ["--version"],
            ["--compile-to=flow"],
            ["words"],
            [""],
        ],
        ids=str,
    )
    def test_what_is_no_flag(self, flags: list[str]) -> None:
        with pytest.raises(TargetError) as caught:
            self.compile(*flags)
        assert len(str(caught.value).splitlines()) <= 3

    @pytest.mark.parametrize("flags", ["--iree-opt-level=O1", [5], [None]], ids=str)
    def test_flags_of_another_type(self, flags) -> None:
        with pytest.raises(TargetError, match="is no compiler flag"):
            Pipeline("test").compile(MATMUL, flags=flags, cache=False)


class TestDetection:
    @pytest.mark.parametrize(
        ("driver", "name", "target"),
        [
            ("local-task", "default", "cpu"),
            ("vulkan", "llvmpipe (LLVM 15.0.6, 256 bits)", "vulkan:llvmpipe"),
            ("vulkan", "NVIDIA GeForce RTX 4090", "vulkan:ada"),
            ("vulkan", "NVIDIA GeForce RTX 3080", "vulkan:ampere"),
            ("vulkan", "AMD Radeon RX 7900 XTX (RADV NAVI31)", "vulkan:rdna3"),
            ("vulkan", "AMD Radeon RX 6700 XT (RADV NAVI22)", "vulkan:rdna2"),
            ("vulkan", "Adreno (TM) 740", "vulkan:adreno"),
            ("vulkan", "Mali-G715", "vulkan:valhall3"),
            ("vulkan", "Mali-G78", "vulkan:valhall1"),
            ("vulkan", "Some other device", "vulkan"),
            ("cuda", "NVIDIA A100-SXM4-40GB", "cuda:sm_80"),
            ("cuda", "NVIDIA H100 80GB HBM3", "cuda:sm_90"),
            ("cuda", "NVIDIA H200", "cuda:sm_90"),
            ("cuda", "Tesla T4", "cuda:sm_75"),
            ("hip", "AMD Instinct MI300X", "rocm:gfx942"),
            ("abacus", "beads", None),
        ],
    )
    def test_what_to_compile_for(self, driver: str, name: str, target: str | None) -> None:
        assert target_of_device(driver, name) == target

    def test_every_profile_is_an_architecture(self) -> None:
        for family, rows in detect._BY_FAMILY.items():
            assert {profile for _, profile in rows} <= set(FAMILIES[family].architectures)

    @pytest.mark.parametrize(
        ("name", "warning"), [(None, "no Vulkan device here"), ("Odd One", "unknown Vulkan device")]
    )
    def test_without_a_known_device_it_says_what_it_takes(
        self, name: str | None, warning: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Device:
            driver = "vulkan"

            def __init__(self) -> None:
                self.name = name

        monkeypatch.setattr("ireekit.runtime.devices", lambda: (Device(),) if name else ())
        with pytest.warns(UserWarning, match=warning):
            assert detect.detected_vulkan_profile.__wrapped__() == "android-baseline-2022"
