"""Matrix products, patches and softmax on the CPU compute what torch computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import mypipeline

RELATIVE = 1e-5
"""Of the largest element of the result, as the error of a sum of products grows with its summands."""


class Attention(nn.Module):
    """Two heads of 16, as models that write attention out do."""

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return torch.softmax(q @ k.transpose(-1, -2) * 0.25, -1) @ v


class Linear(nn.Module):
    def __init__(self, depth: int, columns: int) -> None:
        super().__init__()
        self.layer = nn.Linear(depth, columns)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.gelu(self.layer(x))


CASES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "blocks": (lambda: Linear(24, 64), (5, 24)),
    "padded columns": (lambda: Linear(24, 50), (7, 24)),
    "batch": (lambda: Linear(24, 64), (3, 5, 24)),
    "one row": (lambda: Linear(40, 64), (1, 40)),
    "a vector": (lambda: Linear(40, 64), (40,)),
    "one row, padded": (lambda: Linear(40, 50), (1, 40)),
    "one row, wide": (lambda: Linear(300, 192), (1, 300)),
    "three rows": (lambda: Linear(40, 70), (3, 40)),
    "many rows": (lambda: Linear(16, 32), (301, 16)),
    "few columns": (lambda: Linear(24, 3), (5, 24)),
    "patches": (lambda: nn.Conv2d(3, 40, 4, 4), (2, 3, 16, 12)),
    "softmax": (lambda: nn.Softmax(-1), (3, 5, 37)),
    "short softmax": (lambda: nn.Softmax(-1), (3, 5, 7)),
}


def _check(artifact: Any, model: nn.Module, *inputs: torch.Tensor) -> None:
    with torch.no_grad():
        expected = model(*inputs)
    error = (artifact(*inputs) - expected).abs().max() / expected.abs().max()
    assert error <= RELATIVE


@pytest.mark.parametrize("target", ["cpu", "cpu:x86-64-v3"])
def test_all_cases_agree_with_torch(target: str) -> None:
    torch.manual_seed(0)
    models = {name: make().eval() for name, (make, _) in CASES.items()}
    inputs = {name: torch.randn(shape) for name, (_, shape) in CASES.items()}
    # One program for all: most of the time is what a compilation costs whatever is in it.
    together = _Together(models).eval()
    artifact = mypipeline.compile(together, *inputs.values(), target=target, cache=False)
    with torch.no_grad():
        expected = together(*inputs.values())
    for name, got, wanted in zip(CASES, artifact(*inputs.values()), expected, strict=True):
        assert (got - wanted).abs().max() <= RELATIVE * wanted.abs().max(), name


class _Together(nn.Module):
    def __init__(self, models: dict[str, nn.Module]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models.values())

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(model(x) for model, x in zip(self.models, inputs, strict=True))


def test_attention_of_odd_and_dynamic_length() -> None:
    torch.manual_seed(0)
    model = Attention().eval()
    length = torch.export.Dim("length", min=2, max=512)
    inputs = tuple(torch.randn(2, 37, 16) for _ in range(3))
    dynamic = {name: {1: length} for name in "qkv"}
    artifact = mypipeline.compile(model, *inputs, target="cpu", cache=False, dynamic_shapes=dynamic)
    _check(artifact, model, *inputs)
    _check(artifact, model, *(torch.randn(2, 5, 16) for _ in range(3)))
    _check(artifact, model, *(torch.randn(2, 64, 16) for _ in range(3)))


def test_softmax_of_infinite_scores() -> None:
    artifact = mypipeline.compile(nn.Softmax(-1).eval(), torch.zeros(4, 37), target="cpu", cache=False)
    scores = torch.randn(4, 37)
    scores[0, 3:] = float("-inf")
    scores[1] = 1e30
    scores[2, 5] = float("nan")
    expected = torch.softmax(scores, -1)
    torch.testing.assert_close(artifact(scores), expected, equal_nan=True, rtol=RELATIVE, atol=1e-7)
