"""One artifact for several targets: the device is chosen at load."""

from __future__ import annotations

import numpy as np
import pytest

import ireekit
from ireekit import Artifact, Pipeline
from ireekit.errors import DeviceError

X, Y = np.arange(4, dtype=np.float32), np.full(4, 10, np.float32)


@pytest.fixture(scope="module")
def both(text: str) -> Artifact:
    return Pipeline("test").compile(text, target="vulkan:llvmpipe,cpu")


def test_both_programs_are_inside(both: Artifact) -> None:
    assert list(map(str, both.targets)) == ["vulkan:llvmpipe", "cpu:host"]
    names = [name for kind, name, _ in both.size_report().parts if kind == "executables"]
    assert len(names) == 2
    assert any("vulkan" in name for name in names)
    assert any("embedded_elf" in name for name in names)


def test_it_runs_on_either_device(both: Artifact, vulkan: str) -> None:
    for device in ("vulkan", "local-task", "local-sync"):
        np.testing.assert_array_equal(both.load(device=device)(X, Y), X + Y)


def test_the_first_target_with_a_device_here_is_taken(both: Artifact, text: str, vulkan: str) -> None:
    assert both.load().device.uri.startswith("vulkan")
    other = Pipeline("test").compile(text, target=["cuda", "cpu", "vulkan:llvmpipe"])
    if not any(device.driver == "cuda" for device in ireekit.devices()):
        assert other.load().device.uri.startswith("local-task")
    np.testing.assert_array_equal(other(X, Y), X + Y)


def test_cpu_and_portable_bytecode_share_an_artifact(text: str) -> None:
    artifact = Pipeline("test").compile(text, target="cpu,vmvx")
    kinds = [name for kind, name, _ in artifact.size_report().parts if kind == "executables"]
    assert any("vmvx" in name for name in kinds)
    assert any("elf" in name for name in kinds)
    np.testing.assert_array_equal(artifact(X, Y), X + Y)


def test_no_device_here_is_one_line_that_names_those_that_are(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = Pipeline("test").compile(text, target="metal,rocm")
    here = tuple(device for device in ireekit.devices() if device.driver.startswith("local"))
    monkeypatch.setattr("ireekit.runtime.devices", lambda: here)
    for call in (artifact.load, lambda: artifact(X, Y)):
        with pytest.raises(DeviceError) as caught:
            call()
        assert caught.value.cause == (
            "no device here runs metal:macos, rocm:gfx942; devices here: " + ", ".join(device.uri for device in here)
        )
        assert "ireekit doctor" in caught.value.remedy


def test_a_device_the_program_is_not_for(text: str, vulkan: str) -> None:
    with pytest.raises(DeviceError):
        Pipeline("test").compile(text, target="cpu").load(device="vulkan")(X, Y)


def test_state_is_kept_by_the_artifact_and_apart_in_loaded_programs() -> None:
    artifact = Pipeline("test").compile(
        """
        util.global private mutable @total = dense<0> : tensor<i32>
        func.func @main(%x: tensor<i32>) -> tensor<i32> {
          %0 = util.global.load @total : tensor<i32>
          %1 = arith.addi %0, %x : tensor<i32>
          util.global.store %1, @total : tensor<i32>
          return %1 : tensor<i32>
        }"""
    )
    one = np.array(1, np.int32)
    assert [int(artifact(one)) for _ in range(3)] == [1, 2, 3]
    assert int(artifact.load()(one)) == 1
    assert int(artifact(one)) == 4
