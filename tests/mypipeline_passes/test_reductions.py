"""Means of images and the gates made of them compute what torch computes, also for odd channels and dynamic batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

import mypipeline

RELATIVE = 2e-6
"""Of the largest element of the result."""


class Squeezed(nn.Module):
    """An image scaled by a gate for each channel, as in MobileNetV3 and EfficientNet."""

    def __init__(self, channels: int, gate: nn.Module) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.reduce, self.expand, self.gate = nn.Conv2d(channels, 8, 1), nn.Conv2d(8, channels, 1), gate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.silu(self.depthwise(x))
        mean = nn.functional.adaptive_avg_pool2d(x, 1)
        return x * self.gate(self.expand(torch.relu(self.reduce(mean))))


class Reductions(nn.Module):
    """Over pixels, rows, the batch; where the result is used for each pixel again, and where it is not."""

    def forward(self, x: torch.Tensor, rows: torch.Tensor) -> tuple[torch.Tensor, ...]:
        image = x.permute(0, 3, 1, 2)
        mean = image.mean((2, 3), keepdim=True)
        return (
            image.relu().mean((2, 3)),
            image - mean,
            (image - mean).square().mean((2, 3)),
            image.amax((2, 3)),
            rows.sum(0),
            torch.softmax(rows, 0),
            rows.double().sum(0),
        )


class Several(nn.Module):
    def __init__(self, *models: nn.Module) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(model(x) for model, x in zip(self.models, inputs, strict=True))


def _check(artifact: Any, model: nn.Module, *inputs: torch.Tensor) -> None:
    with torch.no_grad():
        expected = model(*inputs)
    for place, (got, wanted) in enumerate(zip(artifact(*inputs), expected, strict=True)):
        error = np.abs(np.asarray(got) - wanted.numpy()).max()
        assert error <= RELATIVE * float(wanted.abs().max()), place


def test_gates() -> None:
    torch.manual_seed(0)
    shapes = ((1, 32, 12, 12), (2, 96, 7, 5), (1, 29, 6, 6), (2, 40, 5, 9))
    gates = (nn.Sigmoid(), nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh())
    model = Several(*(Squeezed(shape[1], gate) for shape, gate in zip(shapes, gates, strict=True))).eval()
    inputs = [torch.randn(shape) for shape in shapes]
    _check(mypipeline.compile(model, *inputs, target="cpu", cache=False), model, *inputs)


def test_gate_of_a_dynamic_batch() -> None:
    torch.manual_seed(0)
    model, x = Several(Squeezed(48, nn.Sigmoid())).eval(), torch.randn(2, 48, 7, 6)
    batch = torch.export.Dim("batch", min=2, max=8)
    artifact = mypipeline.compile(model, x, target="cpu", cache=False, dynamic_shapes={"inputs": ({0: batch},)})
    for count in (2, 5):
        _check(artifact, model, torch.randn(count, 48, 7, 6))


def test_reductions() -> None:
    torch.manual_seed(0)
    model = Reductions().eval()
    for channels in (64, 33):
        inputs = torch.randn(2, 6, 7, channels), torch.randn(19, channels)
        _check(mypipeline.compile(model, *inputs, target="cpu", cache=False), model, *inputs)


def test_rows_of_dynamic_count() -> None:
    torch.manual_seed(0)
    model, inputs = Reductions().eval(), (torch.randn(2, 6, 7, 64), torch.randn(19, 64))
    rows = torch.export.Dim("rows", min=2, max=512)
    shapes = {"x": None, "rows": {0: rows}}
    artifact = mypipeline.compile(model, *inputs, target="cpu", cache=False, dynamic_shapes=shapes)
    _check(artifact, model, *inputs)
    _check(artifact, model, inputs[0], torch.randn(130, 64))
