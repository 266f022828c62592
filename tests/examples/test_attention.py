"""Attention found in torch models, compiled as one operation, right to float precision."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import ireekit
from ireekit.passes import PassPipeline

_MISSING = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}")


def test_on_the_cpu_it_is_one_operation(capsys: pytest.CaptureFixture[str]) -> None:
    from attention.__main__ import main

    main()
    lines = capsys.readouterr().out.splitlines()
    found = [re.fullmatch(r"(.+): (\d+) fused, largest error (.+)", line) for line in lines]
    assert [(line[1], int(line[2])) for line in found if line] == [("by hand", 1), ("causal", 1), ("BERT", 1)]
    assert all(line and float(line[3]) < 1e-5 for line in found)


def test_on_vulkan_it_stays_as_torch_wrote_it(vulkan: str, tmp_path: Path) -> None:
    import torch
    from attention.__main__ import compare
    from attention.models import SelfAttention

    torch.manual_seed(0)
    count, error = compare(SelfAttention(32, 4, causal=True).eval(), torch.randn(2, 8, 32), "vulkan", tmp_path)
    assert error < 1e-5
    assert count == 0


def test_weights_that_are_a_result_keep_it_apart() -> None:
    import attention
    import torch

    class Attention(torch.nn.Module):
        def __init__(self, *, weights: bool) -> None:
            super().__init__()
            self.weights = weights

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            weights = torch.softmax(torch.matmul(x, x.transpose(-2, -1)) * 0.5, dim=-1)
            output = torch.matmul(weights, x)
            return (output, weights) if self.weights else (output,)

    for weights in (False, True):
        imported = attention.pipeline.import_model(Attention(weights=weights).eval(), torch.randn(2, 4, 8))
        PassPipeline("builtin.module", [attention.Fuse()]).run(imported.module)
        assert len(ireekit.find(imported.module.operation, "attention.fused")) == (0 if weights else 1)
