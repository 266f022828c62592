"""Tuning specifications, in the stock iree-compile."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from iree.compiler.tools.binaries import find_tool

from ireekit.tuning import TuneResult, specification

from .conftest import Tuned, collected, product

FLAGS = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-opt-level=O2",
    "--compile-to=executable-configurations",
)


def _configured(model: Path, *flags: str) -> str:
    command = [find_tool("iree-compile"), str(model), "-o", "-", *FLAGS, *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[:2000]
    return done.stdout


def test_the_stock_compiler_configures_what_was_found(tuned: Tuned, tmp_path: Path) -> None:
    made = specification(tuned.result)
    assert made.matched == (tuned.result.dispatches[0].name,)
    assert made.left_out == ()
    file = tmp_path / "spec.mlir"
    file.write_text(made.text)
    info = tuned.result.tuning.kernels[0].info
    with_it = _configured(tuned.model, f"--iree-codegen-tuning-spec-path={file}")
    for text in (str(info.lowering), str(info.translation)):
        assert text in with_it
    assert str(info.lowering) not in _configured(tuned.model)


def test_other_kernels_stay_as_they_are(tuned: Tuned, tmp_path: Path) -> None:
    file, other = tmp_path / "spec.mlir", tmp_path / "other.mlir"
    file.write_text(specification(tuned.result).text)
    other.write_text(product(64, 64, 64))
    assert _configured(other, f"--iree-codegen-tuning-spec-path={file}") == _configured(other)


def _result(tuned: Tuned, found: dict[str, object], keep: bool) -> TuneResult:
    import dataclasses

    kernels = tuned.result.tuning.kernels if keep else ()
    tuning = dataclasses.replace(tuned.result.tuning, kernels=kernels)
    return dataclasses.replace(tuned.result, tuning=tuning, collected=found)


@pytest.mark.parametrize("keep", [True, False], ids=["not-matched", "nothing-found"])
def test_nothing_to_match(tuned: Tuned, tmp_path: Path, keep: bool) -> None:
    made = specification(_result(tuned, dict(collected(product(64, 64, 64))), keep))
    assert made.matched == ()
    assert len(made.left_out) == keep
    file = tmp_path / "spec.mlir"
    file.write_text(made.text)
    assert _configured(tuned.model, f"--iree-codegen-tuning-spec-path={file}") == _configured(tuned.model)
