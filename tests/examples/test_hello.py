"""The smallest dialect: short, and right on every device here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hello
import numpy as np
import pytest

from ireekit.errors import IreekitError

HELLO = Path(__file__).parents[2] / "examples" / "hello.py"
KIND = "tensor<3x5xf32>"
MODEL = f"func.func @main(%x: {KIND}) -> {KIND} {{ %y = hello.softsign %x : {KIND} return %y : {KIND} }}"


def softsign(target: str) -> float:
    x = np.random.default_rng(0).standard_normal((3, 5), np.float32) * 10
    y = hello.pipeline.compile(MODEL, target=target)(x)
    return float(np.abs(y - x / (1 + np.abs(x))).max())


def test_on_the_cpu() -> None:
    assert softsign("cpu") < 1e-6


def test_on_vulkan(vulkan: str) -> None:
    assert softsign("vulkan") < 1e-6


def test_it_has_under_forty_lines() -> None:
    lines = [line for line in HELLO.read_text().splitlines() if line.strip()]
    assert len(lines) < 40


def test_as_a_script() -> None:
    done = subprocess.run([sys.executable, HELLO], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("cpu: largest error ")


@pytest.mark.parametrize(
    ("model", "cause"),
    [
        (MODEL.replace("softsign", "softsing"), "softsing"),
        (MODEL.replace("3x5", "?x5"), "dynamic"),
        (MODEL.replace("f32", "f64"), "f32"),
    ],
)
def test_wrong_models_are_refused(model: str, cause: str) -> None:
    with pytest.raises(IreekitError, match=cause):
        hello.pipeline.compile(model)
