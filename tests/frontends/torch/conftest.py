from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

# The zoo and the helpers of this folder.
sys.path.insert(0, str(Path(__file__).parent))

torch = pytest.importorskip("torch", reason="the torch extra is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture
def check_close() -> Any:
    """Compare two tensors relative to the largest magnitude expected."""

    def check(got: Any, expected: Any, tolerance: float = 1e-4) -> None:
        got = torch.as_tensor(got)
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        if not expected.is_floating_point():
            assert torch.equal(got, expected)
            return
        scale = expected.abs().max().clamp_min(1e-6).float()
        assert float((got.float() - expected.detach().float()).abs().max() / scale) < tolerance

    return check
