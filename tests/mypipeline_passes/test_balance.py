"""Products divided anew compute what they did, on one thread and on several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mypipeline

CASES = Path(__file__).parents[1] / "lit" / "passes" / "balance-workgroups.mlir"
ROWS = {"product": (128, 768, 768), "odd": (197, 512, 768), "even": (64, 256, 512), "dynamic": (77, 768, 768)}


@pytest.fixture(scope="module")
def artifact() -> Any:
    return mypipeline.compile(CASES, target="cpu")


@pytest.mark.parametrize("device", ["cpu-sync", "cpu?threads=2", "cpu?threads=3"])
def test_products_agree_with_numpy(artifact: Any, device: str) -> None:
    program = artifact.load(device=device)
    random = np.random.default_rng(5)
    for name, (m, k, n) in ROWS.items():
        a, b = (random.standard_normal(shape, dtype=np.float32) for shape in ((m, k), (k, n)))
        inputs = [a, b] + ([np.zeros((m, n), np.float32)] if name == "dynamic" else [])
        expected = a.astype(np.float64) @ b
        error = np.abs(np.asarray(program[name](*inputs)) - expected).max() / np.abs(expected).max()
        assert error < 2e-6, name
