"""Steps of recurrent layers as one kernel each compute what torch computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

import ireekit
import mypipeline
from mypipeline.passes.gated_products import GatedProducts

STEPS = 3


class Layers(nn.Module):
    """An LSTM of two layers from zeros, and cells as people write them, whose states are given."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(24, 32, num_layers=2, batch_first=True)
        self.cell = nn.Linear(48, 3 * 48)  # parts of 48 columns: one vector at a time
        self.narrow = nn.Linear(32, 2 * 12)  # parts that fill no vector keep the compiler's own kernels

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, ...]:
        y, (_, c) = self.lstm(x)
        for _ in range(2):
            keep, new, scale = self.cell(h).chunk(3, dim=-1)
            h = torch.sigmoid(keep) * h + torch.tanh(new) * scale
        left, right = self.narrow(y[:, -1]).chunk(2, dim=-1)
        return y, c, h, torch.sigmoid(left) * right


class Counted(GatedProducts):
    name = "counted"
    kernels = 0

    def run(self, op: Any) -> None:
        super().run(op)
        Counted.kernels = sum(
            "@gates" in str(each.attributes["entry_points"]) for each in ireekit.find(op, "flow.dispatch")
        )


def test_results_are_those_of_torch():
    torch.manual_seed(0)
    model = Layers().eval()
    x, h = torch.randn(1, STEPS, 24), torch.randn(1, 48)
    with torch.no_grad():
        wanted = model.double()(x.double(), h.double())
        model.float()
    pipeline = ireekit.Pipeline("mypipeline")
    for step in mypipeline.pipeline.steps:
        if step.phase is not None:
            ours = step.action.name == GatedProducts.name
            pipeline.at(step.phase, Counted() if ours else step.action, targets=step.targets)
    artifact = pipeline.compile(model, x, h, target="cpu", cache=False)
    assert Counted.kernels == 2 * STEPS + 2
    for device in ("cpu-sync", "cpu?threads=2"):
        for found, right in zip(artifact.load(device)(x.numpy(), h.numpy()), wanted, strict=True):
            np.testing.assert_allclose(found, right.numpy(), atol=2e-6)
