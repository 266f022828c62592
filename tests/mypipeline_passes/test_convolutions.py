"""Forms of convolutions that have passes of their own compute what torch computes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import mypipeline

TOLERANCE = 1e-5
"""Of the largest absolute difference, relative to the largest absolute value."""


class Several(nn.Module):
    """The results of several layers on one input."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(layer(x) for layer in self.layers)


class Joined(nn.Module):
    """Images put together along their channels, before a convolution, a pooling, and at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(6, 8, 3, padding=1), nn.ConvTranspose2d(6, 5, 2, stride=2)
        self.merge = nn.Conv2d(13, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([self.a(x), self.b(nn.functional.max_pool2d(x, 2))], 1)
        return torch.cat([self.merge(joined), nn.functional.max_pool2d(joined, 3, 1, 1)], 1)


def _transposed() -> nn.Module:
    return Several(
        nn.ConvTranspose2d(8, 6, 2, stride=2),
        nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1),
        nn.ConvTranspose2d(8, 6, 3, stride=2, dilation=2),
        nn.ConvTranspose2d(8, 6, (5, 4), stride=(3, 2), padding=(2, 0)),
        nn.ConvTranspose2d(8, 6, 2, stride=3, bias=False),
        nn.ConvTranspose2d(8, 6, 3, stride=(2, 1), dilation=(1, 2), padding=1),
        nn.ConvTranspose2d(8, 6, 4, stride=4, dilation=2, output_padding=3),
        nn.ConvTranspose2d(8, 6, 3, stride=2, groups=2),
        nn.ConvTranspose2d(8, 6, 3, padding=1),
    )


def _one_dimensional() -> nn.Module:
    return Several(
        nn.Sequential(nn.Conv1d(8, 12, 3, padding=1), nn.GELU(), nn.Conv1d(12, 6, 3, stride=2, padding=1), nn.GELU()),
        nn.Sequential(nn.Conv1d(8, 6, 3, padding=4, dilation=4), nn.BatchNorm1d(6), nn.ReLU(), nn.MaxPool1d(3, 2)),
        nn.Conv1d(8, 8, 5, padding=2, groups=8),
        nn.Conv1d(8, 4, 5, groups=2),
        nn.Sequential(nn.Conv1d(8, 4, 1), nn.AvgPool1d(2), nn.Conv1d(4, 4, 7, bias=False)),
        nn.Sequential(nn.Conv1d(8, 4, 3), nn.ConvTranspose1d(4, 6, 5, stride=3, padding=1), nn.ReLU()),
    )


def _narrow() -> nn.Module:
    """Widths and channels that tiles do not divide, kernels with one row or column, steps without a kernel."""
    return Several(
        nn.Conv2d(20, 33, 3, padding=2, dilation=2),
        nn.Conv2d(20, 20, 5, padding=2, groups=20),
        nn.Conv2d(20, 20, 3, stride=2, groups=20),
        nn.Conv2d(20, 24, (1, 7), padding=(0, 3)),
        nn.Conv2d(20, 7, (5, 1), padding=(4, 0), dilation=(2, 1), stride=(2, 3)),
        nn.Sequential(nn.Conv2d(20, 16, 1, stride=2), nn.Conv2d(16, 8, 1, stride=(1, 3), bias=False)),
    )


def _single() -> nn.Module:
    """One result along an axis, and an image that is longer than what that sees."""
    return Several(
        nn.Conv2d(4, 6, 5, stride=5),
        nn.Conv2d(4, 6, (3, 2), stride=2, dilation=(2, 1)),
        nn.Conv2d(4, 4, 5, stride=3, groups=4),
        nn.Conv2d(4, 4, 5, stride=3, groups=2),
        nn.MaxPool2d(4, stride=3),
    )


def _grouped() -> nn.Module:
    """Wide groups, narrow ones that are joined, and ones too narrow for that."""
    return Several(
        nn.Conv2d(24, 48, 3, padding=1, groups=3),
        nn.Conv2d(24, 32, 3, padding=2, dilation=2, stride=2, groups=4, bias=False),
        nn.Conv2d(24, 24, 3, groups=12),
        nn.Sequential(nn.Flatten(2), nn.Conv1d(24, 36, 5, padding=2, groups=2)),
        nn.Conv2d(24, 48, 3, groups=24),
    )


FORMS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "transposed": (_transposed, (2, 8, 5, 7)),
    "one-dimensional": (_one_dimensional, (2, 8, 31)),
    "narrow": (_narrow, (2, 20, 17, 19)),
    "joined": (Joined, (2, 6, 10, 6)),
    "pooled": (lambda: Several(nn.AvgPool2d(64, ceil_mode=True), nn.AvgPool2d((6, 5)), nn.AvgPool2d(5)), (2, 3, 6, 5)),
    "grouped": (_grouped, (2, 24, 9, 7)),
    "single": (_single, (2, 4, 6, 8)),
}


@pytest.mark.parametrize("name", FORMS)
def test_form(name: str) -> None:
    torch.manual_seed(0)
    make, shape = FORMS[name]
    model, x = make().eval(), torch.randn(shape)
    _check(mypipeline.compile(model, x, target="cpu", cache=False), model, x)


def test_dynamic_batch() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(4, 8, 1, stride=2),
        nn.ConvTranspose2d(8, 4, 2, stride=2),
        nn.Flatten(2),
        nn.Conv1d(4, 6, 3, padding=1),
    ).eval()
    x = torch.randn(2, 4, 8, 10)
    batch = torch.export.Dim("batch", min=2, max=8)
    artifact = mypipeline.compile(model, x, target="cpu", cache=False, dynamic_shapes=({0: batch},))
    _check(artifact, model, x)
    _check(artifact, model, torch.cat([x, x + 1.0, x - 0.5])[:5])


def _check(artifact: Callable[..., object], model: nn.Module, x: torch.Tensor) -> None:
    with torch.no_grad():
        expected = model(x)
    got = artifact(x.numpy())
    pairs = zip(got, expected, strict=True) if isinstance(expected, tuple) else [(got, expected)]
    for index, (ours, torchs) in enumerate(pairs):
        wanted = torchs.numpy()
        error = np.abs(np.asarray(ours) - wanted).max() / np.abs(wanted).max()
        assert error <= TOLERANCE, f"result {index}: {error}"
