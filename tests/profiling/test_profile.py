"""Programs measured: times fit together, everything is listed, layers appear."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ireekit.errors import CapabilityError, DeviceError, InputError
from ireekit.profiling import Machine, Profile, profile
from ireekit.profiling.output import HEADERS, markdown, rows, summary
from ireekit.runtime import measure_dispatches

from .conftest import MATMUL_FLOPS, Compiled


@pytest.fixture(scope="module")
def profiled(compiled: Compiled) -> Profile:
    machine = Machine("abacus", 1, 1.0, ((1_000_000, 10.0),))
    return profile(compiled.artifact, facts=compiled.facts, machine=machine, calls=5)


def test_dispatches_take_no_longer_than_the_call(profiled: Profile) -> None:
    assert 0 < profiled.dispatch_milliseconds <= profiled.milliseconds
    assert all(0 < each.milliseconds <= each.median_milliseconds for each in profiled.dispatches)
    # One thread: what workers spend together is the time of the dispatch.
    assert all(0 < each.busy_milliseconds <= 1.01 * each.milliseconds for each in profiled.dispatches)


def test_every_dispatch_of_the_program_is_listed(profiled: Profile, compiled: Compiled) -> None:
    ran = {each.name: each.count for each in profiled.dispatches}
    known = {each.name.removeprefix("main_dispatch_"): len(each.origins) for each in compiled.facts}
    assert {name: ran[name] for name in known} == known


def test_layers_and_work(profiled: Profile) -> None:
    origins = {origin.layer: origin.source for each in profiled.dispatches for origin in each.origins}
    assert origins["block.0.linear"] == "model.py:11:4"
    assert origins["block.1.linear"] == "model.py:12:4"
    matmuls = [each for each in profiled.dispatches if "matmul" in each.name]
    assert sum(each.flops or 0 for each in matmuls) == 2 * MATMUL_FLOPS
    for each in matmuls:
        assert each.bound == "compute"
        # At 1 GFLOP/s a nanosecond for each operation.
        assert each.least_milliseconds == pytest.approx((each.flops or 0) / 1e6)
        assert each.gflops_per_second == pytest.approx((each.flops or 0) / each.milliseconds / 1e6)


def test_the_longest_comes_first(profiled: Profile) -> None:
    times = [each.milliseconds for each in profiled.dispatches]
    assert times == sorted(times, reverse=True)


def test_outputs(profiled: Profile) -> None:
    data = json.loads(json.dumps(profiled.to_json()))
    assert data["ms"] == profiled.milliseconds
    assert len(data["dispatches"]) == len(profiled.dispatches)
    assert all(len(row) == len(HEADERS) for row in rows(profiled))
    assert len(rows(profiled, limit=1)) == 1
    table = markdown(profiled)
    assert "block.0.linear" in table
    assert "model.py:11" in table
    assert "fastest of 5 calls" in summary(profiled)[0]


def test_without_facts_names_tell_the_work(compiled: Compiled, machine: Machine, tmp_path: Path) -> None:
    file = compiled.artifact.save(tmp_path / "program.vmfb")
    found = profile(file, machine=machine, calls=2)
    assert sum(each.flops or 0 for each in found.dispatches) >= MATMUL_FLOPS
    assert not any(each.origins for each in found.dispatches)


def test_two_threads(compiled: Compiled, machine: Machine) -> None:
    found = profile(compiled.artifact, facts=compiled.facts, machine=machine, calls=3, device="cpu?threads=2")
    assert len(found.dispatches) >= 2
    assert all(each.milliseconds > 0 for each in found.dispatches)


def test_given_inputs(compiled: Compiled, machine: Machine) -> None:
    shapes = [leaf.shape for leaf in compiled.artifact.entry_points[0].inputs]
    inputs = [np.ones([extent for extent in shape or () if isinstance(extent, int)], np.float32) for shape in shapes]
    assert profile(compiled.artifact, *inputs, machine=machine, calls=2).calls == 2
    with pytest.raises(InputError, match="2 inputs are given, the entry point takes 3"):
        profile(compiled.artifact, *inputs[:2], machine=machine)


def test_refusals(compiled: Compiled, machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no entry point 'other'"):
        profile(compiled.artifact, entry_point="other", machine=machine)
    with pytest.raises(CapabilityError, match="cannot be timed one by one"):
        profile(compiled.artifact, device="vulkan", machine=machine)
    with pytest.raises(DeviceError, match="not understood"):
        profile(compiled.artifact, device="cpu?threads=none", machine=machine)
    empty = tmp_path / "empty.vmfb"
    empty.write_bytes(b"")
    with pytest.raises(DeviceError, match="iree-benchmark-module ended with"):
        measure_dispatches(empty, "main", [])


def test_the_program_that_never_ends_is_given_up(compiled: Compiled, tmp_path: Path) -> None:
    file = compiled.artifact.save(tmp_path / "program.vmfb")
    inputs = [np.ones((64, 128), np.float32), *(np.ones((128, 128), np.float32) for _ in range(2))]
    with pytest.raises(DeviceError, match="was not done after"):
        measure_dispatches(file, "main", inputs, calls=10_000_000, timeout=0.5)
