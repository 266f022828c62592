"""Steps around the compiler's own passes, in the stock tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import ADD, StockTools

STRATEGY = "iree-llvmcpu-select-lowering-strategy"
OUTLINE = "iree-flow-outline-dispatch-regions"


@pytest.mark.parametrize(
    ("around", "anchor"),
    [
        (OUTLINE, "builtin.module"),
        ("iree-dispatch-creation-form-dispatch-regions", "util.func"),
        (STRATEGY, "builtin.module"),
        ("iree-llvmcpu-tile-and-fuse-producer-consumer", "func.func"),
    ],
)
def test_a_step_runs_before_and_after_a_pass(tools: StockTools, around: str, anchor: str) -> None:
    done = tools.compile(ADD, "--iree-plugin=hooking", environment={"ACME_AROUND": around})
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert lines[0] == f"[before {around}] {anchor}"
    assert set(lines) == {f"[before {around}] {anchor}", f"[after {around}] {anchor}"}
    assert len(lines) % 2 == 0


def test_the_program_is_the_stock_one(tools: StockTools) -> None:
    assert tools.compile(ADD, "--iree-plugin=hooking", environment={"ACME_AROUND": OUTLINE}).returncode == 0
    hooked = (tools.folder / "out.vmfb").read_bytes()
    assert tools.compile(ADD, plugin=False).returncode == 0
    assert (tools.folder / "out.vmfb").read_bytes() == hooked


def test_what_a_step_changes_is_compiled_as_by_the_pipelines_own_compile(
    tools: StockTools, installed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in installed:
        monkeypatch.syspath_prepend(str(folder))
    import numpy as np

    from ireekit import load
    from ireekit.pipeline import load_pipeline

    pipeline: Any = load_pipeline("multiplying")
    file = tools.folder / "in.mlir"
    file.write_text(f"module @model {{ {ADD} }}")
    artifact = pipeline.compile(file, target="cpu:generic", cache=False)
    done = tools.run("iree-compile", file, "--iree-plugin=multiplying", *artifact.metadata.flags, "-o", "out.vmfb")
    assert (done.returncode, done.stderr) == (0, "")
    x = np.arange(4, dtype=np.float32)
    assert (load(tools.folder / "out.vmfb")(x, x) == x * x).all()
    assert artifact.data.startswith((tools.folder / "out.vmfb").read_bytes()[:4096])


@pytest.mark.parametrize("where", [OUTLINE, STRATEGY, "iree-dispatch-creation-form-dispatch-regions"])
def test_a_failing_step_ends_the_compilation_with_its_reason(tools: StockTools, where: str) -> None:
    done = tools.compile(ADD, "--iree-plugin=hooking", environment={"ACME_FAIL_BEFORE": where, "ACME_FAIL": "raise"})
    assert done.returncode == 1
    assert "error: ValueError: deliberate" in done.stderr
    assert f"which runs before {where}" in done.stderr
    assert not (tools.folder / "out.vmfb").exists()


def test_a_pass_that_the_compiler_does_not_have(tools: StockTools) -> None:
    done = tools.compile(ADD, "--iree-plugin=hooking", environment={"ACME_AROUND": f"{OUTLINE}s"})
    assert done.returncode == 1
    assert f"the compiler has no pass '{OUTLINE}s'" in done.stderr
    assert f"did you mean '{OUTLINE}'" in done.stderr


def test_a_step_that_never_runs_is_told_of(tools: StockTools) -> None:
    done = tools.compile(ADD, "--iree-plugin=hooking", environment={"ACME_AROUND": "iree-llvmgpu-tile-and-distribute"})
    assert "did not run iree-llvmgpu-tile-and-distribute" in done.stderr


def test_one_thread_stays_one_thread(tools: StockTools) -> None:
    around = {"ACME_AROUND": OUTLINE}
    done = tools.compile(
        ADD, "--iree-plugin=hooking", "--mlir-disable-threading", "--mlir-print-ir-after=cse", environment=around
    )
    assert done.returncode == 0
