from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

# The zoo and the helpers of this folder.
sys.path.insert(0, str(Path(__file__).parent))

_MISSING = [name for name in ("torch", "transformers", "safetensors") if importlib.util.find_spec(name) is None]

# Every module here imports them.
collect_ignore_glob = ["test_*.py"] if _MISSING else []


def pytest_report_header() -> str | None:
    return f"tests/frontends/torch: left out, not installed: {', '.join(_MISSING)}" if _MISSING else None


@pytest.fixture(autouse=True)
def _seed() -> None:
    import torch

    torch.manual_seed(0)


@pytest.fixture
def check_close() -> Any:
    """Compare two tensors relative to the largest magnitude expected."""
    import torch

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
