"""1×1 convolutions with many weights, and of one pixel, compute what torch computes, also for a dynamic batch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import nn

import mypipeline


class Bottleneck(nn.Module):
    """A residual of which both convolutions have more weights than the second-level cache holds."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = nn.Conv2d(1024, 288, 1), nn.Conv2d(288, 1024, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.wide(torch.relu(self.narrow(x))) + x)


class Squeeze(nn.Module):
    """Convolutions of one pixel, with columns that fill blocks, that do not, and few of them."""

    def __init__(self) -> None:
        super().__init__()
        widths = (64, 128, 50, 72, 6, 33)
        self.layers = nn.ModuleList(nn.Conv2d(k, n, 1, bias=n != 50) for k, n in pairwise(widths))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.mean((2, 3), keepdim=True)
        for layer in self.layers:
            x = nn.functional.silu(layer(x))
        return x


def test_one_pixel():
    torch.manual_seed(0)
    model = Squeeze().eval()
    for batch in (1, 2):
        x = torch.randn(batch, 64, 5, 7)
        artifact = mypipeline.compile(model, x, target="cpu", cache=False)
        with torch.no_grad():
            wanted = model(x).numpy()
        assert np.abs(np.asarray(artifact(x.numpy())) - wanted).max() < 5e-6 * np.abs(wanted).max()


def test_bottleneck():
    torch.manual_seed(0)
    model, x = Bottleneck().eval(), torch.randn(2, 1024, 3, 5)
    batch = torch.export.Dim("batch", min=2, max=8)
    for shapes in (None, ({0: batch},)):
        artifact = mypipeline.compile(model, x, target="cpu", cache=False, dynamic_shapes=shapes)
        with torch.no_grad():
            wanted = model(x).numpy()
        assert np.abs(np.asarray(artifact(x.numpy())) - wanted).max() < 5e-6 * np.abs(wanted).max()
