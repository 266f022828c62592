"""``ireekit profile``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ireekit.profiling.api
from ireekit.cli import main
from ireekit.profiling import Machine

from .conftest import PROGRAM, Compiled


@pytest.fixture(autouse=True)
def known_machine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring this one takes seconds and is tested elsewhere."""
    monkeypatch.setattr(ireekit.profiling.api, "measured_machine", lambda threads: machine)


def test_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.mlir"
    file.write_text(PROGRAM)
    assert main(["profile", str(file), "--calls", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    layers = {origin["layer"] for each in data["dispatches"] for origin in each["origins"]}
    assert {"block.0.linear", "block.1.linear"} <= layers
    assert data["machine"]["name"] == "abacus"


def test_an_artifact(tmp_path: Path, compiled: Compiled, capsys: pytest.CaptureFixture[str]) -> None:
    file = compiled.artifact.save(tmp_path / "program.vmfb")
    assert (
        main(["profile", str(file), "--calls", "2", "--input", "64x128xf32=1", *["--input", "128x128xf32=1"] * 2]) == 0
    )
    out = capsys.readouterr().out
    assert "DISPATCH" in out
    assert "matmul" in out
    assert main(["profile", str(file), "--calls", "2", "--markdown", "--top", "1"]) == 0
    assert "| dispatch |" in capsys.readouterr().out


def test_refusals(tmp_path: Path, compiled: Compiled, capsys: pytest.CaptureFixture[str]) -> None:
    file = compiled.artifact.save(tmp_path / "program.vmfb")
    assert main(["profile", str(file), "-O3"]) == 2
    assert "compiled already" in capsys.readouterr().err
    assert main(["profile", str(file), "--device", "vulkan"]) == 1
    assert "cannot be timed" in capsys.readouterr().err
    assert main(["profile", str(tmp_path / "absent.vmfb")]) == 1
