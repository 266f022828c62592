"""Weights in f16 and bf16, and weights that are kept in a file of their own, go through the CPU passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import mypipeline


class Mixed(nn.Module):
    """Convolutions of all kinds that the passes know, products, and softmax, in one precision."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        self.depthwise = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.pointwise = nn.Conv2d(16, 32, 1)
        self.full = nn.Conv2d(32, 32, 3, padding=1)
        self.up = nn.ConvTranspose2d(32, 4, 5, stride=2, padding=2)
        self.first = nn.Linear(32, 64)
        self.second = nn.Linear(64, 10)
        self.to(dtype)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = torch.relu(self.norm(self.stem(x.to(self.dtype))))
        x = self.full(torch.relu(self.pointwise(torch.relu(self.depthwise(x)))))
        tokens = self.first(x.flatten(2).transpose(1, 2))
        row = self.second(torch.relu(tokens[:, 0]))
        large = self.up(x)
        return self.second(nn.functional.gelu(tokens)).softmax(-1).float(), row.float(), large.float()


# Relative to the largest magnitude: some units in the last place of each precision.
TOLERANCES = {torch.float32: 5e-6, torch.float16: 5e-3, torch.bfloat16: 4e-2}


@pytest.mark.parametrize("outside", [False, True], ids=["inside", "outside"])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
def test_results(dtype: torch.dtype, outside: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x = Mixed(dtype).eval(), torch.randn(1, 3, 24, 24)
    weights = tmp_path / "weights.irpa" if outside else None
    artifact = mypipeline.compile(model, x, target="cpu", cache=False, weights=weights)
    assert artifact.metadata is not None
    assert artifact.metadata.remarks == ()
    assert bool(artifact.metadata.parameters) == outside
    with torch.no_grad():
        expected = model(x)
    for found, wanted in zip(artifact(x.numpy()), expected, strict=True):
        difference = np.abs(np.asarray(found) - wanted.numpy()).max() / wanted.abs().max().item()
        assert difference < TOLERANCES[dtype]
