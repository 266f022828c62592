"""The machine, measured and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ireekit.profiling import Machine, measured_machine


def test_limits(machine: Machine) -> None:
    assert machine.bandwidth(10) == 10.0
    assert machine.bandwidth(2_000_000) == 1.0
    assert machine.bandwidth(1e12) == 1.0
    assert machine.limits(2e9, 1e6) == {"compute": 2.0, "memory": 1e-4}
    assert machine.least_seconds(2e9, None) == 2.0
    assert machine.least_seconds(None, None) is None


def test_measured_once(ireekit_cache: Path) -> None:
    machine = measured_machine()
    assert machine.threads == 1
    assert 0.5 < machine.gflops < 5000
    assert all(0.1 < rate < 5000 for _, rate in machine.bandwidths)
    assert [size for size, _ in machine.bandwidths] == sorted(size for size, _ in machine.bandwidths)
    # Measured anew it would hardly be the same to the last digit.
    assert measured_machine() == machine


@pytest.mark.parametrize("content", ["", "{}", '{"name": 1, "threads": 1, "gflops": 1.0, "bandwidths": 3}'])
def test_a_damaged_file_is_measured_anew(ireekit_cache: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import ireekit.profiling.machine as module

    monkeypatch.setattr(module, "_gflops", lambda threads: 7.0 * threads)
    monkeypatch.setattr(module, "_copy_rate", lambda size, threads: 1.0)
    measured_machine(3)
    for file in (ireekit_cache / "machines").glob("*.json"):
        file.write_text(content)
    assert measured_machine(3).gflops == 21.0
    measured = measured_machine(3)
    monkeypatch.setattr(module, "_gflops", lambda threads: 8.0)
    assert measured_machine(3) == measured
    assert measured_machine(3, again=True).gflops == 8.0
    for file in (ireekit_cache / "machines").glob("*.json"):
        file.unlink()
