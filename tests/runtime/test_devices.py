"""Devices and drivers: listing, names, errors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ireekit.errors import DeviceError
from ireekit.runtime import Device, Program, devices, drivers, open_device, release_devices


def test_every_driver_is_available_or_says_why_in_one_line() -> None:
    found = {status.name: status for status in drivers()}
    assert found["local-sync"].available
    assert found["local-task"].available
    for status in found.values():
        if not status.available:
            assert status.reason
            assert "\n" not in status.reason
            assert len(status.reason) < 120
            assert "runtime/src" not in status.reason


def test_devices_can_be_opened_by_their_uri() -> None:
    for info in devices():
        assert open_device(info.uri).info == info


def test_names_of_one_device_open_it_once() -> None:
    assert open_device("cpu") is open_device("local-task")
    assert open_device("cpu-sync") is open_device("local-sync") is open_device("local-sync:0")
    assert open_device(open_device("cpu")) is open_device("cpu")
    assert isinstance(open_device("cpu"), Device)


def test_a_number_of_threads_is_a_device_of_its_own() -> None:
    one, two = open_device("cpu?threads=1"), open_device("local-task?threads=2")
    assert one is not two
    assert one is open_device("local-task?threads=1")
    assert one is not open_device("cpu")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tpu", ["no device for 'tpu'", "no such driver in this build", "local-sync, local-task"]),
        ("local-sync:4", ["no device for 'local-sync:4'", "has 1 device here"]),
        ("cpu?threads=0", ["threads=0 is not understood"]),
        ("cpu?threads=two", ["threads=two is not understood"]),
        ("cpu?speed=9", ["speed=9 is not understood"]),
        ("cpu-sync?threads=2", ["threads=2 is not understood"]),
        ("", ["no device for ''"]),
    ],
)
def test_absent_devices_are_refused_in_one_line(name: str, words: list[str]) -> None:
    with pytest.raises(DeviceError) as caught:
        open_device(name)
    assert "\n" not in caught.value.cause
    assert caught.value.remedy
    for word in words:
        assert word in caught.value.cause


@pytest.mark.parametrize("name", ["cuda", "rocm", "vulkan", "cuda:1"])
def test_a_driver_without_hardware_names_the_devices_here(name: str) -> None:
    driver = {"rocm": "hip"}.get(name, name.partition(":")[0])
    status = {status.name: status for status in drivers()}.get(driver)
    if status is not None and status.available:
        pytest.skip(f"this machine has a {driver} device")
    with pytest.raises(DeviceError, match=f"no device for '{name}': .*; devices here: local-sync, local-task"):
        open_device(name)


def test_memory_counts_live_bytes() -> None:
    from ireekit.runtime import to_device

    device = open_device("cpu?threads=1")
    before = device.memory()
    tensor = to_device(np.zeros(1000, np.float32), device)
    during = device.memory()
    assert during["live"] - before["live"] == 4000
    assert during["peak"] >= 4000
    tensor.close()
    assert device.memory()["live"] == before["live"]


def test_devices_that_nothing_uses_are_released(program_file: Callable[[str], Path]) -> None:
    name = "cpu?threads=3"
    program = Program.load(program_file("many"), device=name)
    uri = program.device.uri
    result = program["big_identity"](np.ones((64, 1024), np.float32))
    tensor = program["add"](np.ones(4, np.float32), np.ones(4, np.float32), returns="device")
    assert uri not in release_devices("cpu")
    program.close()
    assert uri not in release_devices("cpu"), "results lie there"
    assert result.sum() == 64 * 1024
    del result
    assert uri not in release_devices("cpu"), "a tensor lies there"
    tensor.close()
    held = open_device(name)
    assert uri not in release_devices("vulkan")
    assert uri in release_devices("cpu")
    with pytest.raises(DeviceError, match="is closed"):
        _ = held.hal
    assert open_device(name) is not held
    assert uri in release_devices()


def _threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc, which only Linux has")
def test_a_vulkan_device_that_is_released_leaves_no_threads_behind(vulkan_device: str) -> None:
    release_devices("vulkan")
    before = _threads()
    open_device(vulkan_device)
    assert _threads() > before
    assert any(uri.startswith("vulkan") for uri in release_devices("vulkan"))
    deadline = time.monotonic() + 10
    while _threads() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _threads() <= before
